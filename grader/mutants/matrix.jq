# matrix.jq - the kill matrix as a page: mutants by requirements, a filled cell where the one fails the other.

def html: gsub("&"; "&amp;") | gsub("<"; "&lt;");
def number: capture("(?<n>[0-9]+)$").n | tonumber;

"<!DOCTYPE html><meta charset=utf-8><title>Kill matrix</title>",
"<style>body{font:14px sans-serif}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:1px 4px;text-align:center}td.l{text-align:left}.k{background:#2a7}.o{background:#ccc}.bad{background:#e66}</style>",
(group_by(.lab)[] | . as $mutants
 | ([.[] | .caught[], .named] | unique | map(select(test("^[RB]"))) | sort_by(startswith("B"), number)) as $ids
 | "<h1>Lab \(.[0].lab): \(length) mutants</h1><p>K: caught by the requirement that must catch it; o: caught besides.</p><table><tr><th>mutant<th>bug\($ids | map("<th>" + .) | join(""))",
   ($mutants[] | . as $m
    | "<tr\(if (.caught | index($m.named)) then "" else " class=bad" end)><td class=l>\(.name | html)<td class=l>\(.bug | html)"
      + ($ids | map(. as $id | if ($m.caught | index($id)) then (if $id == $m.named then "<td class=k>K" else "<td class=o>o" end) else "<td>" end) | join(""))),
   "</table>")
