// memset, memcpy, memmove and calloc, in place of those of zig's libc, which go byte by
// byte. Larger blocks take the bulk instructions, smaller ones words that may overlap.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef uint64_t __attribute__((aligned(1), may_alias)) word64;
typedef uint32_t __attribute__((aligned(1), may_alias)) word32;

#define BULK 64

void *memset(void *to, int c, size_t n) {
    unsigned char *p = to;
    uint64_t v = 0x0101010101010101u * (uint64_t)(unsigned char)c;
    if (n >= BULK) {
        __builtin_memset(to, c, n);
    } else if (n >= 8) {
        for (size_t i = 0; i + 8 <= n; i += 8) {
            *(word64 *)(p + i) = v;
        }
        *(word64 *)(p + n - 8) = v;
    } else if (n >= 4) {
        *(word32 *)p = (uint32_t)v;
        *(word32 *)(p + n - 4) = (uint32_t)v;
    } else if (n) {
        p[0] = p[n / 2] = p[n - 1] = c;
    }
    return to;
}

// Everything is read before anything is written, so an overlap does no harm.
static void move_small(unsigned char *p, const unsigned char *q, size_t n) {
    if (n > 32) {
        uint64_t a = *(word64 *)q, b = *(word64 *)(q + 8), c = *(word64 *)(q + 16), d = *(word64 *)(q + 24);
        uint64_t e = *(word64 *)(q + n - 32), f = *(word64 *)(q + n - 24), g = *(word64 *)(q + n - 16),
                 h = *(word64 *)(q + n - 8);
        *(word64 *)p = a;
        *(word64 *)(p + 8) = b;
        *(word64 *)(p + 16) = c;
        *(word64 *)(p + 24) = d;
        *(word64 *)(p + n - 32) = e;
        *(word64 *)(p + n - 24) = f;
        *(word64 *)(p + n - 16) = g;
        *(word64 *)(p + n - 8) = h;
    } else if (n > 16) {
        uint64_t a = *(word64 *)q, b = *(word64 *)(q + 8), c = *(word64 *)(q + n - 16), d = *(word64 *)(q + n - 8);
        *(word64 *)p = a;
        *(word64 *)(p + 8) = b;
        *(word64 *)(p + n - 16) = c;
        *(word64 *)(p + n - 8) = d;
    } else if (n >= 8) {
        uint64_t a = *(word64 *)q, b = *(word64 *)(q + n - 8);
        *(word64 *)p = a;
        *(word64 *)(p + n - 8) = b;
    } else if (n >= 4) {
        uint32_t a = *(word32 *)q, b = *(word32 *)(q + n - 4);
        *(word32 *)p = a;
        *(word32 *)(p + n - 4) = b;
    } else if (n) {
        unsigned char a = q[0], b = q[n / 2], c = q[n - 1];
        p[0] = a;
        p[n / 2] = b;
        p[n - 1] = c;
    }
}

void *memmove(void *to, const void *from, size_t n) {
    if (n >= BULK) {
        __builtin_memmove(to, from, n);
    } else {
        move_small(to, from, n);
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n) {
    if (n >= BULK) {
        __builtin_memcpy(to, from, n);
    } else {
        move_small(to, from, n);
    }
    return to;
}

void *calloc(size_t count, size_t size) {
    size_t n;
    if (__builtin_mul_overflow(count, size, &n)) {
        return NULL;
    }
    void *block = malloc(n);
    if (block) {
        memset(block, 0, n);
    }
    return block;
}
