# judge.bats - grader/judge finds what is wrong with the JSON of a reply, and nothing wrong with what is right.

load common
bats_require_minimum_version 1.5.0

setup() {
    JUDGE=$(realpath build/grader/judge)
    cd "$BATS_TEST_TMPDIR" || return 1
}

# says KIND CONTENT EXPECTED: what the judge says of a reply with this content, for [[12,60],720] unless $PRODUCT is another.
says() {
    echo "[${PRODUCT:-[[12,60],720]}]" >expected
    printf 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n%b' "$2" >reply
    if [[ $1 == product ]]; then set -- product expected "$3"; else set -- "$1" "$3"; fi
    local said
    said=$("$JUDGE" "${@:1:$#-1}" reply)
    echo "of $(tail -n 1 reply | tr -d '\0'): '$said'; expected '${*: -1}'"
    [[ $said == "${*: -1}" ]]
}

@test "whatever the order, the blanks and the way of writing the numbers: nothing is wrong" {
    local content
    for content in '{"operation":"product","operands":[12,60],"result":720}' '{ "result" : 7.2e2,\n"\\u006fperation":"\\u0070roduct","operands":[ 12.0 , 6E+1 ] }\n' \
        '{"operation":"product","operands":[12,60],"result":720.00000000000001,"more":[{"a":null},true,"\\\\u00e9\\\\n\\\\u0000"]}\r\n'; do
        says product "$content" ''
        says valid "$content" ''
    done
    PRODUCT='[[0.1],0.1]' says product '{"operation":"product","operands":[0.1],"result":0.1000000000000000055}' ''
    PRODUCT='[[1e200,-1e200],"-inf"]' says product '{"operation":"product","operands":[1e200,-1E200],"result":"-inf"}' ''
    PRODUCT='[[1e308],1e308]' says product "{\"operation\":\"product\",\"operands\":[1e308],\"result\":1$(printf '0%.0s' {1..308})}" ''
    PRODUCT='[[-0],0]' says product '{"operation":"product","operands":[0],"result":-0.0}' ''
    PRODUCT='[[0.1,3],0.3,0.001]' says product '{"operation":"product","operands":[0.1,3],"result":0.3002}' ''
}

@test "what is not the product is told, with the values" {
    says product '{"operation":"product","operands":[12,60,1],"result":720}' '1 "operands" is [12,60,1]; [12,60] was expected.'
    says product '{"operation":"product","operands":[60,12],"result":720}' '1 "operands" is [60,12]; [12,60] was expected.'
    says product '{"operation":"product","operands":["12",60],"result":720}' '1 "operands" is ["12",60]; [12,60] was expected.'
    says product '{"operation":"product","operands":[],"result":720}' '1 "operands" is []; [12,60] was expected.'
    says product '{"operation":"product","operands":{},"result":720}' '1 The object has no array "operands".'
    says product '{"operation":"product","operands":[12,60]}' '1 The object has no "result".'
    says product '{"operation":"product","operands":[12,60],"result":720.5}' '1 "result" is 720.5; 720 was expected.'
    says product '{"operation":"product","operands":[12,60],"result":"720"}' '1 "result" is "720"; 720 was expected.'
    says product '{"operation":"sum","operands":[12,60],"result":720}' '1 The object has no "operation" with the value "product".'
    says product '{"operands":[12,60],"result":720}' '1 The object has no "operation" with the value "product".'
    says product '[12,60]' '1 The content is no JSON object.'
    PRODUCT='[[0.1],0.1]' says product '{"operation":"product","operands":[0.1],"result":0.10000000000000002}' '1 "result" is 0.10000000000000002; 0.1 was expected.'
    PRODUCT='[[1e200,1e200],"inf"]' says product '{"operation":"product","operands":[1e200,1e200],"result":1.7e308}' '1 "result" is 1.7e+308; "inf" was expected.'
}

@test "what is no JSON is told, by the strict grammar" {
    local content
    for content in '{"a":'{007,.5,5.,+5,1e,-}'}' '' '{' 'inf' '{"a":inf}' '{"a":NaN}' "{'a':1}" '{"a":1,}' '{"a":"\x01"}' '{"a":"\xff"}' '{"a":1} x' '{} {}' '7'; do
        printf 'HTTP/1.0 200 OK\n\n%b' "$content" >reply
        echo "$content: $("$JUDGE" valid reply)"
        grep -q '^1 The content is not valid JSON: ' <("$JUDGE" valid reply)
    done
}

@test "a point in an operand or a result is told, and none that stands elsewhere" {
    says integers '{"operation":"product","operands":[12.0,60],"result":720}' '1 An operand that is an integer is written with a point: 12.0.'
    says integers '{"result":\n7.2e2 ,"operation":"product","operands":[12,60]}' '1 A result that is an integer is written with a point: 7.2e2.'
    says integers '{"r\\u0065sult":-720.0}' '1 A result that is an integer is written with a point: -720.0.'
    says integers '{"a":{"operands":[1.5],"result":2.5},"b":"\\"result\\":1.5","operands": [12,"1.5",6e1],"c":1.5,"result":7E+2,"d":["result",1.5]}\0' ''
}

@test "a NUL behind the content counts where validity is asked for, and nowhere else" {
    says product '{"operation":"product","operands":[12,60],"result":720}\0' ''
    says valid '{"operands":[12,60],"result":720}\0' '1 There is a NUL byte in the content: a C string ends before it.'
}

@test "the first fault of several replies is told by its number; another status, and no reply" {
    echo '[[[2],2],[[3],3]]' >expected
    printf 'HTTP/1.0 200 OK\n\n{"operation":"product","operands":[2],"result":2}' >right
    printf 'HTTP/1.0 404 Not Found\r\n\r\n{}' >missing
    printf 'hello' >odd
    : >nothing
    [[ $("$JUDGE" product expected right right) == '2 "operands" is [2]; [3] was expected.' ]]
    [[ $("$JUDGE" product expected right missing) == '2 The status code is 404; 200 was expected.' ]]
    [[ $("$JUDGE" product expected right odd) == '2 The status code is missing; 200 was expected.' ]]
    [[ $("$JUDGE" product expected nothing odd) == '1 No reply came.' ]]
}

@test "a reply of many megabytes is not read into memory" {
    { printf 'HTTP/1.0 200 OK\n\n[' && head -c 10000000 /dev/zero | tr '\0' '1' && echo ']'; } >reply
    [[ $("$JUDGE" valid reply) == '1 The reply has more than 10000000 bytes.' ]]
    [[ $(ulimit -v 100000 && "$JUDGE" integers reply) == '1 The reply has more than 10000000 bytes.' ]]
}

@test "wrong use: a usage, or the file that cannot be read" {
    run -2 "$JUDGE"
    [[ $output == usage:* ]]
    run -2 "$JUDGE" product expected
    run -2 "$JUDGE" product not-there reply
    [[ $output == 'judge: not-there: '* ]]
    run -2 "$JUDGE" valid not-there
    [[ $output == 'judge: not-there: No such file or directory' ]]
}
