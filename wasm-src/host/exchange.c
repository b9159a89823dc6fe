#include <stdlib.h>
#include <string.h>
#include "exchange.h"

__attribute__((import_module("sandbox"), import_name("call"))) void sandbox_import_call(void);
__attribute__((import_module("sandbox"), import_name("sys"))) void sandbox_import_sys(void);

struct sandbox_exchange sandbox_exchange;
static char source_buffer[SANDBOX_SOURCE_BYTES] __attribute__((aligned(16)));
static char output_buffer[SANDBOX_OUTPUT_BYTES] __attribute__((aligned(16)));
static char reply_buffer[SANDBOX_REPLY_BYTES] __attribute__((aligned(16)));

#define X sandbox_exchange

void sandbox_exchange_init(void) {
    X.abi_version = SANDBOX_ABI_VERSION;
    X.exchange_size = sizeof X;
    X.source_buffer = (uint32_t)(uintptr_t)source_buffer;
    X.output_buffer = (uint32_t)(uintptr_t)output_buffer;
    X.output_stream = 1;
}

void sandbox_exchange_begin(void) {
    X.status = SANDBOX_STATUS_OK;
    X.kind = SANDBOX_KIND_NONE;
    X.value_ptr = X.value_len = 0;
    X.output_stream = 1;
    X.output_len = 0;
}

// One crossing. A host that has given up on the run says so; the trap is final.
static uint32_t sys(uint32_t op) {
    X.sys_op = op;
    X.sys_result = SANDBOX_SYS_REFUSED;
    sandbox_import_sys();
    if (X.sys_result == SANDBOX_SYS_STOP) {
        __builtin_trap();
    }
    return X.sys_result;
}

void sandbox_output_flush(void) {
    if (X.output_len) {
        sys(SANDBOX_SYS_OUTPUT);
        X.output_len = 0;
    }
}

void sandbox_output(uint32_t stream, const char *text, size_t len) {
    if (X.flags & SANDBOX_FLAG_DISCARD) {
        return;
    }
    if (stream != X.output_stream) {
        sandbox_output_flush();
        X.output_stream = stream;
    }
    bool newline = (X.flags & SANDBOX_FLAG_LINES) && memchr(text, '\n', len);
    while (len && !(X.flags & SANDBOX_FLAG_DISCARD)) {
        // The guest may have written anything to its own fields.
        size_t used = X.output_len < SANDBOX_OUTPUT_BYTES ? X.output_len : 0;
        size_t n = SANDBOX_OUTPUT_BYTES - used;
        n = len < n ? len : n;
        memcpy(output_buffer + used, text, n);
        X.output_len = used + n;
        text += n;
        len -= n;
        if (X.output_len == SANDBOX_OUTPUT_BYTES) {
            sandbox_output_flush();
        }
    }
    if (newline) {
        sandbox_output_flush();
    }
}

const char *sandbox_call(const char *name, size_t name_len, const char *args, size_t args_len,
    uint32_t *status, size_t *len) {
    if (X.flags & SANDBOX_FLAG_LINES) {
        sandbox_output_flush();
    }
    X.call_op = SANDBOX_CALL_INVOKE;
    X.call_name_ptr = (uint32_t)(uintptr_t)name;
    X.call_name_len = name_len;
    X.call_args_ptr = (uint32_t)(uintptr_t)args;
    X.call_args_len = args_len;
    X.reply_ptr = (uint32_t)(uintptr_t)reply_buffer;
    X.reply_capacity = sizeof reply_buffer;
    X.reply_len = 0;
    X.reply_status = SANDBOX_REPLY_STOP;
    sandbox_import_call();
    if (X.reply_status == SANDBOX_REPLY_STOP) {
        __builtin_trap();
    }
    *status = X.reply_status;
    *len = X.reply_len;
    if (X.reply_len <= sizeof reply_buffer) {
        return reply_buffer;
    }
    char *large = malloc(X.reply_len);
    if (!large) {
        return NULL;
    }
    X.call_op = SANDBOX_CALL_FETCH;
    X.reply_ptr = (uint32_t)(uintptr_t)large;
    X.reply_capacity = *len;
    sandbox_import_call();
    if (X.reply_status == SANDBOX_REPLY_STOP) {
        __builtin_trap();
    }
    return large;
}

void sandbox_reply_free(const char *reply) {
    if (reply != reply_buffer) {
        free((void *)reply);
    }
}

int64_t sandbox_clock_ns(bool monotonic) {
    X.sys_args[0] = monotonic;
    return sys(SANDBOX_SYS_CLOCK) == SANDBOX_SYS_OK ? (int64_t)X.sys_args[0] : 0;
}

void sandbox_sleep_ns(int64_t ns) {
    if (X.flags & SANDBOX_FLAG_LINES) {
        sandbox_output_flush();
    }
    X.sys_args[0] = ns > 0 ? ns : 0;
    sys(SANDBOX_SYS_SLEEP);
}

bool sandbox_random(void *to, size_t len) {
    X.sys_args[0] = (uintptr_t)to;
    X.sys_args[1] = len;
    return sys(SANDBOX_SYS_RANDOM) == SANDBOX_SYS_OK;
}

// Room for a source and inputs that do not fit the buffer; sandbox_exec frees it.
SANDBOX_EXPORT(sandbox_alloc) void *sandbox_alloc(uint32_t len) {
    return malloc(len ? len : 1);
}
