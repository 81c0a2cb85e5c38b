/* The table of verbs. */
#include "probe.h"

#include <string.h>

enum {
    TCP = TCP_CLIENT | TCP_LISTEN,
    UDP = UDP_CLIENT | UDP_LISTEN,
    LISTEN = TCP_LISTEN | UDP_LISTEN,
    ALWAYS = TCP | UDP
};

/* In listen mode the UDP socket is there before any step, hence no NEED_OPEN. */
static const struct verb verbs[] = {
    {"open", TCP_CLIENT, ARG_NONE, NEED_CLOSED, false, step_open},
    {"accept", TCP_LISTEN, ARG_NONE, NEED_CLOSED, false, step_accept},
    {"next", TCP_LISTEN, ARG_NONE, NEED_EITHER, false, step_next},
    {"close", TCP | UDP_CLIENT, ARG_NONE, NEED_OPEN, false, step_close},
    {"fin", TCP, ARG_NONE, NEED_OPEN, false, step_fin},
    {"reset", TCP, ARG_NONE, NEED_OPEN, false, step_reset},
    {"local", TCP | UDP_CLIENT, ARG_NONE, NEED_OPEN, false, step_local},
    {"rcvbuf", ALWAYS, ARG_NUMBER, NEED_NOTHING, false, step_rcvbuf},
    {"backlog", TCP_LISTEN, ARG_NUMBER, NEED_NOTHING, false, step_backlog},
    {"hold", TCP_CLIENT, ARG_NUMBER, NEED_NOTHING, false, step_hold},
    {"try", TCP_CLIENT, ARG_NUMBER, NEED_NOTHING, false, step_try},

    {"send", TCP, ARG_TEXT, NEED_OPEN, false, step_send},
    {"file", TCP, ARG_PATH, NEED_OPEN, false, step_file},
    {"drip", TCP, ARG_TEXT, NEED_OPEN, false, step_drip},
    {"flood", TCP, ARG_NUMBER, NEED_OPEN, false, step_flood},
    {"stuff", TCP, ARG_PAIR, NEED_OPEN, false, step_stuff},

    {"recv", TCP, ARG_NUMBER, NEED_OPEN, false, step_recv},
    {"line", TCP, ARG_NONE, NEED_OPEN, true, step_line},
    {"head", TCP, ARG_NONE, NEED_OPEN, true, step_head},
    {"eof", TCP, ARG_NONE, NEED_OPEN, false, step_eof},
    {"end", TCP, ARG_NONE, NEED_OPEN, false, step_end},
    {"expect", TCP, ARG_TEXT, NEED_OPEN, true, step_expect},
    {"quiet", TCP, ARG_NUMBER, NEED_OPEN, true, step_quiet},
    {"slow", TCP, ARG_PAIR, NEED_OPEN, false, step_slow},
    {"upper", TCP, ARG_MAYBE_NUMBER, NEED_OPEN, true, step_upper},
    {"reply", TCP, ARG_TEXT, NEED_OPEN, true, step_reply},

    {"open", UDP_CLIENT, ARG_NONE, NEED_CLOSED, false, step_udp_open},
    {"send", UDP_CLIENT, ARG_TEXT, NEED_OPEN, false, step_udp_send},
    {"file", UDP_CLIENT, ARG_PATH, NEED_OPEN, false, step_udp_file},
    {"recv", UDP_CLIENT, ARG_NONE, NEED_OPEN, false, step_udp_recv},
    {"expect", UDP_CLIENT, ARG_TEXT, NEED_OPEN, false, step_udp_expect},
    {"quiet", UDP_CLIENT, ARG_NUMBER, NEED_OPEN, false, step_udp_quiet},
    {"from", UDP_CLIENT, ARG_NONE, NEED_OPEN, false, step_udp_from},

    {"send", UDP_LISTEN, ARG_TEXT, NEED_EITHER, false, step_udp_send},
    {"file", UDP_LISTEN, ARG_PATH, NEED_EITHER, false, step_udp_file},
    {"recv", UDP_LISTEN, ARG_NONE, NEED_EITHER, false, step_udp_recv},
    {"expect", UDP_LISTEN, ARG_TEXT, NEED_EITHER, false, step_udp_expect},
    {"quiet", UDP_LISTEN, ARG_NUMBER, NEED_EITHER, false, step_udp_quiet},
    {"upper", UDP_LISTEN, ARG_NONE, NEED_EITHER, false, step_udp_upper},
    {"stranger", UDP_LISTEN, ARG_TEXT, NEED_EITHER, false, step_udp_stranger},

    {"say", ALWAYS, ARG_TEXT, NEED_NOTHING, false, step_say},
    {"wait", ALWAYS, ARG_NONE, NEED_NOTHING, false, step_wait},
    {"sleep", ALWAYS, ARG_NUMBER, NEED_NOTHING, false, step_sleep},
    {"sigstop", ALWAYS, ARG_NUMBER, NEED_NOTHING, false, step_sigstop},
    {"sigcont", ALWAYS, ARG_NUMBER, NEED_NOTHING, false, step_sigcont},
    {"forever", LISTEN, ARG_NONE, NEED_NOTHING, false, NULL},
};

unsigned probe_mode(const struct probe *p)
{
    if (p->udp)
        return p->listening ? UDP_LISTEN : UDP_CLIENT;
    return p->listening ? TCP_LISTEN : TCP_CLIENT;
}

/* *elsewhere tells that the verb exists, but not in this mode. */
const struct verb *verb_find(const char *name, unsigned mode, bool *elsewhere)
{
    *elsewhere = false;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].name, name) != 0)
            continue;
        if (verbs[i].modes & mode)
            return &verbs[i];
        *elsewhere = true;
    }
    return NULL;
}

bool is_verb(const struct step *s, const char *name)
{
    return strcmp(s->verb->name, name) == 0;
}
