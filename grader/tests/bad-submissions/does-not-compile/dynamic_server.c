#include <stdio.h>

int main(void)
{
    printf("listening on port %d\n", port)
    return 0;
}
