// What every interpreter needs of the boundary: output, host calls, clock, sleep.
#ifndef SANDBOX_EXCHANGE_H
#define SANDBOX_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sandbox_abi.h"

#define SANDBOX_EXPORT(name) __attribute__((export_name(#name), used, visibility("default")))

extern struct sandbox_exchange sandbox_exchange;

// Fill in the fields that the host reads before its first request.
void sandbox_exchange_init(void);

// Take what a request has left, so that the next one starts clean.
void sandbox_exchange_begin(void);

// Append to the output of stream 1 or 2; passes it on when the buffer is full.
void sandbox_output(uint32_t stream, const char *text, size_t len);
void sandbox_output_flush(void);

// Ask the host to call a function. The reply lies in the reply buffer, or, if it
// was larger, in a block that the caller frees with sandbox_reply_free; NULL if
// there is no memory for it.
const char *sandbox_call(const char *name, size_t name_len, const char *args, size_t args_len,
    uint32_t *status, size_t *len);
void sandbox_reply_free(const char *reply);

int64_t sandbox_clock_ns(bool monotonic);
void sandbox_sleep_ns(int64_t ns);
bool sandbox_random(void *to, size_t len);

// True if the host wants guest code to stop and it has not been told yet.
static inline bool sandbox_interrupt_pending(void) {
    volatile struct sandbox_exchange *x = &sandbox_exchange;
    return x->control_request != x->control_ack && x->control_armed;
}

#endif
