// Where the areas of the garbage-collected heap lie in linear memory.
//
// The C library's malloc rounds a large block up to a power of two and reuses
// it for blocks of that size alone, so a heap made of such blocks would hold
// half of what the memory limit allows. Here areas are runs of whole pages, and
// a run that is given back can be cut and joined for others.
#include <stdint.h>
#include "guest.h"

#define PAGE 65536u
#define MAX_RUNS 128

typedef struct {
    uint32_t start, pages; // in pages
    bool used;
} run_t;

static run_t runs[MAX_RUNS]; // by address, no two free ones side by side
static uint32_t n_runs;
static uint32_t first_page;
static bool generous;

// Pages that linear memory may still grow by, leaving the reserve alone.
static uint32_t growth(void) {
    uint32_t pages = __builtin_wasm_memory_size(0);
    uint32_t limit = sandbox_exchange.memory_limit;
    if (!first_page) {
        first_page = pages;
        return 4; // the first area, before any request has said what the limit is
    }
    if (limit <= pages) {
        return 0;
    }
    // Code that has used up everything must still be able to say "x = None": its
    // compilation may take what running code may not.
    uint32_t reserve = (limit - first_page) / 8;
    reserve = reserve > 12 ? 12 : reserve;
    reserve = generous ? reserve / 4 : reserve;
    return limit - pages > reserve ? limit - pages - reserve : 0;
}

void sandbox_area_generous(bool yes) {
    generous = yes;
}

size_t gc_get_max_new_split(void) {
    uint32_t most = growth();
    for (uint32_t i = 0; i < n_runs; i++) {
        if (!runs[i].used && runs[i].pages > most) {
            most = runs[i].pages;
        }
    }
    return most > 0xffff ? 0xffff * (size_t)PAGE : most * (size_t)PAGE;
}

static void insert(uint32_t at, run_t run) {
    for (uint32_t i = n_runs++; i > at; i--) {
        runs[i] = runs[i - 1];
    }
    runs[at] = run;
}

static void remove_run(uint32_t at) {
    n_runs--;
    for (uint32_t i = at; i < n_runs; i++) {
        runs[i] = runs[i + 1];
    }
}

static void *use(uint32_t i, uint32_t pages) {
    if (runs[i].pages > pages && n_runs < MAX_RUNS) {
        insert(i + 1, (run_t) { runs[i].start + pages, runs[i].pages - pages, false });
        runs[i].pages = pages;
    }
    runs[i].used = true;
    return (void *)(uintptr_t)(runs[i].start * PAGE);
}

void *sandbox_area_alloc(size_t bytes) {
    uint32_t pages = (bytes + PAGE - 1) / PAGE;
    uint32_t best = MAX_RUNS;
    for (uint32_t i = 0; i < n_runs; i++) {
        if (!runs[i].used && runs[i].pages >= pages && (best == MAX_RUNS || runs[i].pages < runs[best].pages)) {
            best = i;
        }
    }
    if (best != MAX_RUNS) {
        return use(best, pages);
    }
    if (n_runs == MAX_RUNS || pages > growth()) {
        return NULL;
    }
    size_t start = __builtin_wasm_memory_grow(0, pages);
    if (start == (size_t)-1) {
        return NULL;
    }
    insert(n_runs, (run_t) { start, pages, true });
    return (void *)(start * PAGE);
}

void sandbox_area_free(void *area) {
    uint32_t i = 0;
    while (i < n_runs && runs[i].start != (uintptr_t)area / PAGE) {
        i++;
    }
    if (i == n_runs || !runs[i].used) {
        __builtin_trap();
    }
    runs[i].used = false;
    if (i + 1 < n_runs && !runs[i + 1].used && runs[i].start + runs[i].pages == runs[i + 1].start) {
        runs[i].pages += runs[i + 1].pages;
        remove_run(i + 1);
    }
    if (i > 0 && !runs[i - 1].used && runs[i - 1].start + runs[i - 1].pages == runs[i].start) {
        runs[i - 1].pages += runs[i].pages;
        remove_run(i);
    }
}
