/* mail_client - sends the text of its standard input as one mail, by SMTP (RFC 5321). */
#include "channel.h"
#include "cli.h"
#include "smtp.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct mail {
    const char *host, *port, *from;
    char **to; /* ends with NULL */
    const char *subject;
    const char *user, *password; /* NULL: the server need not know who sends */
    int secure;
    char name[256]; /* of this machine */
};

struct session {
    struct channel channel;
    char received[16384]; /* what the server has sent and nobody has looked at yet */
    size_t used;          /* bytes of it */
    int code;             /* of the last reply; -1 where it made no sense, 0 where none came */
};

/* ---- Commands and replies ---- */

/* Shows what the server has sent, line by line, without the control characters that might upset a terminal. */
static void show(const char *received, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (i == 0 || received[i - 1] == '\n')
            fputs("S: ", stderr);
        if (received[i] == '\n' || (unsigned char)received[i] >= ' ')
            fputc(received[i], stderr);
    }
}

/* Receives a reply and shows it. Returns 0 where its code begins with the digit `expected`, or -1. */
static int receive_reply(struct session *session, int expected)
{
    ssize_t size;
    int code = 0;
    session->code = 0;
    while ((size = smtp_parse_reply(session->received, session->used, &code)) == 0 &&
           session->used < sizeof session->received) {
#ifdef SOLUTION
        ssize_t more = channel_receive(&session->channel, session->received + session->used,
                                       sizeof session->received - session->used);
        if (more < 0)
            return -1;
        session->used += (size_t)more;
#else
        /* TODO 1 (about 5 lines): receive more, behind the `used` bytes that are there already.
         * Read: the comment on channel_receive() in channel.h.
         * Think: a reply may come in pieces, and two may come at once. Which lines here are for the one, and which for
         * the other?
         * Checked by: R7.1, R7.12. */
        (void)channel_receive;
        return -1;
#endif
    }
    session->code = size > 0 ? code : -1;
    if (size <= 0)
        size = (ssize_t)session->used;
    show(session->received, (size_t)size);
    session->used -= (size_t)size;
    memmove(session->received, session->received + size, session->used);
    session->channel.why = session->code < 0 ? "that is no reply of SMTP" : "the server said no";
    return session->code / 100 == expected ? 0 : -1;
}

/* Sends a command, made as by printf(3), and receives the reply. Returns 0 where its code begins with the digit
 * `expected`, or -1. */
static int command(struct session *session, int expected, const char *format, ...)
{
    char line[8192];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line - 2, format, arguments);
    va_end(arguments);
    if (size >= (int)sizeof line - 2) {
        session->channel.why = "too long for a command";
        return -1;
    }
    session->code = 0;
#ifdef SOLUTION
    fprintf(stderr, "C: %s\n", strncmp(line, "AUTH", 4) == 0 ? "AUTH PLAIN (the password is not shown)" : line);
    memcpy(line + size, "\r\n", 2);
    if (channel_send(&session->channel, line, (size_t)size + 2) < 0)
        return -1;
    return receive_reply(session, expected);
#else
    /* TODO 2 (about 5 lines): show the command on stderr, with "C: " in front; put CRLF behind it and send it;
     * receive the reply. There is one command that must not be shown as it is.
     * Read: RFC 5321, section 4.1.1.
     * Think: could the program send a second command before it has the reply to the first? What would it do with the
     * message when the second RCPT TO is refused?
     * Checked by: R7.2, R7.3, R7.20, R7.23. */
    (void)expected;
    (void)channel_send;
    return -1;
#endif
}

/* ---- The session, step by step: each function returns 0, or -1 ---- */

static int say_hello(struct session *session, const struct mail *mail)
{
#ifdef SOLUTION
    if (command(session, 2, "EHLO %s", mail->name) == 0)
        return 0;
    return session->code / 100 == 5 ? command(session, 2, "HELO %s", mail->name) : -1;
#else
    /* TODO 3 (about 3 lines): say EHLO and the name of this machine. A server that does not know EHLO (5xx) is an
     * old one: say HELO to it.
     * Read: RFC 5321, sections 3.2 and 4.1.1.1.
     * Think: no reply at all is no refusal. How do you tell the two apart?
     * Checked by: R7.1, R7.13. */
    (void)session;
    (void)mail;
    return -1;
#endif
}

static int start_tls(struct session *session, const struct mail *mail)
{
#ifdef SOLUTION
    if (command(session, 2, "STARTTLS") < 0)
        return -1;
    session->code = 0; /* no QUIT: the server now expects TLS and nothing else */
    session->used = 0; /* what came behind the reply was not encrypted: anybody may have sent it */
    return channel_secure(&session->channel, mail->host) == 0 ? say_hello(session, mail) : -1;
#else
    /* TODO 4 (about 5 lines): say STARTTLS; after the reply begin TLS with channel_secure(), and say hello again.
     * What has come behind the reply (session->used) is not to be trusted: drop it.
     * Read: RFC 3207, sections 4 and 4.2.
     * Think: somebody between you and the server lets it look as if the server knew no STARTTLS. What would a
     * program do that goes on without TLS then?
     * Checked by: R7.24, R7.26, R7.27. */
    (void)session;
    (void)mail;
    (void)channel_secure;
    return -1;
#endif
}

static int authenticate(struct session *session, const struct mail *mail)
{
    char token[2048];
    if (smtp_auth_plain(mail->user, mail->password, token, sizeof token) < 0) {
        session->channel.why = "user or password too long";
        return -1;
    }
    return command(session, 2, "AUTH PLAIN %s", token);
}

static int send_envelope(struct session *session, const struct mail *mail)
{
#ifdef SOLUTION
    int result = command(session, 2, "MAIL FROM:<%s>", mail->from);
    for (char **to = mail->to; result == 0 && *to != NULL; to++)
        result = command(session, 2, "RCPT TO:<%s>", *to);
    return result;
#else
    /* TODO 5 (about 4 lines): name the sender (MAIL FROM) and each recipient (RCPT TO), with their addresses in angle
     * brackets.
     * Read: RFC 5321, sections 4.1.1.2 and 4.1.1.3.
     * Think: the message has a From and a To of its own. Which of the two does the server go by?
     * Checked by: R7.1, R7.2, R7.4. */
    (void)session;
    (void)mail;
    return -1;
#endif
}

/* Makes the head of the message, which the caller frees; NULL where there is no memory. */
static char *make_head(const struct mail *mail)
{
    char *head = NULL, date[64];
    size_t size;
    struct timespec now;
    struct tm local;
    clock_gettime(CLOCK_REALTIME, &now);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S %z", localtime_r(&now.tv_sec, &local));
    FILE *out = open_memstream(&head, &size);
    if (out == NULL)
        return NULL;
    fprintf(out, "From: <%s>\nTo: <%s>", mail->from, mail->to[0]);
    for (char **to = mail->to + 1; *to != NULL; to++)
        fprintf(out, ",\n <%s>", *to); /* a line that begins with a blank goes on with the field */
    fprintf(out, "\nSubject: %s\nDate: %s\n", mail->subject, date);
    fprintf(out, "Message-ID: <%lld.%ld.%ld@%s>\n", (long long)now.tv_sec, now.tv_nsec, (long)getpid(), mail->name);
    fputs("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n", out);
    return fclose(out) == EOF ? NULL : head;
}

/* Sends the next part of the message, which is text with ordinary ends of lines. */
static int send_text(struct session *session, const char *text, size_t size, char *last)
{
    char encoded[2 * 8192];
    for (size_t part; size > 0; text += part, size -= part) {
        part = size < sizeof encoded / 2 ? size : sizeof encoded / 2;
        if (channel_send(&session->channel, encoded, smtp_encode_text(text, part, last, encoded)) < 0)
            return -1;
    }
    return 0;
}

static int send_message(struct session *session, const struct mail *mail)
{
    char text[8192], last = '\n';
    size_t size;
    if (command(session, 3, "DATA") < 0)
        return -1;
    session->code = 0; /* no QUIT either: from here on all is text */
    session->channel.why = "no memory is left";
    char *head = make_head(mail);
    int result = head == NULL ? -1 : send_text(session, head, strlen(head), &last);
    free(head);
#ifdef SOLUTION
    while (result == 0 && (size = fread(text, 1, sizeof text, stdin)) > 0)
        result = send_text(session, text, size, &last);
    if (result == 0 && ferror(stdin)) { /* better no message than half of it */
        session->channel.why = strerror(errno);
        return -1;
    }
    if (result == 0 && last != '\n')
        result = send_text(session, "\n", 1, &last);
    if (result < 0 || channel_send(&session->channel, ".\r\n", 3) < 0)
        return -1;
    fputs("C: (the message)\nC: .\n", stderr);
    return receive_reply(session, 2);
#else
    /* TODO 6 (about 10 lines): send standard input with send_text(), part by part; add a newline where the last line
     * has none; then send the line with the dot, and receive the reply.
     * Read: fread(3), ferror(3); RFC 5321, section 4.1.1.4.
     * Think: when is the message delivered, for you and for the server? What if standard input cannot be read to its
     * end?
     * Checked by: R7.1, R7.9, R7.11, R7.16. */
    (void)text;
    (void)size;
    return result < 0 ? result : -1;
#endif
}

static int send_mail(struct session *session, const struct mail *mail)
{
    if (receive_reply(session, 2) < 0 || say_hello(session, mail) < 0)
        return -1;
    if (mail->secure && start_tls(session, mail) < 0)
        return -1;
    if (mail->user != NULL && authenticate(session, mail) < 0)
        return -1;
    return send_envelope(session, mail) < 0 ? -1 : send_message(session, mail);
}

/* ---- The command line ---- */

/* Fills *mail. Returns 0, or -1 where the command line is wrong. */
static int parse_arguments(int argc, char **argv, struct mail *mail)
{
    *mail = (struct mail){.subject = ""};
    opterr = 0;
    for (int option; (option = getopt(argc, argv, "s:u:T")) != -1;) {
        if (option == 's')
            mail->subject = optarg;
        else if (option == 'u')
            mail->user = optarg;
        else if (option == 'T')
            mail->secure = 1;
        else
            return -1;
    }
    if (argc - optind < 4 || !cli_is_port(argv[optind + 1]) || strpbrk(mail->subject, "\r\n") != NULL)
        return -1;
    for (int i = optind + 2; i < argc; i++)
        if (!smtp_is_address(argv[i]))
            return -1;
    mail->host = argv[optind];
    mail->port = argv[optind + 1];
    mail->from = argv[optind + 2];
    mail->to = argv + optind + 3;
    gethostname(mail->name, sizeof mail->name - 1);
    return 0;
}

int main(int argc, char **argv)
{
    static struct session session;
    struct mail mail;
    if (parse_arguments(argc, argv, &mail) < 0)
        return cli_usage("mail_client [-s SUBJECT] [-u USER] [-T] HOST PORT FROM TO...");
    mail.password = getenv("MAIL_PASSWORD");
    if (mail.user != NULL && mail.password == NULL)
        return cli_fail("mail_client", "MAIL_PASSWORD", "not set");
    signal(SIGPIPE, SIG_IGN);
    if (channel_open(&session.channel, mail.host, mail.port) < 0)
        return cli_fail("mail_client", mail.host, session.channel.why);
    int result = send_mail(&session, &mail);
    const char *why = session.channel.why;
    if (session.code != 0) /* the server waits for a command */
        command(&session, 2, "QUIT");
    channel_close(&session.channel);
    return result == 0 ? 0 : cli_fail("mail_client", mail.host, why);
}
