# site.bats - the handouts and notes as a web site: no link is broken, it needs no network, and it fits a phone.

load common

setup_file() { make -s -C "$BATS_TEST_DIRNAME/../.." site 3>&-; }

@test "every link and picture of the site is there, and nothing comes from elsewhere" {
    local page link
    while IFS= read -r page; do
        while IFS= read -r link; do
            link=${link#*=\"} link=${link%\"}
            [[ $link != *:* && -e $(dirname "$page")/${link%%#*} ]] || { echo "$page: $link"; false; }
        done < <(grep -oE '(href|src)="[^"#]+"' "$page")
    done < <(find "$KIT/build/site" -name '*.html')
    (($(find "$KIT/build/site" -name '*.html' | wc -l) >= 14))
    ! grep -l 'href="[^"]*instructor' "$KIT"/build/site/labs/*/*.html || false
}

@test "in a browser as wide as a phone, no page is wider, and every picture shows" {
    local page report
    cp -r "$KIT/build/site" "$BATS_TEST_TMPDIR"
    while IFS= read -r page; do
        # Headless Chromium has no window narrower than 500 pixels; a frame has.
        cat >"$BATS_TEST_TMPDIR/frame.html" <<END
<iframe id="f" src="$page" width="360" height="800" style="border: 0"></iframe>
<script>onload = () => { const d = f.contentDocument, e = d.documentElement;
document.title = 'width ' + e.scrollWidth + ' of ' + e.clientWidth + ', missing ' + [...d.images].filter(i => !i.naturalWidth).length; }</script>
END
        report=$(timeout 20 chromium --headless --no-sandbox --disable-gpu --allow-file-access-from-files --virtual-time-budget=2000 \
            --user-data-dir="$BATS_TEST_TMPDIR/profile" --dump-dom "file://$BATS_TEST_TMPDIR/frame.html" 2>/dev/null 3>&- | grep -o '<title>[^<]*')
        echo "$page: $report"
        [[ $report =~ width\ ([0-9]+)\ of\ ([0-9]+),\ missing\ 0 ]] && ((BASH_REMATCH[1] <= BASH_REMATCH[2]))
    done < <(find "$BATS_TEST_TMPDIR/site" -name '*.html' | grep -E 'labs/0[13]|instructor/(lab3|mistakes)|site/index')
}
