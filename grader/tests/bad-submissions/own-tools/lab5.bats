@test "R5.1 [3] PICKED-UP" { true; }
