# fetch.sh: how the build scripts get what scripts/pins.env names. Sourced; expects
# DOWNLOADS, say and die.

need() { # need COMMAND PACKAGE
    command -v "$1" >/dev/null || die "$1 is missing; it comes with the package $2"
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
