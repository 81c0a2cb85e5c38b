/* dynamic_server - a web server that computes what it replies: a product, as JSON. */
#include "cli.h"
#include "http.h"
#include "loop.h"
#include "net.h"
#include "product.h"
#include "url.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Makes *reply the product that the query asks for. Returns 0, or -1 with errno. */
static int answer_product(const struct http_request *request, struct reply *reply)
{
    double operands[HTTP_HEAD_MAX / 2]; /* a parameter takes two characters at least */
    ssize_t count = product_parse(request->query, request->query_size, operands, HTTP_HEAD_MAX / 2);
    if (count < 0)
        return reply_error(reply, 400);
#ifdef SOLUTION
    char *json = product_json(operands, (size_t)count);
    if (json == NULL)
        return -1;
    int result = reply_content(reply, "application/json", json, strlen(json));
    free(json);
    return result;
#else
    /* TODO 3 (about 6 lines): reply with the JSON text that product_json() makes, as application/json, and free the
     * text.
     * Read: the comments in product.h and reply.h.
     * Think: reply_content() copies the text. When may you free it?
     * Checked by: R5.2, R5.3, R5.13. */
    (void)reply;
    (void)product_json;
    return -1;
#endif
}

static int answer(const struct http_request *request, struct reply *reply)
{
    char path[HTTP_HEAD_MAX];
#ifdef SOLUTION
    if (request->path_size == 0 || url_decode(request->path, request->path_size, path) < 0)
        return reply_error(reply, 400);
    if (strcmp(path, "/product") != 0 && strcmp(path, "product") != 0)
        return reply_error(reply, 404);
    return answer_product(request, reply);
#else
    /* TODO 2 (about 5 lines): decode the path with url_decode(); reply 400 where it is missing or broken, 404 where it
     * is not /product, and the product otherwise. The leading slash may be missing.
     * Read: the comments in http.h, url.h and reply.h.
     * Think: is "/productx" a product? Which function compares whole strings?
     * Checked by: R5.2, R5.3, R5.17. */
    (void)path;
    (void)request;
    (void)reply;
    (void)answer_product;
    return -1;
#endif
}

int main(int argc, char **argv)
{
    struct cli_server options;
    if (cli_server(argc, argv, "", 1, &options) < 0)
        return cli_usage("dynamic_server PORT");
#ifdef SOLUTION
    int listener = net_listen(SOCK_STREAM, options.port);
    if (listener < 0 || cli_ready(listener) < 0)
        return cli_fail("dynamic_server", options.port, strerror(errno));
    loop_run(listener, answer);
    return cli_fail("dynamic_server", "select", strerror(errno));
#else
    /* TODO 1 (about 5 lines): start as select_server does: listen, say on which port, run the loop with answer().
     * Read: the code of select_server.c in lab 4.
     * Think: which part of the server of lab 4 has changed for this lab, and which has not?
     * Checked by: R5.1, R5.2. */
    (void)answer;
    (void)net_listen;
    (void)loop_run;
    (void)errno;
    return cli_fail("dynamic_server", options.port, strerror(ENOSYS));
#endif
}
