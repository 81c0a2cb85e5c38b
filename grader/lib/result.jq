# result.jq - makes the result of a run, one JSON object, from the records that `grade` collects.
#
# A title is `R3.4 [5] text` for a requirement worth 5 points, or `H3.1 [R3.4] text` for a hidden one: R3.4 on other
# data. R3.4 has its points only where the hidden ones of it hold as well.

def parsed:
  split("\u001f")
  | (.[0] | capture("^(?<id>\\S+) \\[(?<worth>[^]]+)\\] (?<title>.*)$"))
  + {outcome: .[1], seconds: ((.[2] | tonumber) / 1000 | round / 1000), output: .[3]};

[split("\u001e")[] | select(. != "") | parsed] as $all
| [ $all[]
    | . as $test
    | (.worth | tonumber? // 0) as $max
    | [$all[] | select(.worth == $test.id)] as $hidden
    | ([$hidden[] | select(.outcome == "fail")][0]) as $broken
    | (if .outcome == "pass" and $broken != null then
         .outcome = "fail"
         | .output = "It holds with the data of the suite, but not with other data (\($broken.id)):\n" + $broken.output
       elif .outcome == "pass" and any($hidden[]; .outcome == "not graded") then
         .outcome = "not graded"
         | .output = "Its hidden part could not be graded."
       else . end)
    | {id, title, points: (if .outcome == "pass" then $max else 0 end), max: $max, outcome, seconds, output}
  ] as $tests
| {lab: $lab, submission: $submission,
   score: ($tests | map(.points) | add // 0), max: ($tests | map(.max) | add // 0),
   status: (if any($tests[]; .outcome == "not graded") then "not graded" else "graded" end),
   mode: $mode, seconds: ($micros / 10000 | round / 100), tests: $tests}
