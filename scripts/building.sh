# building.sh: what the scripts that build interpreters share: how they speak, what they need
# of a machine, how they get what scripts/pins.env names. Sourced; expects ROOT, and some of it
# WORK and OUT.

DOWNLOADS=$ROOT/build/downloads
# shellcheck source=pins.env
. "$ROOT/scripts/pins.env"

say() { printf '%s\n' "$(basename "$0" .sh): $*" >&2; }
die() { say "$@"; exit 1; }

need() { # need COMMAND PACKAGE
    command -v "$1" >/dev/null || die "$1 is missing; it comes with the package $2"
}

check_machine() {
    local tool
    [ "$(uname -sm)" = "Linux x86_64" ] ||
        die "the pinned zig runs on Linux x86-64 only, this is $(uname -sm)"
    for tool in gcc make patch xz:xz-utils flock:util-linux python3; do
        need "${tool%:*}" "${tool#*:}"
    done
    python3 -c 'import ensurepip, venv' 2>/dev/null ||
        die "python3 cannot make virtual environments; install python3-venv"
}

# logged NAME COMMAND...: run it, and show the end of its log in $WORK if it fails.
logged() {
    local name=$1 status
    shift
    # Not `if (...)`: that would switch off -e inside.
    set +e
    (set -e; "$@") >"$WORK/$name.log" 2>&1
    status=$?
    set -e
    [ $status = 0 ] || {
        grep -E -A4 'error: |: \*\*\* |Traceback' "$WORK/$name.log" | head -n 40 >&2 ||
            tail -n 40 "$WORK/$name.log" >&2
        die "failed: $name (log: $WORK/$name.log)"
    }
}

matches() { # matches FILE SHA256
    [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$2" ]
}

# fetch FILE SHA256 COMMAND...: have the file in $DOWNLOADS; the command puts it
# into the current folder. An unchecked file is never under its final name.
fetch() {
    local file=$1 sum=$2 new
    shift 2
    matches "$DOWNLOADS/$file" "$sum" && return
    new=$(mktemp -d "$DOWNLOADS/new.XXXXXX")
    say "fetching $file"
    (cd "$new" && "$@") >"$DOWNLOADS/$file.log" 2>&1 || {
        # apt also wants the package's signature, which some mirrors do not serve.
        matches "$new/$file" "$sum" || {
            tail -n 15 "$DOWNLOADS/$file.log" >&2
            rm -rf "$new"
            die "could not fetch $file (log: $DOWNLOADS/$file.log); a copy with sha256 $sum," \
                "put there by hand, will do as well"
        }
    }
    matches "$new/$file" "$sum" || {
        rm -rf "$new"
        die "$file is not the pinned one: its sha256 is not $sum"
    }
    mv "$new/$file" "$DOWNLOADS/$file"
    rm -rf "$new"
}

# fetch_source SUITE PACKAGE=VERSION: from the mirror that this machine's apt uses. The
# lists are kept apart, so that the machine's own configuration stays as it is.
fetch_source() {
    local apt=$DOWNLOADS/apt keys=/usr/share/keyrings/debian-archive-keyring.gpg mirror
    command -v apt-get >/dev/null || { echo "apt-get is missing"; return 1; }
    [ -f $keys ] || { echo "$keys is missing; install debian-archive-keyring"; return 1; }
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' |
        grep -m1 -E '/debian/?$') || {
        echo "apt is configured with no Debian mirror"
        return 1
    }
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    echo "deb-src [signed-by=$keys] $mirror $1 main" >"$apt/sources.list"
    local options=(
        -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=-
        -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=
    )
    apt-get "${options[@]}" update &&
        apt-get "${options[@]}" source --download-only --only-source "$2"
}

fetch_wheel() { # fetch_wheel NAME VERSION SHA256
    need python3 python3
    echo "$1==$2 --hash=sha256:$3" >requirements.txt
    python3 -m pip download --no-deps --only-binary=:all: --require-hashes \
        -r requirements.txt -d .
}

# install_python: the wheels that building needs, zig and wasmtime, into $WORK/tools/venv.
install_python() {
    rm -rf "$WORK/tools"
    mkdir -p "$WORK/tools"
    python3 -m venv "$WORK/tools/venv"
    "$WORK/tools/venv/bin/python" -m pip install --quiet --no-index --no-deps \
        "$DOWNLOADS/$ZIG_WHEEL" "$DOWNLOADS/$WASMTIME_WHEEL"
}

# install_artifact FILE: put it and its manifest's entry, which are in $WORK, into $OUT.
install_artifact() {
    mkdir -p "$OUT"
    cp "$WORK/$1" "$OUT/$1.new"
    mv "$OUT/$1.new" "$OUT/$1"
    python3 "$ROOT/scripts/merge_manifest.py" "$OUT/manifest.toml" "$WORK/manifest.toml"
    say "wrote $OUT/$1"
}

# compare_artifact FILE: it must be what $OUT has, byte for byte; what is in $WORK goes then.
compare_artifact() {
    cmp "$WORK/$1" "$OUT/$1" >&2 || die "the rebuilt $1 differs from $OUT/$1 (it is in $WORK)"
    rm -rf "$WORK"
    say "the same, byte for byte"
}
