/* Uses memory that is not its own. */
int main(void)
{
    volatile int *nowhere = 0;
    *nowhere = 1;
}
