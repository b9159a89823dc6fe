// memset, memcpy, memmove and searches, in place of those of zig's libc, which go byte by
// byte. Larger blocks take the bulk instructions, smaller ones words that may overlap.
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

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

// ---- looking for bytes, eight at a time
//
// zig's strchr measures the whole string first: the tokenizer, which looks for the end
// of each line, would take the square of the source's length.

#define ONES 0x0101010101010101u
#define HIGHS 0x8080808080808080u

// Has its high bits set where v has bytes of zero; the lowest of them is exact.
static inline uint64_t zeros(uint64_t v) { return (v - ONES) & ~v & HIGHS; }

static inline const unsigned char *lowest(const unsigned char *p, uint64_t found) {
    return p + __builtin_ctzll(found) / 8;
}

static inline bool is_aligned(const void *p) { return ((uintptr_t)p & 7) == 0; }

// Of c or the end of the string, what comes first. Aligned words do not cross the end
// of memory, so the last may be read whole.
char *strchrnul(const char *s, int c) {
    const unsigned char *p = (const unsigned char *)s;
    for (; !is_aligned(p); p++) {
        if (*p == 0 || *p == (unsigned char)c) {
            return (char *)p;
        }
    }
    uint64_t pattern = ONES * (unsigned char)c;
    for (;; p += 8) {
        uint64_t v = *(word64 *)p, found = zeros(v) | zeros(v ^ pattern);
        if (found) {
            // The exact one may belong to either search, so the bytes decide.
            for (p = lowest(p, found); *p && *p != (unsigned char)c;) {
                p++;
            }
            return (char *)p;
        }
    }
}

char *strchr(const char *s, int c) {
    char *p = strchrnul(s, c);
    return *(unsigned char *)p == (unsigned char)c ? p : NULL;
}

size_t strlen(const char *s) { return strchrnul(s, 0) - s; }

void *memchr(const void *from, int c, size_t n) {
    const unsigned char *p = from, *end = p + n;
    for (; p < end && !is_aligned(p); p++) {
        if (*p == (unsigned char)c) {
            return (void *)p;
        }
    }
    for (; end - p >= 8; p += 8) {
        uint64_t found = zeros(*(word64 *)p ^ ONES * (unsigned char)c);
        if (found) {
            return (void *)lowest(p, found);
        }
    }
    for (; p < end; p++) {
        if (*p == (unsigned char)c) {
            return (void *)p;
        }
    }
    return NULL;
}

int memcmp(const void *a, const void *b, size_t n) {
    const unsigned char *p = a, *q = b;
    for (; n >= 8; p += 8, q += 8, n -= 8) {
        uint64_t v = *(word64 *)p, w = *(word64 *)q;
        if (v != w) {
            v = __builtin_bswap64(v);
            w = __builtin_bswap64(w);
            return v < w ? -1 : 1;
        }
    }
    for (; n; p++, q++, n--) {
        if (*p != *q) {
            return *p - *q;
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b) {
    const unsigned char *p = (const unsigned char *)a, *q = (const unsigned char *)b;
    for (; *p && *p == *q; p++, q++) {
    }
    return *p - *q;
}

int strncmp(const char *a, const char *b, size_t n) {
    const unsigned char *p = (const unsigned char *)a, *q = (const unsigned char *)b;
    for (; n && *p && *p == *q; p++, q++, n--) {
    }
    return n ? *p - *q : 0;
}
