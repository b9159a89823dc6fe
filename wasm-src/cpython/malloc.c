// malloc and its family, in place of zig's, which rounds large blocks up to powers of
// two: a session with a memory limit would lose up to half of it.
//
// Two-level segregated fit: blocks lie one after the other in memory; free ones are in
// lists by size, each power of two cut in sixteen, with a bitmap of lists that are not
// empty. Everything but a look through one short list takes constant time, and
// neighbours that are both free become one.
//
// A block is a word with its size and two flags, then the payload, which is aligned to
// 16. A free block has its list's links in the payload, and its size again in its last
// word, where the block after it finds it.
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16
#define HEADER 4
#define PAGE 65536
#define GROWTH (4 * PAGE) // so much more memory at a time, if it is to be had
#define LARGEST 0x7fff0000u
#define LOOKED_AT 8 // blocks of a list that may hold one that fits

#define FREE 1u
#define AFTER_FREE 2u // the block before this one is free
#define FLAGS (FREE | AFTER_FREE)

#define ROWS 25 // 16 to 256 in one row, then one for each power of two
#define COLUMNS 16

typedef struct block {
    uint32_t word;
    struct block *next, *previous; // only in a free block
} block;

static block *lists[ROWS][COLUMNS];
static uint32_t rows_used, columns_used[ROWS];
static block *end; // the word of size 0 after the last block

// Kept back for the port itself, so that a guest that has filled its memory can still be
// told so, and can be given the line that frees some.
#define RESERVE_BYTES (1024 * 1024)
static void *reserve;
bool sandbox_reserve_open;

extern char __heap_base;

static uint32_t size_of(const block *b) { return b->word & ~FLAGS; }
static block *at(const void *b, ptrdiff_t offset) { return (block *)((char *)b + offset); }
static block *after(const block *b) { return at(b, size_of(b)); }
static void *payload(block *b) { return (char *)b + HEADER; }
static block *block_of(const void *payload) { return at(payload, -HEADER); }

// ---- the lists

static int row_of(uint32_t size) { return size < 256 ? 0 : 24 - __builtin_clz(size); }
static int column_of(uint32_t size, int row) { return size >> (row ? row + 3 : 4) & (COLUMNS - 1); }

static void insert(block *b) {
    int row = row_of(size_of(b)), column = column_of(size_of(b), row);
    block *first = lists[row][column];
    b->previous = NULL;
    b->next = first;
    if (first) {
        first->previous = b;
    }
    lists[row][column] = b;
    rows_used |= 1u << row;
    columns_used[row] |= 1u << column;
}

static void take_out(block *b) {
    if (b->next) {
        b->next->previous = b->previous;
    }
    if (b->previous) {
        b->previous->next = b->next;
        return;
    }
    int row = row_of(size_of(b)), column = column_of(size_of(b), row);
    lists[row][column] = b->next;
    if (b->next == NULL) {
        columns_used[row] &= ~(1u << column);
        if (columns_used[row] == 0) {
            rows_used &= ~(1u << row);
        }
    }
}

// A free block of at least that size, or NULL.
static block *find(uint32_t size) {
    int row = row_of(size), column = column_of(size, row);
    // The size's own list may hold smaller ones, but for the row of exact sizes.
    block *b = lists[row][column];
    for (int i = 0; b && i < LOOKED_AT; i++, b = b->next) {
        if (size_of(b) >= size) {
            return b;
        }
    }
    uint32_t columns = columns_used[row] & ~0u << column & ~(1u << column);
    if (columns == 0) {
        uint32_t rows = rows_used & ~0u << row & ~(1u << row);
        if (rows == 0) {
            return NULL;
        }
        row = __builtin_ctz(rows);
        columns = columns_used[row];
    }
    return lists[row][__builtin_ctz(columns)];
}

// ---- blocks

// Make b a free block of that size; its neighbours are in use.
static void set_free(block *b, uint32_t size) {
    b->word = size | FREE;
    *(uint32_t *)at(b, size - HEADER) = size;
    at(b, size)->word |= AFTER_FREE;
    insert(b);
}

// Free b, which is in no list, together with free neighbours.
static void release(block *b) {
    uint32_t size = size_of(b);
    block *next = after(b);
    if (b->word & AFTER_FREE) {
        uint32_t before = *(uint32_t *)at(b, -HEADER);
        b = at(b, -(ptrdiff_t)before);
        take_out(b);
        size += before;
    }
    if (next->word & FREE) {
        take_out(next);
        size += size_of(next);
    }
    set_free(b, size);
}

// Cut a block in use down to that size.
static void trim(block *b, uint32_t size) {
    uint32_t rest = size_of(b) - size;
    if (rest < ALIGNMENT) {
        return;
    }
    b->word = size | (b->word & FLAGS);
    block *tail = after(b);
    tail->word = rest;
    release(tail);
}

// Use so much of a free block, which is taken out of its list.
static void *use(block *b, uint32_t size) {
    uint32_t rest = size_of(b) - size;
    take_out(b);
    if (rest < ALIGNMENT) {
        b->word &= ~FREE;
        after(b)->word &= ~AFTER_FREE;
    } else {
        b->word = size | (b->word & AFTER_FREE);
        after(b)->word = 0;
        set_free(after(b), rest);
    }
    return payload(b);
}

// ---- memory

// Have a free block of that size at the end of memory.
static bool grow(uint32_t size) {
    uintptr_t from = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
    uint32_t last = 0; // what is free there already
    if (end && (uintptr_t)end + HEADER == from && end->word & AFTER_FREE) {
        last = *(uint32_t *)at(end, -HEADER);
    }
    uint32_t missing = size > last ? size - last : 0;
    uint32_t pages = (missing + ALIGNMENT + PAGE - 1) / PAGE, wanted = pages > GROWTH / PAGE ? pages : GROWTH / PAGE;
    if (__builtin_wasm_memory_grow(0, wanted) == (size_t)-1) {
        wanted = pages;
        if (__builtin_wasm_memory_grow(0, wanted) == (size_t)-1) {
            return false;
        }
    }
    uintptr_t to = from + (uintptr_t)wanted * PAGE;
    block *b = end;
    if (end == NULL || (uintptr_t)end + HEADER != from) {
        // The first time, or someone else has grown memory meanwhile.
        uintptr_t start = end == NULL ? (uintptr_t)&__heap_base : from;
        start = (start + HEADER + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        b = (block *)(start - HEADER);
        b->word = 0;
    }
    end = (block *)(to - HEADER);
    end->word = 0;
    b->word = ((uintptr_t)end - (uintptr_t)b) | (b->word & AFTER_FREE);
    release(b);
    return true;
}

static uint32_t block_size(size_t n) {
    return n <= ALIGNMENT - HEADER ? ALIGNMENT : (n + HEADER + ALIGNMENT - 1) & ~(ALIGNMENT - 1u);
}

void *malloc(size_t n) {
    if (n > LARGEST) {
        errno = ENOMEM;
        return NULL;
    }
    uint32_t size = block_size(n);
    block *b = find(size);
    if (b == NULL && grow(size)) {
        b = find(size);
    }
    if (b == NULL && sandbox_reserve_open && reserve) {
        free(reserve);
        reserve = NULL;
        b = find(size);
    }
    if (b == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    return use(b, size);
}

void sandbox_reserve_keep(void) {
    sandbox_reserve_open = false;
    for (size_t size = RESERVE_BYTES; reserve == NULL && size >= RESERVE_BYTES / 4; size /= 2) {
        reserve = malloc(size);
    }
}

void free(void *p) {
    if (p) {
        release(block_of(p));
    }
}

size_t malloc_usable_size(void *p) { return p ? size_of(block_of(p)) - HEADER : 0; }

void *realloc(void *p, size_t n) {
    if (p == NULL) {
        return malloc(n);
    }
    if (n > LARGEST) {
        errno = ENOMEM;
        return NULL;
    }
    block *b = block_of(p), *next = after(b);
    uint32_t size = block_size(n), old = size_of(b);
    if (size > old) {
        // What is after it may do: free memory, or the end, which can be moved.
        uint32_t room = next->word & FREE ? size_of(next) : 0;
        if (old + room < size && at(next, room) == end && size > PAGE && grow(size - old)) {
            room = next->word & FREE ? size_of(next) : 0;
        }
        if (old + room < size) {
            void *moved = malloc(n);
            if (moved) {
                memcpy(moved, p, old - HEADER);
                release(b);
            }
            return moved;
        }
        take_out(next);
        b->word += room;
        after(b)->word &= ~AFTER_FREE;
    }
    trim(b, size);
    return p;
}

void *calloc(size_t count, size_t size) {
    size_t n;
    if (__builtin_mul_overflow(count, size, &n)) {
        errno = ENOMEM;
        return NULL;
    }
    void *p = malloc(n);
    if (p) {
        memset(p, 0, n);
    }
    return p;
}

void *reallocarray(void *p, size_t count, size_t size) {
    size_t n;
    if (__builtin_mul_overflow(count, size, &n)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n) {
    if (alignment & (alignment - 1) || alignment > LARGEST || n > LARGEST - alignment) {
        errno = EINVAL;
        return NULL;
    }
    if (alignment <= ALIGNMENT) {
        return malloc(n);
    }
    char *p = malloc(n + alignment);
    if (p == NULL) {
        return NULL;
    }
    uint32_t lead = -(uintptr_t)p & (alignment - 1);
    block *b = block_of(p);
    if (lead) { // give back what lies before
        block *aligned = at(b, lead);
        aligned->word = size_of(b) - lead;
        b->word = lead | (b->word & FLAGS);
        release(b);
        b = aligned;
    }
    trim(b, block_size(n));
    return payload(b);
}

void *memalign(size_t alignment, size_t n) { return aligned_alloc(alignment, n); }

int posix_memalign(void **to, size_t alignment, size_t n) {
    void *p = aligned_alloc(alignment, n);
    if (p == NULL) {
        return ENOMEM;
    }
    *to = p;
    return 0;
}
