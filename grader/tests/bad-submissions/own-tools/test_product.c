#error PICKED-UP test_product.c
