/* Each line of the innermost copy is compiled 200 levels deep, and each level includes twice. */
#include "dynamic_server.c"
#include "dynamic_server.c"

int main(void) { return 0; }
