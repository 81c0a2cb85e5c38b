# lab5.bats - the rules of the suite on other data.

@test "H5.1 [R5.3] another product" {
    needs R5.3
    start dynamic_server "$PORT"
    products 'first=17&second=0.25&third=48' '[[17,0.25,48],204]' 'x=11' '[[11],11]'
}

@test "H5.2 [R5.5] other signs, zeros and exponents" {
    needs R5.5
    start dynamic_server "$PORT"
    products 'a=-1&b=-1&c=-1' '[[-1,-1,-1],-1]' \
        'a=6&b=-0.25' '[[6,-0.25],-1.5]' \
        'a=0.000&b=0e5' '[[0,0],0]' \
        'a=-7e2&b=.3E1' '[[-700,3],-2100]' \
        'a=1e-10&b=1E10&c=125e-3' '[[1e-10,1e10,0.125],0.125]' \
        'a=1e007' '[[10000000],10000000]'
}

@test "H5.3 [R5.7] other escapes" {
    needs R5.7
    start dynamic_server "$PORT"
    products 'a=%36%2e%32%35' '[[6.25],6.25]' 'x%26y%3D9=%2d%38' '[[-8],-8]' 'a=4%65%2B1&b=5' '[[40,5],200]'
    expect_codes 400 '/product?a=7%26b=2' '/product?a=6%3D' '/product?a=%5&b=2' '/product?a=%4x' '/product?a=5%00.5'
}

@test "H5.4 [R5.8] other doubles" {
    needs R5.8
    start dynamic_server "$PORT"
    products 'a=2.718281828459045' '[[2.718281828459045],2.718281828459045]' \
        'a=-0.7000000000000001' '[[-0.7000000000000001],-0.7000000000000001]' \
        'a=1.1000000000000003&b=4' '[[1.1000000000000003,4],4.400000000000001,0]' \
        'a=6.02214076e23&b=1.602176634e-19' '[[6.02214076e23,1.602176634e-19],96485.33212331001]' \
        'a=-1.7976931348623155e308' '[[-1.7976931348623155e308],-1.7976931348623155e308]' \
        'a=0.333333333333333314829616256247390992939472198486328125' '[[0.3333333333333333],0.3333333333333333]' \
        'a=5000000000&b=8000000000&c=-7' '[[5000000000,8000000000,-7],-280000000000000000000]'
}

@test "H5.5 [R5.11] other overflows" {
    needs R5.11
    start dynamic_server "$PORT"
    products 'a=9e250&b=-3e90' '[[9e250,-3e90],"-inf"]' \
        'a=1e155&b=1e155&c=2' '[[1e155,1e155,2],"inf"]' \
        'a=-1e120&b=-1e120&c=-1e120' '[[-1e120,-1e120,-1e120],"-inf"]' \
        'a=1.5e154&b=1e154' '[[1.5e154,1e154],1.5e308]'
}

@test "H5.6 [R5.14] other values that are no numbers" {
    needs R5.14
    start dynamic_server "$PORT"
    expect_codes 400 '/product?x=3&y=' '/product?twelve=zwoelf' '/product?a=three&b=4' '/product?x=7=y=7' '/product?x=8=8'
    refuse 7up 8.25EUR '3;4' '%22' '(5)' '9=9x' '6%'
}

@test "H5.7 [R5.15] other infinities, bases and blanks" {
    needs R5.15
    start dynamic_server "$PORT"
    refuse -INF INFINITY Nan -NaN 0xff 0X.8P1 %208 8%09 %0B8 '8%0D%0A' '3,14' 2_5 4L 6f 7d '1%200'
}

@test "H5.8 [R5.16] other halves of numbers" {
    needs R5.16
    start dynamic_server "$PORT"
    refuse 4.5.6 .1.1 7..0 ---1 5--5 -. E1 4E 4E- 7e1e1 -E3 .-1 8-
}

@test "H5.9 [R5.17] other paths" {
    needs R5.17
    start dynamic_server "$PORT"
    expect_codes 404 '/productivity?a=1&b=2' '/producT?a=1&b=2' '/prod/uct?a=1' '/product/product?a=1' '/pro?duct=1' \
        '/quotient?a=1&b=2' '/product.json?a=1' '/product=1&a=2' '/favicon.ico' '/product%23?a=1' '/a/product'
}
