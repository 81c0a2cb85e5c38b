# result.jq - makes the result of a run, one JSON object, from the records that `grade` collects.
#
# A title is `R3.4 [5] text` for a requirement worth 5 points, or `H3.1 [R3.4] text` for a hidden one: R3.4 on other
# data. R3.4 has its points only where the hidden ones of it hold as well. `B6.1 [2] text` is an extra: its points are
# bonus points, apart from the 100, and stand in `bonus` there and in the whole result.

# What makes a terminal or a page show other text than there is: controls, and marks that turn the direction of writing.
def harmless: gsub("[\u0001-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]"; "");

def parsed:
  split("\u001f")
  | (.[0] | capture("^(?<id>\\S+) \\[(?<worth>[^]]+)\\] (?<title>.*)$"))
  + {outcome: .[1], seconds: ((.[2] | tonumber) / 1000 | round / 1000), output: (.[3] | harmless)};

[split("\u001e")[] | select(. != "") | parsed] as $all
| [ $all[]
    | . as $test
    | (.id | startswith("B")) as $extra
    | (.worth | tonumber? // 0) as $worth
    | [$all[] | select(.worth == $test.id)] as $hidden
    | ([$hidden[] | select(.outcome == "fail")][0]) as $broken
    | (if .outcome == "pass" and $broken != null then
         .outcome = "fail"
         | .output = "It holds with the data of the suite, but not with other data (\($broken.id)):\n" + $broken.output
       elif .outcome == "pass" and any($hidden[]; .outcome == "not graded") then
         .outcome = "not graded"
         | .output = "Its hidden part could not be graded."
       else . end)
    | (if .outcome == "pass" then $worth else 0 end) as $points
    | {id, title, outcome, seconds, output}
      + if $extra then {points: 0, max: 0, bonus: {points: $points, max: $worth}} else {points: $points, max: $worth} end
  ] as $tests
| {lab: $lab, submission: ($submission | harmless),
   score: ($tests | map(.points) | add // 0), max: ($tests | map(.max) | add // 0),
   status: (if any($tests[]; .outcome == "not graded") then "not graded" else "graded" end),
   mode: $mode, receipt: $receipt, seconds: ($micros / 10000 | round / 100), tests: $tests}
  + ([$tests[].bonus | values] | if . == [] then {} else {bonus: {points: map(.points) | add, max: map(.max) | add}} end)
