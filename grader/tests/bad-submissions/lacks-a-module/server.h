int serve(const char *port);
