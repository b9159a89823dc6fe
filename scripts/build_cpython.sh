#!/bin/bash
# build_cpython.sh: from a clean machine to artifacts/cpython.wasm.
#
#   --check        rebuild in a fresh folder and compare with the committed artifact
#   --quick        build on what the last build left: for trying things out
#   --no-image     stop before the interpreter is initialised
#   --train        take a new profile instead (wasm-src/cpython/profile.profdata.xz)
#   --jobs N       compile N files at once (2)
#   --build-dir D  work in D instead of build/cpython
#   --out D        put the artifact and its manifest entry into D instead of artifacts
#
# Downloads are kept in build/downloads: a second build needs no network.
# docs/building-cpython.md says what each step is for.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/.." && pwd)
PORT=$ROOT/wasm-src/cpython
WORK=$ROOT/build/cpython
OUT=$ROOT/artifacts
JOBS=2 MODE=build IMAGE=yes OBJECTS=objects

# shellcheck source=building.sh
. "$ROOT/scripts/building.sh"

while [ $# -gt 0 ]; do
    case $1 in
        --check) MODE=check ;;
        --quick) MODE=quick ;;
        --no-image) IMAGE=no ;;
        --train) MODE=train ;;
        --jobs) JOBS=${2:?--jobs needs a number}; shift ;;
        --build-dir) WORK=$(realpath -m "${2:?--build-dir needs a folder}"); shift ;;
        --out) OUT=$(realpath -m "${2:?--out needs a folder}"); shift ;;
        -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
        *) die "unknown option $1 (see --help)" ;;
    esac
    shift
done

export SOURCE_DATE_EPOCH=$CPYTHON_DATE_EPOCH LC_ALL=C TZ=UTC PYTHONHASHSEED=0

fetch_all() {
    mkdir -p "$DOWNLOADS"
    fetch "$CPYTHON_TARBALL" "$CPYTHON_SHA256" \
        fetch_source "$CPYTHON_SUITE" "$CPYTHON_PACKAGE=$CPYTHON_PACKAGE_VERSION"
    fetch "$ZLIB_TARBALL" "$ZLIB_SUM" fetch_source "$CPYTHON_SUITE" "zlib=$ZLIB_PACKAGE_VERSION"
    fetch "$BZIP2_TARBALL" "$BZIP2_SUM" fetch_source "$CPYTHON_SUITE" "bzip2=$BZIP2_PACKAGE_VERSION"
    fetch "$XZ_TARBALL" "$XZ_SUM" fetch_source "$CPYTHON_SUITE" "xz-utils=$XZ_PACKAGE_VERSION"
    fetch "$SQLITE_TARBALL" "$SQLITE_SUM" \
        fetch_source "$CPYTHON_SUITE" "sqlite3=$SQLITE_PACKAGE_VERSION"
    fetch "$ZIG_WHEEL" "$ZIG_SHA256" fetch_wheel ziglang "$ZIG_VERSION" "$ZIG_SHA256"
    fetch "$TZDATA_WHEEL" "$TZDATA_SUM" fetch_wheel tzdata "$TZDATA_VERSION" "$TZDATA_SUM"
    fetch "$WASMTIME_WHEEL" "$WASMTIME_SHA256" \
        fetch_wheel wasmtime "$WASMTIME_VERSION" "$WASMTIME_SHA256"
}

# Runs a step once for each state of what it depends on: once NAME WORDS... -- COMMAND...
once() {
    local name=$1 state=
    shift
    while [ "$1" != -- ]; do state="$state $1"; shift; done
    shift
    [ "$(cat "$WORK/$name.stamp" 2>/dev/null)" != "$state" ] || return 0
    say "$name"
    logged "$name" "$@"
    echo "$state" >"$WORK/$name.stamp"
}

sum_of() { cat "$@" | sha256sum | cut -d' ' -f1; }

install_tools() {
    install_python
    mkdir "$WORK/tools/bin"
    local zig tool
    zig=$(echo "$WORK"/tools/venv/lib/python*/site-packages/ziglang/zig)
    ln -s "$zig" "$WORK/tools/zig"
    # configure passes -Wl,--stack-first, which zig's driver does not know and does itself.
    cat >"$WORK/tools/bin/cc" <<'END'
#!/bin/bash
words=()
for word in "$@"; do
    [ "$word" = -Wl,--stack-first ] || words+=("$word")
done
exec "${0%/bin/*}/zig" cc -target wasm32-wasi "${words[@]}"
END
    for tool in ar ranlib; do
        printf '#!/bin/sh\nexec "${0%%/bin/*}/zig" %s "$@"\n' $tool >"$WORK/tools/bin/$tool"
    done
    chmod +x "$WORK"/tools/bin/*
}

unpack() { # unpack FOLDER TARBALL
    rm -rf "${WORK:?}/$1"
    mkdir -p "$WORK/$1"
    tar xf "$DOWNLOADS/$2" -C "$WORK/$1" --strip-components=1 --no-same-owner
}

prepare_source() {
    unpack source "$CPYTHON_TARBALL"
    local file
    for file in "$PORT"/patches/*.patch; do
        patch -d "$WORK/source" -p1 --fuzz=0 --no-backup-if-mismatch <"$file" ||
            die "${file#"$ROOT"/} does not apply to CPython $CPYTHON_VERSION"
    done
}

# ---- the libraries

build_libraries() {
    rm -rf "$WORK/libs"
    mkdir -p "$WORK/libs/include" "$WORK/libs/lib"
    unpack zlib "$ZLIB_TARBALL"
    unpack bzip2 "$BZIP2_TARBALL"
    unpack xz "$XZ_TARBALL"
    unpack sqlite "$SQLITE_TARBALL"
    (cd "$WORK/zlib" && archive z {adler32,crc32,deflate,infback,inffast,inflate,inftrees,trees,zutil,compress,uncompr}.c &&
        cp zlib.h zconf.h ../libs/include)
    # With BZ_NO_STDIO the library reports its own bugs to its user: ours traps.
    cp "$PORT/bzip2_error.c" "$WORK/bzip2"
    (cd "$WORK/bzip2" && archive bz2 -DBZ_NO_STDIO {blocksort,huffman,crctable,randtable,compress,decompress,bzlib,bzip2_error}.c &&
        cp bzlib.h ../libs/include)
    (cd "$WORK/xz" && CC="$CC" AR="$AR" RANLIB="$RANLIB" CFLAGS="$LIBRARY_FLAGS" ./configure \
        --host=wasm32-unknown-wasi --disable-shared --enable-static --disable-threads \
        --disable-{xz,xzdec,lzmadec,lzmainfo,lzma-links,scripts,doc,nls,microlzma,lzip-decoder} \
        --disable-{sandbox,external-sha256} && make -C src/liblzma -j "$JOBS" &&
        cp src/liblzma/.libs/liblzma.a ../libs/lib && cp -r src/liblzma/api/lzma* ../libs/include)
    (cd "$WORK/sqlite" && CC=gcc ./configure --disable-tcl && make sqlite3.c &&
        cp "$PORT/sqlite_vfs.c" . &&
        archive sqlite3 $SQLITE_FLAGS sqlite3.c sqlite_vfs.c && cp sqlite3.h sqlite3ext.h ../libs/include)
}

LIBRARY_FLAGS="-O2 -g0 -w -fno-sanitize=undefined"
SQLITE_FLAGS="-DSQLITE_OS_OTHER=1 -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION \
-DSQLITE_OMIT_WAL -DSQLITE_MAX_MMAP_SIZE=0 -DSQLITE_TEMP_STORE=3 -DSQLITE_DEFAULT_MEMSTATUS=0 \
-DSQLITE_OMIT_SHARED_CACHE -DSQLITE_DQS=0 -DSQLITE_LIKE_DOESNT_MATCH_BLOBS \
-DSQLITE_MAX_EXPR_DEPTH=200 -DSQLITE_MAX_LIKE_PATTERN_LENGTH=1000 -DSQLITE_ENABLE_FTS5 \
-DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_DESERIALIZE \
-DSQLITE_MAX_ATTACHED=10 -DSQLITE_ENABLE_COLUMN_METADATA"

archive() { # archive NAME FLAGS-AND-SOURCES...: compile here, into libNAME.a
    local name=$1 flags=() objects=() word
    shift
    for word in "$@"; do
        case $word in
            *.c)
                # shellcheck disable=SC2086
                "$CC" $LIBRARY_FLAGS "${flags[@]}" -I. -c "$word" -o "$name-${word%.c}.o"
                objects+=("$name-${word%.c}.o")
                ;;
            *) flags+=("$word") ;;
        esac
    done
    "$AR" rcsD "$WORK/libs/lib/lib$name.a" "${objects[@]}"
}

# ---- CPython

# A CPython of the same version for this machine: it freezes the library.
build_native() {
    rm -rf "$WORK/native"
    mkdir -p "$WORK/native"
    cd "$WORK/native"
    MODULE_BUILDTYPE=static ../source/configure --without-ensurepip --disable-test-modules \
        CFLAGS=-g0 OPT="-O1 -DNDEBUG"
    make -j "$JOBS" python
}

configure() {
    rm -rf "${WORK:?}/$OBJECTS"
    mkdir -p "$WORK/$OBJECTS"
    cd "$WORK/$OBJECTS"
    cat ../source/Tools/wasm/config.site-wasm32-wasi "$PORT/config.site" >config.site
    local lib=$WORK/libs/lib
    export CONFIG_SITE=$PWD/config.site PKG_CONFIG=/bin/false
    export CFLAGS="-g0 -fno-sanitize=undefined -w -ffile-prefix-map=$WORK=."
    export OPT="-O3 -DNDEBUG"
    export ZLIB_CFLAGS=-I$WORK/libs/include ZLIB_LIBS=$lib/libz.a
    export BZIP2_CFLAGS=-I$WORK/libs/include BZIP2_LIBS=$lib/libbz2.a
    export LIBLZMA_CFLAGS=-I$WORK/libs/include LIBLZMA_LIBS=$lib/liblzma.a
    # configure asks the linker for -lsqlite3, hence the -L.
    export LIBSQLITE3_CFLAGS=-I$WORK/libs/include LIBSQLITE3_LIBS="-L$lib $lib/libsqlite3.a"
    ../source/configure -C --host=wasm32-unknown-wasi --build=x86_64-pc-linux-gnu \
        --with-build-python="$WORK/native/python" --with-pymalloc \
        --disable-test-modules --without-ensurepip --disable-ipv6
    # zig's libc has pthread functions that do nothing, and one that never returns.
    sed -i 's,^/\* #undef HAVE_PTHREAD_STUBS \*/,#define HAVE_PTHREAD_STUBS 1,' pyconfig.h
}

compile() {
    cd "$WORK/$OBJECTS"
    # The profile makes the evaluation loop no faster, but doubles what each of its calls
    # takes of the stack, by what it inlines there. zig's driver takes the first -O3 for -O2.
    if [ $MODE != train ]; then
        make OPT="-O3 -Xclang -O3 $POINTERS -DNDEBUG" Python/ceval.o
        make -j "$JOBS" -f Makefile -f "$PORT/objects.mk" OPT="$OPTIMISE $TOGETHER -DNDEBUG" core-objects
    fi
    # The last step, the link of a command, fails: ours comes later.
    make -k -j "$JOBS" OPT="$OPTIMISE -DNDEBUG" all || true
    test -f libpython3.13.a
}

freeze() {
    rm -rf "$WORK/frozen"
    mkdir -p "$WORK/frozen/tzdata"
    "$WORK/native/python" -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])' \
        "$DOWNLOADS/$TZDATA_WHEEL" "$WORK/frozen/tzdata" 2>/dev/null ||
        python3 -m zipfile -e "$DOWNLOADS/$TZDATA_WHEEL" "$WORK/frozen/tzdata"
    # What marshal writes depends on what else refers to an object, hence on whether modules
    # were compiled or read from a cache: here they are always compiled.
    "$WORK/native/python" -B -X pycache_prefix="$WORK/none" "$PORT/freeze.py" "$WORK/source/Lib" "$PORT/lib" \
        "$WORK/frozen/tzdata" "$WORK/frozen"
}

PORT_FLAGS="-g0 -fno-sanitize=undefined -Wall -Wextra -Werror -Wno-unused-parameter \
-Wno-missing-field-initializers -Wno-backend-plugin -Wno-cast-function-type-mismatch -Wno-cast-function-type"
WRAPPED="_PyErr_CheckSignalsTstate PyErr_CheckSignals PyErr_WriteUnraisable PyErr_FormatUnraisable \
_PyTokenizer_Get _PyInstructionSequence_Addop sqlite3_step sqlite3_open_v2 sqlite3_progress_handler \
PyExpat_XML_Parse __wasilibc_find_relpath_alloc chdir log2 _PyCoro_GetAwaitableIter"

link() {
    local file objects=() libpython system wraps=()
    mkdir -p "$WORK/port"
    cd "$WORK/port"
    for file in "$PORT"/*.c "$ROOT"/wasm-src/host/*.c; do
        case ${file##*/} in
            bzip2_error.c | sqlite_vfs.c) continue ;;
            profile.c) [ $MODE = train ] || continue ;;
        esac
        local object=${file##*/} builtin=
        object=${object%.c}.o
        # Or the compiler would see in memset's loop a call of memset.
        case $object in memory.o | malloc.o) builtin=-fno-builtin ;; esac
        # shellcheck disable=SC2086
        "$CC" $OPTIMISE $PORT_FLAGS $builtin -ffile-prefix-map="$ROOT"=. \
            -DPy_BUILD_CORE -I"$ROOT/wasm-src/include" -I"$ROOT/wasm-src/host" -I"$PORT" \
            -I"../$OBJECTS" -I../source/Include -I../source/Include/internal \
            -I../source/Include/internal/mimalloc -c "$file" -o "$object"
        objects+=("$object")
    done
    # shellcheck disable=SC2086
    (cd ../frozen && "$CC" -O1 -w -g0 -fno-sanitize=undefined -I"../$OBJECTS" -I../source/Include \
        -c frozen_table.c -o ../port/frozen_table.o)
    libpython=$(make -s -C "$WORK/$OBJECTS" -f Makefile -f "$PORT/objects.mk" print-objects)
    echo 'int main(void) { return 0; }' >empty.c
    # zig's own libc, start code and runtime, as its driver would link them.
    system=$(ZIG_VERBOSE_LINK=1 "$CC" -O2 -mexec-model=reactor empty.c -o empty.wasm \
        -lwasi-emulated-signal -lwasi-emulated-getpid -lwasi-emulated-process-clocks 2>&1 |
        grep -a '^wasm-ld' | tr ' ' '\n' | grep -E '\.(a|o)$' | grep -v empty) || true
    [ -n "$system" ] || die "zig did not say what it links"
    for file in $WRAPPED; do wraps+=("--wrap=$file"); done
    # memory.o and malloc.o first: their functions take the place of libc's.
    cd "$WORK/$OBJECTS"
    # shellcheck disable=SC2086
    "$WORK/tools/zig" wasm-ld --allow-multiple-definition --no-entry --stack-first \
        -z stack-size=$STACK_BYTES --build-id=none --strip-debug \
        --lto-O2 --thinlto-jobs="$JOBS" "${wraps[@]}" \
        --export=__stack_pointer --export=sandbox_exchange --export-memory --export=_initialize \
        -o "$WORK/reactor.wasm" ../port/memory.o ../port/malloc.o "${objects[@]/#/../port/}" ../port/frozen_table.o \
        $libpython $system
}

STACK_BYTES=8388608
# -fno-strict-overflow, which CPython asks for, lets pointers wrap as well since clang 20; no
# offset would be part of a load or store then.
POINTERS=-fno-wrapv-pointer
# The interpreter without parser and evaluation loop is optimised when it is linked, so that calls
# between its files can be inlined: each call looks whether the time is up.
TOGETHER=-flto=thin
# To zig's driver -O3 is -O2, which with a profile is the faster of the two.
if [ $MODE = check ]; then
    mkdir -p "$ROOT/build"
    WORK=$(mktemp -d "$ROOT/build/cpython-check.XXXXXX")
fi
OPTIMISE="-O3 $POINTERS -fprofile-use=$WORK/profile.profdata"
if [ $MODE = train ]; then
    OBJECTS=train
    OPTIMISE="-O3 -fprofile-generate -mllvm -disable-vp=true -mllvm -enable-name-compression=false"
fi

image() {
    "$WORK/tools/venv/bin/python" "$ROOT/scripts/preinitialize.py" \
        "$WORK/reactor.wasm" "$WORK/cpython.wasm"
}

run_checks() {
    say "running the image's own checks"
    "$WORK/tools/venv/bin/python" "$ROOT/scripts/cpython_checks.py" "$WORK/cpython.wasm" \
        "$WORK/native/python" "$WORK/reactor.wasm" || die "the image fails its checks and is not put in place"
}

manifest() { # manifest CHECKS
    python3 "$ROOT/scripts/write_cpython_manifest.py" "$WORK/cpython.wasm" "$1" \
        "$WORK/frozen/modules.txt" "$WORK/objects/Modules/config.c" >"$WORK/manifest.toml"
}

unpack_profile() {
    xz -dc "$PORT/profile.profdata.xz" >"$WORK/profile.new"
    # zig's cache knows a profile by its name alone, and would give objects made with the last one.
    cmp -s "$WORK/profile.new" "$WORK/profile.profdata" || rm -rf "$WORK/zig-cache"
    mv "$WORK/profile.new" "$WORK/profile.profdata"
}

build() {
    mkdir -p "$WORK"
    exec 9>"$WORK/lock"
    flock 9
    [ "$MODE" = quick ] || [ "$MODE" = train ] || rm -rf "$WORK"/{source,native,libs,objects,frozen,port,zig-cache} "$WORK"/*.stamp
    export ZIG_GLOBAL_CACHE_DIR=$WORK/zig-cache ZIG_LOCAL_CACHE_DIR=$WORK/zig-cache
    CC=$WORK/tools/bin/cc AR=$WORK/tools/bin/ar RANLIB=$WORK/tools/bin/ranlib
    export CC AR RANLIB
    export CXX=$CC
    fetch_all
    local source libs objects
    PROFILE=$PORT/profile.profdata.xz
    [ $MODE != train ] || PROFILE=/dev/null
    source="$CPYTHON_SHA256 $(sum_of "$PORT"/patches/*.patch)"
    libs="$ZLIB_SUM $BZIP2_SUM $XZ_SUM $SQLITE_SUM $(echo "$SQLITE_FLAGS" | sum_of - "$PORT"/{bzip2_error,sqlite_vfs}.c)"
    once tools "$ZIG_SHA256" "$WASMTIME_SHA256" -- install_tools
    once source "$source" -- prepare_source
    [ $MODE = train ] || unpack_profile
    once libraries "$libs" -- build_libraries
    once native "$CPYTHON_SHA256" -- env -u CC -u AR -u RANLIB -u CXX bash -c "$(declare -f build_native); WORK=$WORK JOBS=$JOBS; build_native"
    objects="$source $libs $OPTIMISE $TOGETHER $(sum_of "$PORT/config.site" "$PORT/objects.mk" "$PROFILE")"
    once "$OBJECTS-configure" "$objects" -- configure
    once "$OBJECTS-compile" "$objects" -- compile
    once freeze "$source $(find "$PORT/lib" "$PORT/freeze.py" -type f -print0 | sort -z | xargs -0 cat | sum_of)" -- freeze
    say "linking"
    logged link link
    [ $IMAGE = yes ] && [ $MODE != train ] || return 0
    say "initialising"
    logged image image
    say "$(stat -c %s "$WORK/cpython.wasm") bytes, sha256 $(sum_of "$WORK/cpython.wasm")"
}

train() {
    need llvm-profdata llvm
    say "training"
    logged train "$WORK/tools/venv/bin/python" "$ROOT/scripts/train_cpython.py" \
        "$WORK/reactor.wasm" "$PORT/train.py" "$WORK/profile.proftext"
    # Static functions of the port are named by where this is: nothing is to depend on that.
    sed -i "s|^$ROOT/||" "$WORK/profile.proftext"
    llvm-profdata merge "$WORK/profile.proftext" -o "$WORK/profile.profdata"
    xz -9e -c "$WORK/profile.profdata" >"$PORT/profile.profdata.xz"
    say "wrote ${PORT#"$ROOT"/}/profile.profdata.xz; now build"
}

check_machine
case $MODE in
    build | quick)
        build
        if [ $IMAGE = yes ]; then
            [ $MODE = quick ] || run_checks
            manifest "$([ $MODE = build ] && echo passed || echo skipped)"
            install_artifact cpython.wasm
        fi
        ;;
    train)
        build
        train
        ;;
    check)
        build
        compare_artifact cpython.wasm
        ;;
esac
