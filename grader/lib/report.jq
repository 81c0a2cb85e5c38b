# report.jq - a result as a person reads it.

def paint($code): if $colours then "\u001b[\($code)m\(.)\u001b[0m" else . end;
def mark:
  if .outcome == "pass" then "pass" | paint("32")
  elif .outcome == "fail" then "FAIL" | paint("1;31")
  elif .outcome == "not run" then "not run" | paint("90")
  else "NOT GRADED" | paint("1;35") end;
def worth: if .bonus then "+\(.bonus.points)/\(.bonus.max)" elif .max > 0 then "\(.points)/\(.max)" else "-" end;
def padded($width): . + (" " * ([$width - length, 0] | max));

"Lab \(.lab), \($src | gsub("[\u0001-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]"; "")), mode: \(.mode)" + (if $reason != "" then " (\($reason))" else "" end),
"",
(.tests[] | "  \(.id | padded(6)) \(worth | padded(6)) \(mark | padded(if $colours then 8 + (length - (gsub("\u001b\\[[0-9;]*m"; "") | length)) else 8 end)) \(.title)"),
(.tests[] | select(.outcome == "fail" or .outcome == "not graded" or $only != "")
  | "", "\(.id) \(.title): " + ({pass: "holds.", fail: "does not hold.", "not run": "was not run."}[.outcome] // "could not be graded."),
    (.output | rtrimstr("\n") | split("\n")[] | "    " + .)),
(if $captured != "" then "", $captured else empty end),
"",
(.bonus | values | "Bonus: \(.points)/\(.max), apart from the score"),
(if .status == "graded" then "Score: \(.score)/\(.max) in \(.seconds) s" | paint("1")
 else "NOT GRADED: the grader or this machine failed; \(.score)/\(.max) is no grade." | paint("1;35") end),
"Receipt: \(.receipt)"
