/* mail_client: all in one file. The whole message is made in memory, BIOs carry the bytes, and an alarm clock that is
 * set anew for every reply ends the program when the server falls silent. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char *server;
static BIO *io;
static char *in; /* bytes received and not used */
static size_t in_size;

static _Noreturn void die(const char *why)
{
    fprintf(stderr, "mail_client: %s: %s\n", server, why);
    exit(1);
}

static void too_late(int sig)
{
    static const char text[] = "mail_client: the server has been silent for 60 s\n";
    (void)sig;
    _exit(write(2, text, sizeof text - 1) < 0 ? 1 : 1);
}

static void put(const char *p, size_t n)
{
    while (n > 0) {
        int done = BIO_write(io, p, n > 60000 ? 60000 : (int)n);
        if (done <= 0)
            die("the connection broke while sending");
        alarm(60);
        p += done;
        n -= done;
    }
}

/* One line from the server, without its end. The caller frees it. */
static char *get_line(void)
{
    char *nl, *line;
    size_t n;

    while (in_size == 0 || (nl = memchr(in, '\n', in_size)) == NULL) {
        char piece[1000];
        int got;
        if (in_size > 1000000)
            die("the server talks too much");
        got = BIO_read(io, piece, sizeof piece);
        if (got <= 0)
            die("the server has gone");
        in = realloc(in, in_size + got);
        memcpy(in + in_size, piece, got);
        in_size += got;
    }
    n = nl - in;
    line = strndup(in, n > 0 && nl[-1] == '\r' ? n - 1 : n);
    in_size -= n + 1;
    memmove(in, nl + 1, in_size);
    return line;
}

/* A whole reply; its code, or 0 for nonsense. */
static int get_reply(void)
{
    alarm(60);
    for (;;) {
        char *line = get_line(), *end;
        fprintf(stderr, "S: %s\n", line);
        long code = strtol(line, &end, 10);
        int last = *end != '-', odd = end != line + 3 || code < 200 || code > 599 || !strchr(" -", *end);
        free(line);
        if (odd)
            return 0;
        if (last)
            return code;
    }
}

static int say(const char *shown, const char *line)
{
    char *whole;

    fprintf(stderr, "C: %s\n", shown ? shown : line);
    if (asprintf(&whole, "%s\r\n", line) < 0)
        die("no memory");
    put(whole, strlen(whole));
    free(whole);
    return get_reply();
}

static int say2(const char *a, const char *b, const char *c)
{
    char *line;
    int code;

    if (asprintf(&line, "%s%s%s", a, b, c) < 0)
        die("no memory");
    code = say(NULL, line);
    free(line);
    return code;
}

static void need(int code, int wanted)
{
    if (code / 100 == wanted)
        return;
    if (code == 0 || code >= 400 || wanted == 2)
        say(NULL, "QUIT");
    die("refused");
}

static void hello(void)
{
    char name[65] = "";

    gethostname(name, sizeof name - 1);
    if (say2("EHLO ", name, "") / 100 != 2)
        need(say2("HELO ", name, ""), 2);
}

static void tls(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    BIO *layer;
    SSL *ssl;
    X509_VERIFY_PARAM *param;

    need(say(NULL, "STARTTLS"), 2);
    if (in_size > 0)
        die("the server sent something between STARTTLS and TLS");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_default_verify_paths(ctx);
    layer = BIO_new_ssl(ctx, 1);
    BIO_get_ssl(layer, &ssl);
    param = SSL_get0_param(ssl);
    if (!X509_VERIFY_PARAM_set1_ip_asc(param, server)) {
        X509_VERIFY_PARAM_set1_host(param, server, 0);
        SSL_set_tlsext_host_name(ssl, server);
    }
    io = BIO_push(layer, io);
    alarm(60);
    if (BIO_do_handshake(io) != 1)
        die(X509_verify_cert_error_string(SSL_get_verify_result(ssl)));
    hello();
}

static void log_in(const char *user, const char *password)
{
    size_t u = strlen(user), p = strlen(password), n = u + p + 2;
    char *plain = calloc(1, n + 1), *code = malloc(n * 2 + 8);

    memcpy(plain + 1, user, u);
    memcpy(plain + 2 + u, password, p);
    EVP_EncodeBlock((unsigned char *)code, (unsigned char *)plain, (int)n);
    need(say(NULL, "AUTH PLAIN"), 3);
    need(say("(a secret)", code), 2);
    free(plain);
    free(code);
}

static int dial(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
    int e = getaddrinfo(host, port, &hints, &list), fd = -1, why = 0;

    if (e != 0)
        die(gai_strerror(e));
    for (struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
            why = errno;
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd < 0)
        die(strerror(why));
    return fd;
}

/* The whole message as it goes over the wire, with its last line. */
static void send_all(char **argv, int argc, const char *subject)
{
    char *wire, *line = NULL, when[80];
    size_t size, room = 0;
    ssize_t n;
    time_t now = time(NULL);
    FILE *f = open_memstream(&wire, &size);

    strftime(when, sizeof when, "%d %b %Y %H:%M:%S +0000", gmtime(&now));
    fprintf(f, "Date: %s\r\nFrom: %s\r\nTo: ", when, argv[0]);
    for (int i = 1; i < argc; i++)
        fprintf(f, "%s%s", i > 1 ? ", " : "", argv[i]);
    fprintf(f, "\r\nMessage-ID: <%ld.%d@example.org>\r\nSubject: %s\r\n\r\n", (long)now, (int)getpid(), subject);
    while ((n = getline(&line, &room, stdin)) > 0) {
        if (line[n - 1] == '\n')
            n--;
        if (line[0] == '.')
            fputc('.', f);
        fwrite(line, 1, n, f);
        fputs("\r\n", f);
    }
    if (ferror(stdin))
        die("standard input cannot be read");
    fputs(".\r\n", f);
    fclose(f);
    fprintf(stderr, "C: (%zu bytes)\n", size);
    put(wire, size);
    free(wire);
    free(line);
}

int main(int argc, char **argv)
{
    const char *subject = "", *user = NULL;
    int secure = 0, c, bad = 0;
    char *end;

    opterr = 0;
    while ((c = getopt(argc, argv, "s:u:T")) != -1)
        switch (c) {
        case 's': subject = optarg; break;
        case 'u': user = optarg; break;
        case 'T': secure = 1; break;
        default: bad = 1;
        }
    argc -= optind;
    argv += optind;
    bad = bad || argc < 4 || strpbrk(subject, "\r\n");
    for (int i = 2; i < argc; i++)
        bad = bad || strpbrk(argv[i], "\r\n<>");
    if (!bad) {
        long port = strtol(argv[1], &end, 10);
        bad = argv[1][0] < '0' || argv[1][0] > '9' || *end || port > 65535;
    }
    if (bad) {
        fputs("usage: mail_client [-s SUBJECT] [-u USER] [-T] HOST PORT FROM TO...\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGALRM, too_late);
    server = argv[0];
    if (user && !getenv("MAIL_PASSWORD"))
        die("MAIL_PASSWORD is not set");
    io = BIO_new_socket(dial(argv[0], argv[1]), BIO_CLOSE);
    need(get_reply(), 2);
    hello();
    if (secure)
        tls();
    if (user)
        log_in(user, getenv("MAIL_PASSWORD"));
    need(say2("MAIL FROM:<", argv[2], ">"), 2);
    for (int i = 3; i < argc; i++)
        need(say2("RCPT TO:<", argv[i], ">"), 2);
    need(say(NULL, "DATA"), 3);
    send_all(argv + 2, argc - 2, subject);
    need(get_reply(), 2);
    say(NULL, "QUIT");
    BIO_free_all(io);
    return 0;
}
