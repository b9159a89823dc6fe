// MicroPython as a sandbox guest: a wasm32 reactor without files, devices or threads.
#include <stdint.h>
#include <stdlib.h>

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EVERYTHING)

typedef int mp_int_t;
typedef unsigned mp_uint_t;
typedef long mp_off_t;
#define MP_SSIZE_MAX (0x7fffffff)
#define MP_STATE_PORT MP_STATE_VM

// Non-local return is setjmp lowered to wasm exceptions; see sjlj.c.
#define MICROPY_NLR_SETJMP          (1)
#define MICROPY_OPT_COMPUTED_GOTO   (0)

// Memory. The heap grows by areas until linear memory may not grow further.
#define MICROPY_ENABLE_GC           (1)
#define MICROPY_GC_SPLIT_HEAP       (1)
#define MICROPY_GC_SPLIT_HEAP_AUTO  (1)
void *sandbox_area_alloc(size_t bytes);
void sandbox_area_free(void *area);
#define MP_PLAT_ALLOC_HEAP(bytes)   sandbox_area_alloc(bytes)
#define MP_PLAT_FREE_HEAP(area)     sandbox_area_free(area)
// How many blocks wait to be followed before the collector has to look for them in all of the heap.
#define MICROPY_ALLOC_GC_STACK_SIZE (1024)
#define MICROPY_STACK_CHECK         (1)
#define MICROPY_STACK_CHECK_MARGIN  (2048)
#ifdef __wasm__
static inline void *sandbox_stack_pointer(void) {
    void *sp;
    __asm__("global.get __stack_pointer\n\tlocal.set %0" : "=r"(sp));
    return sp;
}
#define MICROPY_STACK_POINTER()     sandbox_stack_pointer()
#endif
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)
#define MICROPY_EMERGENCY_EXCEPTION_BUF_SIZE (256)
#define MICROPY_ALLOC_PATH_MAX      (256)
#define MICROPY_MEM_STATS           (0)

// Interrupts. The VM looks at vm_abort on every backward jump and return anyway;
// the host sets that byte, and sandbox_break() decides what it asked for.
#define MICROPY_ENABLE_VM_ABORT     (1)
#define MICROPY_KBD_EXCEPTION       (1)
#define MICROPY_ENABLE_SCHEDULER    (0)
void sandbox_break(void);
#define MICROPY_PORT_BREAK() sandbox_break()
#define SANDBOX_POLL() do { if (MP_STATE_VM(vm_abort)) { mp_handle_pending(true); } } while (0)

// A source of some megabytes takes seconds to parse, which an interrupt can end; so does
// much else that is done in C.
#define MICROPY_PARSE_POLL()        SANDBOX_POLL()
#define MICROPY_POLL()              SANDBOX_POLL()
#define MICROPY_ALLOC_PARSE_CHUNK_INIT (1024)

// The language.
#define MICROPY_LONGINT_IMPL        (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_QSTR_BYTES_IN_LEN   (2)
#define MICROPY_FLOAT_IMPL          (MICROPY_FLOAT_IMPL_DOUBLE)
#define MICROPY_ENABLE_DOC_STRING   (1)
#define MICROPY_ENABLE_SOURCE_LINE  (1)
#define MICROPY_ERROR_REPORTING     (MICROPY_ERROR_REPORTING_DETAILED)
#define MICROPY_WARNINGS            (0)
#define MICROPY_USE_INTERNAL_ERRNO  (1)
#define MICROPY_HELPER_REPL         (0)
#define MICROPY_PERSISTENT_CODE_LOAD (0)
#define MICROPY_PY_BOUND_METHOD_FULL_EQUALITY_CHECK (1)
#define MICROPY_COMP_ALLOW_TOP_LEVEL_AWAIT (0)
// hostcall.c
extern const struct _mp_obj_fun_builtin_fixed_t sandbox_await_obj, sandbox_complete_obj;
#define MICROPY_PORT_EXTRA_BUILTINS \
    { MP_ROM_QSTR(MP_QSTR___await__), MP_ROM_PTR(&sandbox_await_obj) }, \
    { MP_ROM_QSTR(MP_QSTR___complete__), MP_ROM_PTR(&sandbox_complete_obj) },
#define MICROPY_EPOCH_IS_1970       (1)
#define MICROPY_CAN_OVERRIDE_BUILTINS (1)
#define MICROPY_PY_BUILTINS_HELP    (0)
#define MICROPY_PY_BUILTINS_INPUT   (0)
#define MICROPY_PY_BUILTINS_EXECFILE (0)

// Nothing that reaches raw memory, hardware or the outside. marshal and code objects
// would let a guest run bytecode of its own making, which the VM does not check.
#define MICROPY_PY_MARSHAL          (0)
#define MICROPY_PERSISTENT_CODE_SAVE_FUN (0)
#define MICROPY_PY_FUNCTION_ATTRS_CODE (0)
#define MICROPY_EMIT_NATIVE_NONE    (1)
#define MICROPY_PY_UCTYPES          (0)
#define MICROPY_PY_MACHINE          (0)
#define MICROPY_PY_NETWORK          (0)
#define MICROPY_PY_SOCKET           (0)
#define MICROPY_PY_SSL              (0)
#define MICROPY_PY_LWIP             (0)
#define MICROPY_PY_BLUETOOTH        (0)
#define MICROPY_PY_WEBSOCKET        (0)
#define MICROPY_PY_WEBREPL          (0)
#define MICROPY_PY_ONEWIRE          (0)
#define MICROPY_PY_FRAMEBUF         (0)
#define MICROPY_PY_BTREE            (0)
#define MICROPY_PY_CRYPTOLIB        (0)
#define MICROPY_PY_THREAD           (0)
#define MICROPY_PY_OS_DUPTERM       (0)
#define MICROPY_PY_OS_URANDOM       (0)
#define MICROPY_PY_OS_UNAME         (0)
#define MICROPY_PY_OS_SYNC          (0)
#define MICROPY_PY_OS_SYSTEM        (0)
#define MICROPY_PY_OS_GETENV_PUTENV_UNSETENV (0)
#define MICROPY_PY_SYS_SETTRACE     (0)
#define MICROPY_DEBUG_PRINTERS      (0)
#define MICROPY_PY_VFS              (0)
#define MICROPY_VFS                 (0)
#define MICROPY_READER_VFS          (0)

// The micropython module can lock the heap and print addresses: only const stays.
#define MICROPY_PY_MICROPYTHON_MEM_INFO (0)
#define MICROPY_PY_MICROPYTHON_STACK_USE (0)
#define MICROPY_PY_MICROPYTHON_HEAP_LOCKED (0)
#define MICROPY_PY_MICROPYTHON_RINGIO (0)

// Files are modules/files_*.c over the host's; the module os is lib/os alone.
#define MP_ENAMETOOLONG             (36)
#define MP_ENOSYS                   (38)
#define MP_ENOTEMPTY                (39)
#define MP_ELOOP                    (40)
#define MP_EILSEQ                   (84)
#define MP_EDQUOT                   (122)
#define MICROPY_PY_ERRNO_LIST \
    X(EPERM) X(ENOENT) X(ESRCH) X(EINTR) X(EIO) X(ENXIO) X(ENOEXEC) X(EBADF) X(ECHILD) X(EAGAIN) X(ENOMEM) \
    X(EACCES) X(EFAULT) X(EBUSY) X(EEXIST) X(EXDEV) X(ENODEV) X(ENOTDIR) X(EISDIR) X(EINVAL) X(ENFILE) \
    X(EMFILE) X(ENOTTY) X(EFBIG) X(ENOSPC) X(ESPIPE) X(EROFS) X(EMLINK) X(EPIPE) X(EDOM) X(ERANGE) \
    X(ENAMETOOLONG) X(ENOSYS) X(ENOTEMPTY) X(ELOOP) X(EILSEQ) X(EOPNOTSUPP) X(EADDRINUSE) \
    X(ECONNABORTED) X(ECONNRESET) X(ENOBUFS) X(ENOTCONN) X(ETIMEDOUT) X(ECONNREFUSED) X(EHOSTUNREACH) \
    X(EALREADY) X(EINPROGRESS) X(EDQUOT)

// Modules of upstream.
#define MICROPY_PY_SELECT           (0) // lib/select.py
#define MICROPY_PY_ASYNCIO          (0) // extmod/asyncio/task.py
#define MICROPY_PY_OS               (1)
#define MICROPY_PY_IO               (1)
#define MICROPY_PY_SYS_STDFILES     (1)
#define MICROPY_PY_SYS_STDIO_BUFFER (1)
#define MICROPY_PY_SYS_EXIT         (1)
#define MICROPY_PY_SYS_PLATFORM     "wasm"
#define MICROPY_PY_SYS_PATH_ARGV_DEFAULTS (1)
#define MICROPY_PY_RE               (0) // modules/modre.c
#define MICROPY_PY_HASHLIB          (0) // modules/modhash.c
#define MICROPY_PY_DEFLATE          (0) // modules/modzlib.c
#define MICROPY_PY_TIME             (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_TIME_TIME_NS (1)
#define MICROPY_PY_TIME_INCLUDEFILE "modtime_port.h"
void sandbox_entropy(void *to, size_t len); // raises OSError if the host gives none
uint32_t sandbox_random_u32(void);
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC (sandbox_random_u32())

#define MICROPY_HW_BOARD_NAME "sandbox"
#define MICROPY_HW_MCU_NAME "wasm32"

// Waiting (asyncio, select) is a sleep that an interrupt ends.
void sandbox_wait_ms(int ms);
#define MICROPY_INTERNAL_WFE(ms) sandbox_wait_ms((int)(ms))
