// What LLVM's lowering of setjmp and longjmp calls (-wasm-enable-sjlj). It turns
// longjmp into a wasm exception that carries the jump buffer and the value; the
// function that called setjmp catches it and asks here whether it is meant.
#include <setjmp.h>
#include <stdint.h>

struct jump {
    void *frame;    // the invocation that called setjmp
    uint32_t label; // which of its setjmp calls
    struct {
        void *env;
        int value;
    } thrown;
};

_Static_assert(sizeof(struct jump) <= sizeof(jmp_buf), "a jump fits its buffer");

void __wasm_setjmp(void *env, uint32_t label, void *frame) {
    struct jump *jump = env;
    jump->frame = frame;
    jump->label = label;
}

uint32_t __wasm_setjmp_test(void *env, void *frame) {
    struct jump *jump = env;
    return jump->frame == frame ? jump->label : 0;
}

void __wasm_longjmp(void *env, int value) {
    struct jump *jump = env;
    jump->thrown.env = env;
    jump->thrown.value = value ? value : 1;
    __builtin_wasm_throw(1, &jump->thrown);
}

// From LLVM 22 on the compiler leaves it to the runtime to define the tag.
__asm__(".globl __c_longjmp\n.tagtype __c_longjmp i32\n__c_longjmp:\n");
