#!/bin/bash
# build_micropython.sh: from a clean machine to artifacts/micropython.wasm.
#
#   --check        rebuild in a fresh folder and compare with the committed artifact
#   --skip-checks  build on what the last build left, and run no checks: for trying
#                  things out; the manifest says so, and the tests then fail
#   --jobs N       compile N files at once (2)
#   --build-dir D  work in D instead of build/micropython
#   --out D        put the artifact and its manifest into D instead of artifacts
#
# Downloads are kept in build/downloads: a second build needs no network.
# docs/building.md says what each step is for.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
PORT=$ROOT/wasm-src/micropython
WORK=$ROOT/build/micropython
OUT=$ROOT/artifacts
JOBS=2 MODE=build

# shellcheck source=building.sh
. "$ROOT/scripts/building.sh"

while [ $# -gt 0 ]; do
    case $1 in
        --check) MODE=check ;;
        --skip-checks) MODE=quick ;;
        --jobs) JOBS=${2:?--jobs needs a number}; shift ;;
        --build-dir) WORK=$(realpath -m "${2:?--build-dir needs a folder}"); shift ;;
        --out) OUT=$(realpath -m "${2:?--out needs a folder}"); shift ;;
        -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
        *) die "unknown option $1 (see --help)" ;;
    esac
    shift
done

# makeversionhdr.py would otherwise name this repository's own tags and commits.
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC MICROPY_GIT_TAG=v$MICROPYTHON_VERSION MICROPY_GIT_HASH=

fetch_binaryen() {
    command -v npm >/dev/null || { echo "npm is missing; install npm"; return 1; }
    npm pack --silent "binaryen@$BINARYEN_VERSION"
}

fetch_all() {
    mkdir -p "$DOWNLOADS"
    fetch "$MICROPYTHON_TARBALL" "$MICROPYTHON_SHA256" \
        fetch_source "$MICROPYTHON_SUITE" "$MICROPYTHON_PACKAGE=$MICROPYTHON_PACKAGE_VERSION"
    fetch "$ZIG_WHEEL" "$ZIG_SHA256" fetch_wheel ziglang "$ZIG_VERSION" "$ZIG_SHA256"
    fetch "$BINARYEN_TARBALL" "$BINARYEN_SHA256" fetch_binaryen
    fetch "$WASMTIME_WHEEL" "$WASMTIME_SHA256" \
        fetch_wheel wasmtime "$WASMTIME_VERSION" "$WASMTIME_SHA256"
}

install_tools() {
    local stamp="$ZIG_SHA256 $BINARYEN_SHA256 $WASMTIME_SHA256"
    [ "$(cat "$WORK/tools/stamp" 2>/dev/null)" = "$stamp" ] && return
    say "installing the tools"
    install_python
    mkdir "$WORK/tools/binaryen"
    tar xzf "$DOWNLOADS/$BINARYEN_TARBALL" -C "$WORK/tools/binaryen" --strip-components=1
    echo "$stamp" >"$WORK/tools/stamp"
}

# The files that patches touch, relative to the source tree.
patched_files() { sed -n 's|^+++ b/||p' "$@" | sort -u; }

# The patched tree. Patches are applied to copies of the pristine files and only
# what differs is put into the tree, so that make compiles no more than it must.
prepare_source() {
    local tree=$WORK/source pristine=$WORK/pristine stage=$WORK/patched file
    local patches=("$PORT"/patches/*.patch)
    if [ "$(cat "$WORK/source.stamp" 2>/dev/null)" != "$MICROPYTHON_SHA256" ]; then
        say "unpacking the source"
        rm -rf "$tree" "$pristine"
        mkdir -p "$pristine"
        tar xf "$DOWNLOADS/$MICROPYTHON_TARBALL" -C "$pristine" --strip-components=1
        cp -a "$pristine" "$tree"
        echo "$MICROPYTHON_SHA256" >"$WORK/source.stamp"
        : >"$WORK/patched.files"
    fi
    rm -rf "$stage"
    mkdir -p "$stage"
    patched_files "${patches[@]}" | sort -u - "$WORK/patched.files" >"$WORK/patched.files.new"
    while read -r file; do
        [ ! -f "$pristine/$file" ] || (cd "$pristine" && cp --parents "$file" "$stage")
    done <"$WORK/patched.files.new"
    for file in "${patches[@]}"; do
        patch -d "$stage" -p1 --fuzz=0 --quiet --no-backup-if-mismatch <"$file" >&2 ||
            die "${file#"$ROOT"/} does not apply to MicroPython $MICROPYTHON_VERSION"
    done
    while read -r file; do
        if [ ! -f "$stage/$file" ]; then
            rm -f "$tree/$file"
        elif ! cmp -s "$stage/$file" "$tree/$file"; then
            mkdir -p "$(dirname "$tree/$file")"
            cp "$stage/$file" "$tree/$file"
        fi
    done <"$WORK/patched.files.new"
    mv "$WORK/patched.files.new" "$WORK/patched.files"
}

compile() {
    local zig flags config
    # make does not see a change of flags, and what was collected from a source that is
    # gone, or left out now, stays behind.
    flags=$( (echo "${OPT-} ${HOT_OPT-}" && cat "$PORT/Makefile") | sha256sum)
    config=$( (cd "$PORT" && echo *.c modules/*.c && cat mpconfigport.h) | sha256sum)
    [ "$flags" = "$(cat "$WORK/flags.stamp" 2>/dev/null)" ] || rm -rf "$WORK/objects"
    [ "$config" = "$(cat "$WORK/config.stamp" 2>/dev/null)" ] || rm -rf "$WORK/objects/genhdr"
    echo "$flags" >"$WORK/flags.stamp"
    echo "$config" >"$WORK/config.stamp"
    zig=$(echo "$WORK"/tools/venv/lib/python*/site-packages/ziglang/zig)
    export ZIG_GLOBAL_CACHE_DIR=$WORK/zig-cache ZIG_LOCAL_CACHE_DIR=$WORK/zig-cache
    logged mpy-cross make -C "$WORK/source/mpy-cross" -j "$JOBS"
    # Upstream renews frozen code by the age of its sources alone.
    rm -f "$WORK/objects/frozen_content.c"
    [ "$WORK/objects/frozen_mpy" -nt "$WORK/source/mpy-cross/build/mpy-cross" ] ||
        rm -rf "$WORK/objects/frozen_mpy"
    say "compiling"
    logged make make -C "$PORT" -j "$JOBS" TOP="$WORK/source" BUILD="$WORK/objects" ZIG="$zig" \
        ${OPT:+OPT="$OPT"} ${HOT_OPT:+HOT_OPT="$HOT_OPT"}
}

# What makes the module sound for a collector that scans memory only, and small.
# The VM's dispatch loop stays apart from the function that calls setjmp: a call
# from there is dear.
FEATURES=(--enable-exception-handling --enable-reference-types --enable-multivalue
    --enable-bulk-memory --enable-bulk-memory-opt --enable-nontrapping-float-to-int
    --enable-sign-ext --enable-mutable-globals)
SPILL=(--flatten --simplify-locals-nonesting --dce --vacuum
    --coalesce-locals --reorder-locals --vacuum --spill-pointers)
FINISH=('--no-inline=vm_*' "${WASM_OPT:--O3}" --translate-to-exnref
    --strip-debug --strip-producers)

wasm_opt() { node "$WORK/tools/binaryen/bin/wasm-opt" "${FEATURES[@]}" "$@"; }

finish() {
    local dir=$WORK/finish
    say "spilling pointers"
    mkdir -p "$dir"
    logged spill wasm_opt "$WORK/objects/linked.wasm" "${SPILL[@]}" -S -o "$dir/spilled.wat"
    logged initialize python3 "$PORT/drop_initialize.py" "$dir/spilled.wat" "$dir/dropped.wat"
    logged optimise wasm_opt "$dir/dropped.wat" "${FINISH[@]}" -o "$WORK/micropython.wasm"
}

manifest() { # manifest CHECKS
    local flags
    mapfile -t flags < <(make -s V=1 -C "$PORT" TOP="$WORK/source" BUILD="$WORK/objects" ZIG=zig \
        ${OPT:+OPT="$OPT"} ${HOT_OPT:+HOT_OPT="$HOT_OPT"} print-flags)
    python3 "$ROOT/scripts/write_micropython_manifest.py" \
        "$WORK/micropython.wasm" "$1" "$WORK/objects" "${flags[@]}" \
        "spill: ${SPILL[*]}" \
        "finish: ${FINISH[*]}" >"$WORK/manifest.toml"
}

build() {
    mkdir -p "$WORK"
    exec 9>"$WORK/lock"
    flock 9
    if [ "$MODE" != quick ]; then
        rm -rf "$WORK"/{source,pristine,patched,objects,finish,zig-cache,source.stamp}
    fi
    fetch_all
    install_tools
    prepare_source
    compile
    finish
    say "$(stat -c %s "$WORK/micropython.wasm") bytes, sha256" \
        "$(sha256sum <"$WORK/micropython.wasm" | cut -d' ' -f1)"
}

run_checks() {
    say "running the artifact's own checks"
    "$WORK/tools/venv/bin/python" "$ROOT/scripts/micropython_checks.py" \
        --module "$WORK/micropython.wasm" --tests "$WORK/pristine/tests" \
        --programs "$ROOT/tests/programs" --cache "$WORK/expected" || die "the artifact fails its checks and is not put in place"
}

check_machine
need node nodejs
case $MODE in
    build)
        build
        run_checks
        manifest passed
        install_artifact micropython.wasm
        ;;
    quick)
        build
        manifest skipped
        install_artifact micropython.wasm
        ;;
    check)
        mkdir -p "$ROOT/build"
        WORK=$(mktemp -d "$ROOT/build/micropython-check.XXXXXX")
        build
        compare_artifact micropython.wasm
        ;;
esac
