#!/bin/bash
# preprocess.sh COMMAND...: run the preprocessor COMMAND on each source by itself.
#
# `zig cc -E` loses libc's include folders when it gets several sources or reads
# standard input, and MicroPython's makefiles do both.
set -euo pipefail

args=() sources=()
for arg; do
    case $arg in
        *.c | -) sources+=("$arg") ;;
        *) args+=("$arg") ;;
    esac
done

for source in "${sources[@]}"; do
    if [ "$source" = - ]; then
        source=$(mktemp --suffix=.c)
        trap 'rm -f "$source"' EXIT
        cat >"$source"
    fi
    "${args[@]}" "$source"
done
