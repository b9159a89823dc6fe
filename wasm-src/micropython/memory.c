// memset, memcpy, memmove and memcmp. libc's go byte by byte, and the bulk instructions
// that the compiler would put in their place are a call out of the module's code:
// worth it for a large block, too dear for the few words that most are.
#include <stddef.h>
#include <stdint.h>

typedef uint64_t __attribute__((aligned(1), may_alias)) word;
typedef uint32_t __attribute__((aligned(1), may_alias)) half;

#define LARGE 128

void *memset(void *to, int c, size_t n) {
    unsigned char *p = to;
    if (n >= LARGE) {
        __builtin_memset(to, c, n); // this file alone is compiled with bulk memory
        return to;
    }
    uint64_t pattern = 0x0101010101010101 * (uint64_t)(unsigned char)c;
    for (; n >= 8; n -= 8, p += 8) {
        *(word *)p = pattern;
    }
    if (n & 4) {
        *(half *)p = (uint32_t)pattern;
        p += 4;
    }
    for (n &= 3; n; --n) {
        *p++ = (unsigned char)c;
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n) {
    unsigned char *p = to;
    const unsigned char *q = from;
    if (n >= LARGE) {
        __builtin_memcpy(to, from, n);
        return to;
    }
    for (; n >= 8; n -= 8, p += 8, q += 8) {
        *(word *)p = *(const word *)q;
    }
    if (n & 4) {
        *(half *)p = *(const half *)q;
        p += 4;
        q += 4;
    }
    for (n &= 3; n; --n) {
        *p++ = *q++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t n) {
    unsigned char *p = to;
    const unsigned char *q = from;
    if (n >= LARGE) {
        __builtin_memmove(to, from, n);
        return to;
    }
    if ((uintptr_t)p - (uintptr_t)q >= n) {
        return memcpy(to, from, n); // reading never meets what was written
    }
    for (p += n, q += n; n >= 8; n -= 8) {
        p -= 8;
        q -= 8;
        *(word *)p = *(const word *)q;
    }
    for (; n; --n) {
        *--p = *--q;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t n) {
    const unsigned char *p = a, *q = b;
    for (; n >= 8; n -= 8, p += 8, q += 8) {
        uint64_t x = *(const word *)p, y = *(const word *)q;
        if (x != y) {
            return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1; // by the first byte that differs
        }
    }
    for (; n; --n, ++p, ++q) {
        if (*p != *q) {
            return *p - *q;
        }
    }
    return 0;
}
