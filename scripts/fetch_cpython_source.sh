#!/usr/bin/env bash
# Fetch CPython's pinned source archive, for run_lib_tests.py, and print where it is.
#
# The same file that build_cpython.sh fetches, from the same place: the Debian mirror that
# this machine's apt uses.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
DOWNLOADS=$ROOT/build/downloads

say() { printf '%s\n' "fetch_cpython_source: $*" >&2; }
die() { say "$@"; exit 1; }

# shellcheck source=pins.env
. "$ROOT/scripts/pins.env"
# shellcheck source=fetch.sh
. "$ROOT/scripts/fetch.sh"
mkdir -p "$DOWNLOADS"
fetch "$CPYTHON_TARBALL" "$CPYTHON_SHA256" \
    fetch_source "$CPYTHON_SUITE" "$CPYTHON_PACKAGE=$CPYTHON_PACKAGE_VERSION"
echo "$DOWNLOADS/$CPYTHON_TARBALL"
