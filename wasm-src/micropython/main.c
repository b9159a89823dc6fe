// The requests of the host, and what the interpreter asks of its port.
#include <stdlib.h>
#include <string.h>
#include "py/builtin.h"
#include "py/compile.h"
#include "py/cstack.h"
#include "py/gc.h"
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/unicode.h"
#include "guest.h"
#include "modules/files.h"

#define X sandbox_exchange

// What the linker knows of the shadow stack.
extern char __stack_high, __stack_low;

// The first area of the heap; the rest follows as guest code needs it.
#define HEAP_BYTES (192 * 1024)
// The wasm stack is used up faster than the shadow stack in some C recursions,
// so the limit lies well below the size that the linker reserves.
#define STACK_LIMIT (256 * 1024)
// What calls may use below the last place that checks the stack.
#define UNCHECKED_STACK (16 * 1024)
// The longest message or traceback that leaves the sandbox.
#define ERROR_TEXT_BYTES (64 * 1024)
// The most that the host gives at once.
#define RANDOM_BYTES (64 * 1024)

// ---- memory

// Only the shadow stack is scanned: the build makes every pointer that lives
// across a call lie there (docs/building.md).
__attribute__((noinline)) void gc_collect(void) {
    volatile void *here[4];
    here[0] = (void *)&here;
    gc_collect_start();
    void **sp = (void **)((uintptr_t)&here & ~(uintptr_t)3);
    // What earlier, deeper calls left behind must retain nothing.
    char *low = &__stack_high - mp_cstack_deepest - UNCHECKED_STACK;
    low = low > &__stack_low ? low : &__stack_low;
    char *dead = (char *)sp - 512;
    if (low < dead) {
        memset(low, 0, dead - low);
    }
    mp_cstack_deepest = &__stack_high - (char *)sp;
    gc_collect_root(sp, (void **)&__stack_high - sp);
    gc_collect_end();
}

// ---- output, clock, randomness

mp_uint_t mp_hal_stdout_tx_strn(const char *str, size_t len) {
    sandbox_output(1, str, len);
    return len;
}
void mp_hal_stdout_tx_strn_cooked(const char *str, size_t len) { sandbox_output(1, str, len); }
void mp_hal_stdout_tx_str(const char *str) { sandbox_output(1, str, strlen(str)); }

mp_uint_t mp_hal_ticks_ms(void) { return (mp_uint_t)(sandbox_clock_ns(true) / 1000000); }
mp_uint_t mp_hal_ticks_us(void) { return (mp_uint_t)(sandbox_clock_ns(true) / 1000); }
mp_uint_t mp_hal_ticks_cpu(void) { return mp_hal_ticks_us(); }
uint64_t mp_hal_time_ns(void) { return (uint64_t)sandbox_clock_ns(false); }

void mp_hal_delay_us(mp_uint_t us) {
    sandbox_sleep_ns((int64_t)us * 1000);
    mp_handle_pending(true);
}
void mp_hal_delay_ms(mp_uint_t ms) {
    sandbox_sleep_ns((int64_t)ms * 1000000);
    mp_handle_pending(true);
}
void sandbox_wait_ms(int ms) {
    sandbox_sleep_ns(ms < 0 ? 1000000 : (int64_t)ms * 1000000);
    mp_handle_pending(true);
}

void sandbox_entropy(void *to, size_t len) {
    for (size_t at = 0, n; at < len; at += n) {
        n = len - at < RANDOM_BYTES ? len - at : RANDOM_BYTES;
        if (!sandbox_random((char *)to + at, n)) {
            mp_raise_OSError(MP_EIO);
        }
        SANDBOX_POLL();
    }
}
uint32_t sandbox_random_u32(void) {
    uint32_t r;
    sandbox_entropy(&r, sizeof r);
    return r;
}

// ---- interrupts

void sandbox_break(void) {
    if (!sandbox_interrupt_pending()) {
        return;
    }
    X.control_ack = X.control_request;
    if (X.control_kind == SANDBOX_REQUEST_ABORT && nlr_get_abort() != NULL) {
        nlr_jump_abort();
    }
    mp_sched_keyboard_interrupt();
}

// ---- requests

// As mp_obj_print_exception, with what a deep recursion repeats folded.
static void print_traceback(const mp_print_t *print, mp_obj_t exc) {
    enum { SHOWN = 3 };
    size_t n, *entry, repeats = 0;
    mp_obj_exception_get_traceback(exc, &n, &entry);
    mp_print_str(print, n ? "Traceback (most recent call last):\n" : "");
    for (size_t i = n; i >= 3; i -= 3) {
        size_t *at = &entry[i - 3];
        repeats = i < n && memcmp(at, at + 3, 3 * sizeof *at) == 0 ? repeats + 1 : 0;
        if (repeats < SHOWN) {
            mp_printf(print, "  File \"%q\", line %u", (qstr)at[0], (unsigned)at[1]);
            if (at[2] != MP_QSTRnull) {
                mp_printf(print, ", in %q", (qstr)at[2]);
            }
            mp_print_str(print, "\n");
        } else if (i == 3 || memcmp(at, at - 3, 3 * sizeof *at) != 0) {
            mp_printf(print, "  [Previous line repeated %u more times]\n", (unsigned)(repeats - SHOWN + 1));
        }
    }
    mp_obj_print_helper(print, exc, PRINT_EXC);
    mp_print_str(print, "\n");
}

// Keep at most ERROR_TEXT_BYTES, whole characters.
static void cut(vstr_t *text) {
    if (text->len > ERROR_TEXT_BYTES) {
        size_t n = ERROR_TEXT_BYTES;
        while (n && (text->buf[n] & 0xc0) == 0x80) {
            n--;
        }
        vstr_cut_tail_bytes(text, text->len - n);
    }
}

// [type name, message, traceback] of an exception, as the answer.
static void answer_exception(mp_obj_t exc) {
    vstr_t message, traceback, text;
    mp_print_t print;
    vstr_init_print(&message, 32, &print);
    mp_obj_print_helper(&print, exc, PRINT_STR);
    vstr_init_print(&traceback, 128, &print);
    print_traceback(&print, exc);
    cut(&message);
    cut(&traceback);
    mp_obj_t items[3] = {
        MP_OBJ_NEW_QSTR(mp_obj_get_type(exc)->name),
        mp_obj_new_str_from_vstr(&message),
        mp_obj_new_str_from_vstr(&traceback),
    };
    vstr_init(&text, 256);
    sandbox_encode(&text, mp_obj_new_list(3, items), false);
    X.kind = SANDBOX_KIND_JSON;
    X.value_ptr = (uint32_t)(uintptr_t)text.buf;
    X.value_len = text.len;
}

static mp_obj_t lookup_global(const char *name, size_t len) {
    mp_obj_t key = mp_obj_new_str(name, len);
    mp_map_elem_t *e = mp_map_lookup(&mp_globals_get()->map, key, MP_MAP_LOOKUP);
    if (e == NULL) {
        mp_raise_msg_varg(&mp_type_NameError, MP_ERROR_TEXT("name '%s' is not defined"), mp_obj_str_get_str(key));
    }
    return e->value;
}

static mp_obj_t call(mp_obj_t function, mp_obj_t request) {
    mp_obj_t *pair, *args;
    size_t n_args;
    mp_obj_get_array_fixed_n(request, 2, &pair);
    mp_obj_get_array(pair[0], &n_args, &args);
    mp_map_t *kwargs = mp_obj_dict_get_map(pair[1]);
    size_t n_kw = kwargs->used;
    mp_obj_t *all = m_new(mp_obj_t, n_args + 2 * n_kw + 1);
    memcpy(all, args, n_args * sizeof(mp_obj_t));
    size_t at = n_args;
    for (size_t i = 0; i < kwargs->alloc && at < n_args + 2 * n_kw; i++) {
        if (mp_map_slot_is_filled(kwargs, i)) {
            all[at++] = MP_OBJ_NEW_QSTR(mp_obj_str_get_qstr(kwargs->table[i].key));
            all[at++] = kwargs->table[i].value;
        }
    }
    return mp_call_function_n_kw(function, n_args, n_kw, all);
}

static mp_obj_t map(mp_obj_t function, mp_obj_t rows) {
    size_t n;
    mp_obj_t *row;
    mp_obj_get_array(rows, &n, &row);
    mp_obj_t results = mp_obj_new_list(0, NULL);
    for (size_t i = 0; i < n; i++) {
        mp_obj_list_append(results, mp_call_function_1(function, row[i]));
        SANDBOX_POLL();
    }
    return results;
}

static void set_inputs(mp_obj_t inputs) {
    mp_map_t *values = mp_obj_dict_get_map(inputs);
    for (size_t i = 0; i < values->alloc; i++) {
        if (mp_map_slot_is_filled(values, i)) {
            mp_store_global(mp_obj_str_get_qstr(values->table[i].key), values->table[i].value);
        }
    }
}

static void set_environment(mp_obj_t variables) {
    mp_obj_t os = mp_import_name(MP_QSTR_os, mp_const_none, MP_OBJ_NEW_SMALL_INT(0));
    mp_obj_t dest[3];
    mp_load_method(mp_load_attr(os, MP_QSTR_environ), MP_QSTR_update, dest);
    dest[2] = variables;
    mp_call_method_n_kw(1, 0, dest);
}

static mp_obj_t serve(const char *source, char **block) {
    mp_obj_t inputs = mp_const_none;
    if (X.inputs_ptr) {
        inputs = sandbox_decode((const char *)(uintptr_t)X.inputs_ptr, X.inputs_len);
    }
    switch (X.mode) {
        case SANDBOX_MODE_RUN:
            if (inputs != mp_const_none) {
                set_inputs(inputs);
            }
            return mp_call_function_0(sandbox_compile(source, X.source_len, block));
        case SANDBOX_MODE_CALL:
            return call(lookup_global(source, X.source_len), inputs);
        case SANDBOX_MODE_MAP:
            return map(lookup_global(source, X.source_len), inputs);
        case SANDBOX_MODE_NAMES:
            sandbox_set_host_functions(inputs);
            return mp_const_none;
        case SANDBOX_MODE_ENVIRONMENT:
            set_environment(inputs);
            return mp_const_none;
        default:
            __builtin_trap();
    }
}

// Whatever an earlier request was cut off from, this one starts with a sound VM.
static void reset_thread_state(void) {
    MP_STATE_THREAD(nlr_top) = NULL;
    MP_STATE_THREAD(nlr_jump_callback_top) = NULL;
    MP_STATE_THREAD(gc_lock_depth) = 0;
    MP_STATE_THREAD(mp_pending_exception) = MP_OBJ_NULL;
    MP_STATE_VM(vm_abort) = false;
    MP_STATE_MEM(gc_auto_collect_enabled) = true;
    sandbox_area_generous(false);
    mp_globals_set(&MP_STATE_VM(dict_main));
    mp_locals_set(&MP_STATE_VM(dict_main));
}

SANDBOX_EXPORT(sandbox_exec) void sandbox_exec(void) {
    const char *source = (const char *)(uintptr_t)X.source_ptr;
    char *block = X.source_ptr == X.source_buffer ? NULL : (char *)source;
    sandbox_exchange_begin();
    sandbox_drop_reply();
    reset_thread_state();
    MP_STATE_MEM(gc_alloc_threshold) = X.flags & SANDBOX_FLAG_GC_STRESS ? 1 : (size_t)-1;
    mp_gc_clear_on_sweep = X.flags & SANDBOX_FLAG_GC_STRESS;
    nlr_buf_t nlr;
    nlr_set_abort(&nlr);
    X.control_armed = 1;
    if (nlr_push(&nlr) == 0) {
        sandbox_answer(serve(source, &block));
        nlr_pop();
    } else if (nlr.ret_val == NULL) {
        X.status = SANDBOX_STATUS_ABORTED;
    } else {
        X.status = SANDBOX_STATUS_ERROR;
        mp_obj_t exc = MP_OBJ_FROM_PTR(nlr.ret_val);
        nlr_buf_t inner;
        nlr_set_abort(&inner);
        if (nlr_push(&inner) == 0) {
            answer_exception(exc);
            nlr_pop();
        } else if (inner.ret_val == NULL) {
            X.status = SANDBOX_STATUS_ABORTED;
        } else {
            // Its own text failed: only the name of its class is safe to say.
            size_t len;
            const byte *name = qstr_data(mp_obj_get_type(exc)->name, &len);
            static const char unnamed[] = "Exception";
            bool valid = utf8_check(name, len);
            X.kind = SANDBOX_KIND_STR;
            X.value_ptr = (uint32_t)(uintptr_t)(valid ? (const char *)name : unnamed);
            X.value_len = valid ? len : sizeof unnamed - 1;
        }
    }
    X.control_armed = 0;
    nlr_set_abort(NULL);
    mp_handle_pending(false);
    files_flush_all();
    free(block);
}

SANDBOX_EXPORT(sandbox_start) void sandbox_start(void) {
    sandbox_exchange_init();
    X.control_breaker = (uint32_t)(uintptr_t)&MP_STATE_VM(vm_abort);
    X.control_mask = 1;
    mp_cstack_init_with_top(&__stack_high, STACK_LIMIT);
    char *heap = sandbox_area_alloc(HEAP_BYTES);
    if (!heap) {
        __builtin_trap();
    }
    gc_init(heap, heap + HEAP_BYTES);
    mp_init();
    // What is built in comes first, so that importing it asks the host for nothing.
    mp_obj_t folders[] = {
        MP_OBJ_NEW_QSTR(MP_QSTR__dot_frozen), MP_OBJ_NEW_QSTR(MP_QSTR_), MP_OBJ_NEW_QSTR(MP_QSTR__slash_packages),
    };
    mp_sys_path = mp_obj_new_list(MP_ARRAY_SIZE(folders), folders);
}

// ---- what this port does not have

void nlr_jump_fail(void *val) {
    (void)val;
    __builtin_trap();
}
void MP_NORETURN __fatal_error(const char *msg) {
    (void)msg;
    __builtin_trap();
}
void __assert_fail(const char *expr, const char *file, int line, const char *func) {
    (void)expr;
    (void)file;
    (void)line;
    (void)func;
    __builtin_trap();
}
