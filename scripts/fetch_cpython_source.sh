#!/usr/bin/env bash
# Fetch CPython's pinned source archive, for run_lib_tests.py, and print where it is.
#
# The same file that build_cpython.sh fetches, from the same place: the Debian mirror that
# this machine's apt uses.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=building.sh
. "$ROOT/scripts/building.sh"
mkdir -p "$DOWNLOADS"
fetch "$CPYTHON_TARBALL" "$CPYTHON_SHA256" \
    fetch_source "$CPYTHON_SUITE" "$CPYTHON_PACKAGE=$CPYTHON_PACKAGE_VERSION"
echo "$DOWNLOADS/$CPYTHON_TARBALL"
