// The port for the machine it is built on, with every object malloc'ed: there is no
// collector, so AddressSanitizer sees each access to what was freed or is not there.
#define mp_int_t sandbox_int_of_32_bits
#define mp_uint_t sandbox_uint_of_32_bits
#include "../mpconfigport.h"
#undef mp_int_t
#undef mp_uint_t
typedef long mp_int_t;
typedef unsigned long mp_uint_t;
#undef MP_SSIZE_MAX
#define MP_SSIZE_MAX (0x7fffffffffffffff)
#define MPZ_DIG_SIZE (16) // as the frozen code has them

#undef MICROPY_ENABLE_GC
#define MICROPY_ENABLE_GC (0)
#define MICROPY_ENABLE_FINALISER (0)
#undef MICROPY_GC_SPLIT_HEAP
#define MICROPY_GC_SPLIT_HEAP (0)
#undef MICROPY_GC_SPLIT_HEAP_AUTO
#define MICROPY_GC_SPLIT_HEAP_AUTO (0)
// The collector gives cleared memory, and the interpreter relies on it.
#define malloc(n) calloc(1, (n))

#undef MICROPY_STACK_CHECK_MARGIN
#define MICROPY_STACK_CHECK_MARGIN (65536) // frames are larger
