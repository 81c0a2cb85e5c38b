int serve(int port);
