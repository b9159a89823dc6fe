// setjmp and longjmp on wasm exceptions. libc's jmp_buf is made for real
// registers; here the compiler's lowering needs four words (see sjlj.c).
#ifndef SANDBOX_SETJMP_H
#define SANDBOX_SETJMP_H

typedef struct {
    unsigned long words[4];
} jmp_buf[1];

int setjmp(jmp_buf) __attribute__((__returns_twice__));
_Noreturn void longjmp(jmp_buf, int);

#endif
