/* Few words, of which the compiler is to make a hundred thousand million. */
#define A(x) x + x + x + x + x + x + x + x + x + x
#define B(x) A(A(A(A(x))))

int many = B(B(B(1)));

int main(void)
{
    return many;
}
