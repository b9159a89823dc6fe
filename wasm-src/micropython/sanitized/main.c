// Runs one file on the sanitized interpreter, without a host.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "py/compile.h"
#include "py/cstack.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "guest.h"

#define STACK_BYTES (4 << 20)
#define SOURCE_BYTES (1 << 22)

struct sandbox_exchange sandbox_exchange;

// ---- what the host would do

void sandbox_output(uint32_t stream, const char *text, size_t len) {
    if (write(stream, text, len) < 0) {
        abort();
    }
}
void sandbox_output_flush(void) {}
int64_t sandbox_clock_ns(bool monotonic) { return monotonic ? 1 : 0; }
void sandbox_sleep_ns(int64_t ns) { (void)ns; }
void sandbox_entropy(void *to, size_t len) { memset(to, 7, len); }
uint32_t sandbox_random_u32(void) { return 7; }
void sandbox_break(void) {}
void sandbox_wait_ms(int ms) { (void)ms; }
void sandbox_area_generous(bool yes) { (void)yes; }
void sandbox_reply_free(const char *reply) { (void)reply; }
const char *sandbox_call(const char *name, size_t name_len, const char *args, size_t args_len,
    uint32_t *status, size_t *len) {
    (void)name, (void)name_len, (void)args, (void)args_len, (void)status, (void)len;
    abort(); // no host function is registered
}

mp_uint_t mp_hal_stdout_tx_strn(const char *text, size_t len) {
    sandbox_output(1, text, len);
    return len;
}
void mp_hal_stdout_tx_strn_cooked(const char *text, size_t len) { sandbox_output(1, text, len); }
void mp_hal_stdout_tx_str(const char *text) { sandbox_output(1, text, strlen(text)); }
mp_uint_t mp_hal_ticks_ms(void) { return 0; }
mp_uint_t mp_hal_ticks_us(void) { return 0; }
mp_uint_t mp_hal_ticks_cpu(void) { return 0; }
uint64_t mp_hal_time_ns(void) { return 0; }
void mp_hal_delay_us(mp_uint_t us) { (void)us; }
void mp_hal_delay_ms(mp_uint_t ms) { (void)ms; }

// There are no files.
void sandbox_import_sys(void) {
    sandbox_exchange.sys_result = SANDBOX_SYS_OK;
    sandbox_exchange.sys_args[0] = 44; // WASI: no such file
}
void gc_collect(void) {}

void nlr_jump_fail(void *val) {
    (void)val;
    abort();
}

int main(int argc, char **argv) {
    static char source[SOURCE_BYTES];
    int top;
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: %s FILE\n", argv[0]);
        return 2;
    }
    size_t len = fread(source, 1, sizeof source, file);
    mp_cstack_init_with_top(&top, STACK_BYTES);
    mp_init();
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        char *block = NULL;
        mp_call_function_0(sandbox_compile(source, len, &block));
        nlr_pop();
        return 0;
    }
    mp_obj_print_exception(&mp_plat_print, MP_OBJ_FROM_PTR(nlr.ret_val));
    return 1;
}
