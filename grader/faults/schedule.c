/* When what happens. Every thread draws from a generator of its own, keyed by its place among the threads and processes
 * and not by when it runs; and in it each family of calls has a sequence of its own, since how often a program polls is
 * nearly always a matter of timing. */
#include "faults.h"

#if CAN_TRACE
/* The output function of splitmix64. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

uint64_t schedule_key(uint64_t parent, uint64_t child)
{
    return mix(mix(parent) ^ child);
}

uint64_t schedule_draw(struct thread *t, enum family family)
{
    return mix(t->key ^ mix(((uint64_t)family << 56) + ++t->draws[family]));
}

/* A test is short, so much has to happen early; a large transfer shall end, so less happens later. */
bool schedule_interrupts(const struct thread *t, enum family family, uint64_t draw)
{
    enum { FIRST = 4, EARLY = 16 };
    unsigned one_in = t->draws[family] <= FIRST ? 2 : t->draws[family] <= EARLY ? 4 : 16;

    return draw % one_in == 0;
}

/* How many of `wanted` bytes the call may move, when `before` calls have moved some on that descriptor already. The
 * first ones are the beginning of a request or a reply, where most mistakes are: no two of its bytes come together for
 * certain. */
unsigned long long schedule_amount(unsigned before, unsigned long long wanted, uint64_t draw)
{
    enum { FIRST = 4, HARD = 64 };
    unsigned choice = (unsigned)(draw >> 8) % 8;
    uint64_t number = draw >> 16;
    unsigned long long amount = wanted;

    if (before < FIRST)
        amount = 1 + number % 4;
    else if (before < HARD && choice < 4)
        amount = 1;
    else if ((before < HARD && choice < 7) || choice == 0)
        amount = 1 + number % 16;
    else if (before >= HARD && choice < 4)
        amount = 1 + number % wanted;
    return amount < wanted ? amount : wanted;
}

bool schedule_allows(const struct run *run, enum kind kind)
{
    return run->kinds >> kind & 1;
}

bool schedule_spares(struct run *run)
{
    if (run->spared == 0)
        return false;
    run->spared--;
    return true;
}

void schedule_fired(struct run *run, enum kind kind)
{
    run->fired[kind]++;
    report_write(run, false);
}
#endif
