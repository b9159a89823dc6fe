"""The host's view of wasm-src/include/sandbox_abi.h; tests/test_abi.py compares the two."""

from __future__ import annotations

import struct

ABI_VERSION = 1

SOURCE_BYTES = 16384
OUTPUT_BYTES = 8192

MODE_RUN = 1
MODE_CALL = 2
MODE_MAP = 3
MODE_NAMES = 4
MODE_ENVIRONMENT = 5

FLAG_LINES = 1
FLAG_DISCARD = 2
FLAG_RETURN = 8

STATUS_OK = 0
STATUS_ERROR = 1
STATUS_ABORTED = 2

KIND_NONE = 0
KIND_FALSE = 1
KIND_TRUE = 2
KIND_INT = 3
KIND_FLOAT = 4
KIND_STR = 5
KIND_JSON = 6

CALL_INVOKE = 0
CALL_FETCH = 1

REPLY_VALUE = 0
REPLY_EXCEPTION = 1
REPLY_STOP = 2

SYS_OUTPUT = 1
SYS_CLOCK = 2
SYS_SLEEP = 3
SYS_RANDOM = 4

# The file functions of WASI preview 1; see _wasi.py.
SYS_FD_ADVISE = 256
SYS_FD_CLOSE = 257
SYS_FD_DATASYNC = 258
SYS_FD_FDSTAT_GET = 259
SYS_FD_FDSTAT_SET_FLAGS = 260
SYS_FD_FILESTAT_GET = 261
SYS_FD_FILESTAT_SET_SIZE = 262
SYS_FD_FILESTAT_SET_TIMES = 263
SYS_FD_PREAD = 264
SYS_FD_PWRITE = 265
SYS_FD_READ = 266
SYS_FD_READDIR = 267
SYS_FD_SEEK = 268
SYS_FD_SYNC = 269
SYS_FD_TELL = 270
SYS_FD_WRITE = 271
SYS_PATH_CREATE_DIRECTORY = 272
SYS_PATH_FILESTAT_GET = 273
SYS_PATH_FILESTAT_SET_TIMES = 274
SYS_PATH_LINK = 275
SYS_PATH_OPEN = 276
SYS_PATH_READLINK = 277
SYS_PATH_REMOVE_DIRECTORY = 278
SYS_PATH_RENAME = 279
SYS_PATH_SYMLINK = 280
SYS_PATH_UNLINK_FILE = 281

SYS_OK = 0
SYS_REFUSED = 1
SYS_STOP = 2

REQUEST_INTERRUPT = 1
REQUEST_ABORT = 2

# Groups of neighbouring fields, each read or written in one go: offset in the
# struct, and form.
ABOUT_AT, ABOUT = 0, struct.Struct("<4I")
# abi_version exchange_size source_buffer output_buffer
REQUEST_AT, REQUEST = 16, struct.Struct("<7I")
# mode flags source_ptr source_len inputs_ptr inputs_len memory_limit
FLAGS_AT, WORD = 20, struct.Struct("<I")
ANSWER_AT, ANSWER = 44, struct.Struct("<7Iq")
# status kind value_ptr value_len output_stream output_len reserved value_bits
OUTPUT_AT, OUTPUT = 60, struct.Struct("<2I")
# output_stream output_len
BITS_AT, BITS = 72, struct.Struct("<d")
# value_bits of a float
CALL_AT, CALL = 80, struct.Struct("<7I")
# call_op call_name_ptr call_name_len call_args_ptr call_args_len reply_ptr reply_capacity
REPLY_AT, REPLY = 108, struct.Struct("<2I")
# reply_len reply_status
SYS_AT, SYS = 116, struct.Struct("<3I2Q")
# sys_op sys_result sys_opened sys_args[0] sys_args[1]
SYS_FILE_AT, SYS_FILE = 116, struct.Struct("<3I9Q")
# sys_op sys_result sys_opened sys_args
SYS_OPENED_AT, SYS_OPENED = 120, struct.Struct("<2I9Q")
# sys_result sys_opened sys_args
SYS_RESULT_AT, SYS_RESULT = 120, struct.Struct("<2IQ")
# sys_result sys_opened sys_args[0]
CONTROL_AT, CONTROL = 200, struct.Struct("<6I")
# control_request control_kind control_ack control_armed control_breaker control_mask
CONTROL_KIND = 4
# where control_kind begins in the control block
EXCHANGE_BYTES = 224
