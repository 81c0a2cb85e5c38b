/* http_client - fetches a web page and prints it: a small curl. */
#include "cli.h"
#include "http.h"
#include "net.h"
#include "url.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REDIRECTS_MAX = 10 };

static int is_html(const struct http_response *response)
{
    return strncasecmp(response->content_type, "text/html", 9) == 0;
}

/* Prints the content of a response where it is a page, also one that reports an error.
 * Returns the exit status of the program: 0 for a page that is no error and is complete. */
static int print_page(int fd, struct http_response *response, const char *url)
{
#ifdef SOLUTION
    if (!is_html(response) || (response->status != 200 && response->status < 400))
        return cli_fail("http_client", url, response->status == 200 ? "not text/html" : response->status_line);
    if (http_receive_content(fd, response, stdout) < 0 || fflush(stdout) == EOF)
        return cli_fail("http_client", url, http_strerror(errno));
    return response->status == 200 ? 0 : cli_fail("http_client", url, response->status_line);
#else
    /* TODO 2 (about 5 lines): print the page with http_receive_content(), also one that reports an error; print nothing
     * that is not HTML. Return 0 only for a whole page with status 200.
     * Read: the comments in http.h.
     * Think: a page of 404 goes to stdout and ends the program with status 1. What is each of the two good for?
     * Checked by: R2.6, R2.16. */
    (void)is_html;
    (void)fd;
    (void)response;
    return cli_fail("http_client", url, strerror(ENOSYS));
#endif
}

/* Whether a response from `base` sends the client elsewhere; then writes the URL to ask next into `url`. */
static int is_redirect(const struct http_response *response, const struct url *base, char url[URL_MAX])
{
#ifdef SOLUTION
    return (response->status == 301 || response->status == 302) && *response->location != '\0' &&
           url_resolve(base, response->location, url) == 0;
#else
    /* TODO 3 (about 2 lines): a status of 301 or 302 with a Location means: ask elsewhere. url_resolve() completes the
     * new URL.
     * Read: RFC 1945, section 9.3.
     * Think: the new URL may begin with https://. Which lines of fetch() refuse it, and when?
     * Checked by: R2.12, R2.15. */
    (void)response;
    (void)base;
    (void)url;
    return 0;
#endif
}

/* Fetches one URL. Where the server redirects, writes the new URL over `url` and sets *redirected.
 * Returns the exit status of the program, which means nothing after a redirect. */
static int fetch(char url[URL_MAX], int *redirected)
{
    static struct url parts;
    static struct http_response response;
    const char *why;
    *redirected = 0;
    if (url_parse(url, &parts) < 0)
        return cli_fail("http_client", url, "not a URL of the form http://HOST[:PORT]/PATH");
#ifdef SOLUTION
    int fd = net_connect(SOCK_STREAM, NULL, parts.host, parts.port, &why);
    if (fd < 0)
        return cli_fail("http_client", parts.authority, why);
#else
    /* TODO 1 (about 3 lines): connect to the host and port of the URL. Where that fails, say why.
     * Read: the comment on net_connect() in net.h.
     * Think: the URL may name a host that does not exist. Which call finds that out?
     * Checked by: R2.6, R2.17. */
    int fd = -1;
    why = strerror(ENOSYS);
    if (fd < 0)
        return cli_fail("http_client", parts.host, why);
#endif

    int status = 0;
    if (http_send_get(fd, parts.target, parts.authority) < 0 || http_receive_head(fd, &response) < 0)
        status = cli_fail("http_client", url, http_strerror(errno));
    else if (is_redirect(&response, &parts, url))
        *redirected = 1;
    else
        status = print_page(fd, &response, url);
    close(fd);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return cli_usage("http_client http://HOST[:PORT][/PATH]");
    static char url[URL_MAX];
    if (snprintf(url, sizeof url, "%s", argv[1]) >= (int)sizeof url)
        return cli_fail("http_client", "URL", "longer than 8191 bytes");

    for (int redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
        int redirected, status = fetch(url, &redirected);
#ifdef SOLUTION
        if (!redirected)
            return status;
        fprintf(stderr, "Redirected to: %s\n", url);
#else
        /* TODO 4 (about 3 lines): end when there was no redirect; otherwise say where to, on stderr, and go on.
         * Read: stdio(3).
         * Think: two pages may redirect to each other. What ends this loop?
         * Checked by: R2.12, R2.13. */
        return status;
#endif
    }
    return cli_fail("http_client", argv[1], "more than 10 redirects in a row");
}
