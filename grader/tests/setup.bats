# setup.bats - `./setup` on a machine that lacks everything, with each package manager in turn: a stand-in, which only
# writes down what it is asked for.

load common

setup() {
    local tool
    BIN=$BATS_TEST_TMPDIR/bin KNOWN=$BATS_TEST_TMPDIR/known
    mkdir "$BIN" "$BATS_TEST_TMPDIR/kit"
    # What a bare system has.
    for tool in bash env sed grep cat dirname uname; do ln -s "$(type -P "$tool")" "$BIN"; done
    printf '#!/bin/bash\nexec "$@"\n' >"$BIN/sudo"
    chmod +x "$BIN/sudo"
    # As in a handout: the tools of a student only.
    cp "$KIT/setup" "$BATS_TEST_TMPDIR/kit"
}

# manager NAME [STATUS]: this one is on the machine; each call is a line in $KNOWN.
manager() {
    printf '#!/bin/bash\necho "%s $*" >>"%s"\nexit %s\n' "$1" "$KNOWN" "${2:-0}" >"$BIN/$1"
    chmod +x "$BIN/$1"
}

bare_setup() { run env PATH="$BIN" "$BATS_TEST_TMPDIR/kit/setup"; }

# asked_for WORD...: the last call of the manager names each of these, and no '-'.
asked_for() {
    local word last
    last=" $(tail -n 1 "$KNOWN") "
    echo "$last"
    for word; do [[ $last == *" $word "* ]]; done
    [[ $last != *' - '* ]]
}

@test "apt, dnf, pacman and brew are asked for what is missing, by the names that each has for it" {
    local name words
    while read -r name words; do
        rm -f "$BIN"/{apt-get,dnf,pacman,brew} "$KNOWN"
        manager "$name"
        bare_setup
        echo "$output"
        [[ $status == 0 && $output == *"setup: $name installs: gcc make "*'setup: done' ]]
        # shellcheck disable=SC2086 # words
        asked_for $words
    done <<'END'
apt-get install -y bats netcat-openbsd bubblewrap gnuplot-nox apache2-utils entr
dnf install -y bats nmap-ncat bubblewrap gnuplot httpd-tools entr
pacman -Sy --noconfirm bats openbsd-netcat bubblewrap gnuplot apache entr
brew install bats-core jq gnuplot entr
END
}

@test "apt gets its lists first" {
    manager apt-get
    bare_setup
    [[ $(head -n 1 "$KNOWN") == 'apt-get update -qq' ]]
}

@test "the kit itself asks for what grading a class and its own tests take besides" {
    mkdir -p "$BATS_TEST_TMPDIR/kit/grader/"{gradebook,tests}
    manager apt-get
    bare_setup
    asked_for zip rsync shellcheck clang
}

@test "without a package manager it says what is missing, and ends with status 1; so it does when the manager fails" {
    bare_setup
    echo "$output"
    [[ $status == 1 && $output == 'setup: no apt, dnf, pacman or brew here; install these yourself: gcc make '* ]]
    manager dnf 7
    bare_setup
    [[ $status != 0 && $output != *'setup: done'* ]]
}

@test "where nothing is missing, nothing is asked for" {
    local tool
    while read -r _ tool _; do
        if [[ $tool != /* && ! -e $BIN/$tool ]]; then ln -s "$BIN/bash" "$BIN/$tool"; fi
    done < <(env PATH="$BIN" "$BATS_TEST_TMPDIR/kit/setup" --list)
    bare_setup
    [[ $status == 0 && $output == 'setup: everything is here already' && ! -e $KNOWN ]]
}
