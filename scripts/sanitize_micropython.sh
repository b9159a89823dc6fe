#!/bin/bash
# sanitize_micropython.sh: look for accesses to memory that is not there.
#
#   --build-dir D  use the sources of a build in D instead of build/micropython
#   --step N       run every Nth case of tests/guest/hooks.py (97)
#
# Builds the interpreter for this machine with gcc's AddressSanitizer and every object
# malloc'ed, and runs the cases on it. The first fault ends it, with the case and the
# report. scripts/build_micropython.sh must have been run before.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
WORK=$ROOT/build/micropython
STEP=97

# shellcheck source=building.sh
. "$ROOT/scripts/building.sh"

while [ $# -gt 0 ]; do
    case $1 in
        --build-dir) WORK=$(realpath -m "${2:?--build-dir needs a folder}"); shift ;;
        --step) STEP=${2:?--step needs a number}; shift ;;
        -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
        *) die "unknown option $1 (see --help)" ;;
    esac
    shift
done

[ -d "$WORK/source/py" ] || die "no sources in $WORK"
OUT=$WORK/sanitized
mkdir -p "$OUT"
flags="-Isanitized -I. -I../include -I../host -I$WORK/source -I$OUT -std=gnu99 -O1 -g -w
    -DNDEBUG -DMICROPY_QSTR_EXTRA_POOL=mp_qstr_frozen_const_pool -DMICROPY_MODULE_FROZEN_MPY
    -fsanitize=address -fno-omit-frame-pointer"
make -s -C "$WORK/source/mpy-cross" -j2
make -s -C "$ROOT/wasm-src/micropython" -f sanitized/Makefile -j2 \
    TOP="$WORK/source" BUILD="$OUT" ZIG=gcc CFLAGS="$(echo $flags)" sanitized

{
    cat "$ROOT/tests/guest/hooks.py"
    echo "for key, _ in outcomes(itertools.islice(cases(KINDS), 0, None, $STEP)):"
    echo "    print(key)"
} >"$OUT/cases.py"
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=256
"$OUT/micropython" "$OUT/cases.py" >"$OUT/cases.log" ||
    die "the last case before it ended was: $(tail -n 1 "$OUT/cases.log")"
say "$(wc -l <"$OUT/cases.log") cases, no fault"
