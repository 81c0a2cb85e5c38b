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
    char *json = product_json(operands, (size_t)count);
    if (json == NULL)
        return -1;
    int result = reply_content(reply, "application/json", json, strlen(json));
    free(json);
    return result;
}

static int answer(const struct http_request *request, struct reply *reply)
{
    char path[HTTP_HEAD_MAX];
    if (request->path_size == 0 || url_decode(request->path, request->path_size, path) < 0)
        return reply_error(reply, 400);
    if (strcmp(path, "/product") != 0 && strcmp(path, "product") != 0)
        return reply_error(reply, 404);
    return answer_product(request, reply);
}

int main(int argc, char **argv)
{
    struct cli_server options;
    if (cli_server(argc, argv, "", 1, &options) < 0)
        return cli_usage("dynamic_server PORT");
    int listener = net_listen(SOCK_STREAM, options.port);
    if (listener < 0 || cli_ready(listener) < 0)
        return cli_fail("dynamic_server", options.port, strerror(errno));
    loop_run(listener, answer);
    return cli_fail("dynamic_server", "select", strerror(errno));
}
