// What the files of the regular expression compiler share; nobody else includes this.

#ifndef SANDBOX_RE_COMPILE_H
#define SANDBOX_RE_COMPILE_H

#include "re_engine.h"

#define END (0xffffffffu) // no character: the pattern is at its end

typedef struct {
    uint32_t low, high; // fewest and most characters matched; RE_NONE is without bound
} width_t;

typedef struct {
    width_t width;
    bool open;
} group_t;

typedef struct {
    mp_obj_t source;
    const byte *text;
    size_t pos, len;
    bool is_bytes;
    uint32_t flags;  // at this point of the pattern
    uint32_t global; // the flags of the whole
    uint32_t *code;
    size_t used, alloc;
    group_t *groups; // group 0 is there and always open
    size_t n_groups, groups_alloc;
    mp_obj_t *names;
    size_t n_names, names_alloc; // counted in words: two for a name
    uint32_t loops;
    uint32_t forward; // the greatest group that a conditional tests, and where it does
    size_t forward_pos;
    unsigned nesting;
} re_compiler_t;

typedef struct {
    size_t at; // where its code begins
    width_t width;
    enum { ITEM_NONE, ITEM_PLAIN, ITEM_REPEAT } kind; // what a quantifier finds before it
} item_t;

// ---- reading the pattern

static inline uint32_t peek(const re_compiler_t *c) {
    uint32_t length;
    return c->pos < c->len ? re_char_at(c->text, c->pos, c->len, c->is_bytes, &length) : END;
}

static inline uint32_t next(re_compiler_t *c) {
    if (c->pos >= c->len) {
        return END;
    }
    uint32_t length;
    uint32_t ch = re_char_at(c->text, c->pos, c->len, c->is_bytes, &length);
    c->pos += length;
    return ch;
}

static inline bool accept(re_compiler_t *c, uint32_t ch) {
    if (peek(c) != ch) {
        return false;
    }
    next(c);
    return true;
}

static inline bool is_digit(uint32_t ch) {
    return ch - '0' < 10;
}

static inline bool is_octal(uint32_t ch) {
    return ch - '0' < 8;
}

static inline bool is_letter(uint32_t ch) {
    return (ch | 32) - 'a' < 26;
}

// ---- re_atom.c: errors and code

MP_NORETURN void re_fail(const re_compiler_t *c, size_t pos, const char *message);
MP_NORETURN void re_fail_text(const re_compiler_t *c, size_t pos, const char *message, size_t start, size_t end);
size_t re_emit(re_compiler_t *c, uint32_t word);
void re_emit2(re_compiler_t *c, uint32_t op, uint32_t a);
void re_emit_char(re_compiler_t *c, uint32_t ch);
void re_insert(re_compiler_t *c, size_t at, size_t n);
bool re_folds_ascii(const re_compiler_t *c);
uint32_t re_ascii_category(const re_compiler_t *c);

// ---- re_atom.c: escapes and sets

width_t re_emit_backref(re_compiler_t *c, uint32_t group, size_t pos);
width_t re_parse_escape(re_compiler_t *c, bool *is_at);
void re_parse_set(re_compiler_t *c);

// ---- re_repeat.c: quantifiers

bool re_parse_bounds(re_compiler_t *c, uint32_t ch, uint32_t *min, uint32_t *max);
void re_repeat(re_compiler_t *c, item_t *item, uint32_t min, uint32_t max, uint32_t kind);

// ---- re_first.c

uint32_t *re_find_first(const re_compiler_t *c);

#endif
