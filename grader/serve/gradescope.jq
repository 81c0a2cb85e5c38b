# gradescope.jq - a result as Gradescope's results.json. Nothing is hidden: any hidden test would hide the total.
{score, execution_time: .seconds, visibility: "visible", stdout_visibility: "hidden", output_format: "text",
 output: "Mode: \(.mode)\n\($note)" | rtrimstr("\n"),
 tests: [.tests[] | {number: .id, name: .title, score: .points, max_score: .max,
   status: (if .outcome == "pass" then "passed" else "failed" end),
   output: (if .outcome == "not run" then "Not run. " else "" end + .output), output_format: "text", visibility: "visible"}]}
