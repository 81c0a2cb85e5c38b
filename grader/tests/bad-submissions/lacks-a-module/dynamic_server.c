#include "server.h"

int main(int argc, char **argv)
{
    return argc == 2 ? serve(argv[1]) : 2;
}
