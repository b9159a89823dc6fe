// The whole boundary between a guest and its host.
//
// A guest is a reactor: between calls its wasm stack is empty, so linear memory
// and the mutable globals are the session. Nothing crosses as a parameter or a
// result, because those are what makes a call slow; everything passes through
// one struct in linear memory.
//
//   exports   memory           linear memory
//             sandbox_exchange global, the address of the struct below
//             sandbox_start    ()          once, on a new instance
//             sandbox_exec     ()          one request, answered in the struct
//             sandbox_alloc    (i32)->i32  room for a source too large for the buffer
//             __stack_pointer  global; with the memory, a whole snapshot
//   imports   sandbox.call     ()          one host call
//             sandbox.sys      ()          one system function
//
// The host trusts nothing that it reads here: addresses and lengths are
// unsigned and checked against the size of memory, texts are decoded by total
// decoders, and every limit is kept by the host. The fields that carry a limit
// only spare the guest work that would be refused.
//
// sandbox_wasm/interpreters/_abi.py is the host's view of this file, and
// tests/test_abi.py compares the two.

#ifndef SANDBOX_ABI_H
#define SANDBOX_ABI_H

#include <stdint.h>

#define SANDBOX_ABI_VERSION 1

// Sizes of the buffers behind the struct, in bytes.
#define SANDBOX_SOURCE_BYTES 16384
#define SANDBOX_OUTPUT_BYTES 8192
#define SANDBOX_REPLY_BYTES 4096

// Values are nested at most this deep, in both directions.
#define SANDBOX_VALUE_DEPTH 64

// mode: what sandbox_exec is asked to do.
#define SANDBOX_MODE_RUN 1   // run the source; the last expression is the value
#define SANDBOX_MODE_CALL 2  // call the global named by source, inputs [args, kwargs]
#define SANDBOX_MODE_MAP 3   // call it once for each element of the list in inputs
#define SANDBOX_MODE_NAMES 4 // inputs is the list of all host function names
#define SANDBOX_MODE_ENVIRONMENT 5 // inputs is a dict of texts: what os.environ gets

// flags of a request.
#define SANDBOX_FLAG_LINES 1     // pass output on at each newline
#define SANDBOX_FLAG_DISCARD 2   // output is over its limit: keep none
#define SANDBOX_FLAG_GC_STRESS 4 // collect at every allocation (tests of the artifact)
#define SANDBOX_FLAG_RETURN 8    // a return outside functions ends the source with its value

// status: how a request ended.
#define SANDBOX_STATUS_OK 0
#define SANDBOX_STATUS_ERROR 1   // value is JSON [type name, message, traceback]
#define SANDBOX_STATUS_ABORTED 2 // unwound by SANDBOX_REQUEST_ABORT

// kind: how the value is stored.
#define SANDBOX_KIND_NONE 0
#define SANDBOX_KIND_FALSE 1
#define SANDBOX_KIND_TRUE 2
#define SANDBOX_KIND_INT 3   // value_bits, signed
#define SANDBOX_KIND_FLOAT 4 // value_bits, IEEE 754 double
#define SANDBOX_KIND_STR 5   // value_ptr and value_len, UTF-8
#define SANDBOX_KIND_JSON 6  // value_ptr and value_len, JSON with tags

// call_op of sandbox.call.
#define SANDBOX_CALL_INVOKE 0 // call the function; the reply is written if it fits
#define SANDBOX_CALL_FETCH 1  // write the reply, which did not fit, to reply_ptr

// reply_status of sandbox.call.
#define SANDBOX_REPLY_VALUE 0     // the reply is a value
#define SANDBOX_REPLY_EXCEPTION 1 // the reply is JSON [builtin type name, message]
#define SANDBOX_REPLY_STOP 2      // the run is over: trap

// sys_op of sandbox.sys; arguments and result in sys_args.
#define SANDBOX_SYS_OUTPUT 1 // output_stream, output_len: take the output buffer
#define SANDBOX_SYS_CLOCK 2  // [0] 0 wall, 1 monotonic -> [0] nanoseconds
#define SANDBOX_SYS_SLEEP 3  // [0] nanoseconds, from now; returns early if interrupted
#define SANDBOX_SYS_RANDOM 4 // [0] address, [1] length: fill with random bytes

// sys_op of the file functions: those of WASI preview 1 that a libc imports, under
// their own names. sys_args holds their own arguments (32-bit ones zero-extended), and
// then WASI's errno in [0]; see also sys_opened. Standard streams, the one preopened directory (3, "/"),
// clocks, randomness and the environment (SANDBOX_MODE_ENVIRONMENT) are answered within
// the guest. Packages are imported from /packages, after the current directory.
#define SANDBOX_SYS_FD_ADVISE 256
#define SANDBOX_SYS_FD_CLOSE 257
#define SANDBOX_SYS_FD_DATASYNC 258
#define SANDBOX_SYS_FD_FDSTAT_GET 259
#define SANDBOX_SYS_FD_FDSTAT_SET_FLAGS 260
#define SANDBOX_SYS_FD_FILESTAT_GET 261
#define SANDBOX_SYS_FD_FILESTAT_SET_SIZE 262
#define SANDBOX_SYS_FD_FILESTAT_SET_TIMES 263
#define SANDBOX_SYS_FD_PREAD 264
#define SANDBOX_SYS_FD_PWRITE 265
#define SANDBOX_SYS_FD_READ 266
#define SANDBOX_SYS_FD_READDIR 267
#define SANDBOX_SYS_FD_SEEK 268
#define SANDBOX_SYS_FD_SYNC 269
#define SANDBOX_SYS_FD_TELL 270
#define SANDBOX_SYS_FD_WRITE 271
#define SANDBOX_SYS_PATH_CREATE_DIRECTORY 272
#define SANDBOX_SYS_PATH_FILESTAT_GET 273
#define SANDBOX_SYS_PATH_FILESTAT_SET_TIMES 274
#define SANDBOX_SYS_PATH_LINK 275
#define SANDBOX_SYS_PATH_OPEN 276
#define SANDBOX_SYS_PATH_READLINK 277
#define SANDBOX_SYS_PATH_REMOVE_DIRECTORY 278
#define SANDBOX_SYS_PATH_RENAME 279
#define SANDBOX_SYS_PATH_SYMLINK 280
#define SANDBOX_SYS_PATH_UNLINK_FILE 281

// sys_result of sandbox.sys.
#define SANDBOX_SYS_OK 0
#define SANDBOX_SYS_REFUSED 1
#define SANDBOX_SYS_STOP 2 // the run is over: trap

// control_kind: what the host asks for when control_request != control_ack.
#define SANDBOX_REQUEST_INTERRUPT 1 // raise KeyboardInterrupt in guest code
#define SANDBOX_REQUEST_ABORT 2     // unwind past every handler, keeping the state

struct sandbox_exchange {
    // written by the guest before its first request
    uint32_t abi_version;
    uint32_t exchange_size;
    uint32_t source_buffer;
    uint32_t output_buffer;

    // the request, written by the host
    uint32_t mode;
    uint32_t flags;
    uint32_t source_ptr; // a block of sandbox_alloc is freed by the guest
    uint32_t source_len;
    uint32_t inputs_ptr; // JSON with tags, in the same block, after the source; 0: none
    uint32_t inputs_len;
    uint32_t memory_limit; // pages that linear memory may have

    // the answer, written by the guest
    uint32_t status;
    uint32_t kind;
    uint32_t value_ptr;
    uint32_t value_len;
    uint32_t output_stream; // 1 or 2: whose text the output buffer holds
    uint32_t output_len;
    uint32_t reserved;
    uint64_t value_bits;

    // one host call
    uint32_t call_op;
    uint32_t call_name_ptr;
    uint32_t call_name_len;
    uint32_t call_args_ptr; // JSON [args, kwargs]
    uint32_t call_args_len;
    uint32_t reply_ptr;
    uint32_t reply_capacity;
    uint32_t reply_len; // written by the host, also when the reply did not fit
    uint32_t reply_status;

    // one system function
    uint32_t sys_op;
    uint32_t sys_result;
    uint32_t sys_opened; // host: 1 if sys_args[1..8] are the filestat of what PATH_OPEN opened
    uint64_t sys_args[9];

    // the control block: one writer for each word
    uint32_t control_request; // host
    uint32_t control_kind;    // host
    uint32_t control_ack;     // guest
    uint32_t control_armed;   // guest: 1 while user code may be interrupted
    uint32_t control_breaker; // guest: address of a byte that makes its loop look here, or 0
    uint32_t control_mask;    // guest: the bits that the host sets in that byte
};

#endif
