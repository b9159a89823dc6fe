// Escapes and sets of a regular expression.

#include <string.h>

#include "py/runtime.h"
#include "re_compile.h"

// ---- errors and code

MP_NORETURN void re_fail(const re_compiler_t *c, size_t pos, const char *message) {
    re_raise(c->source, pos, "%s", message);
}

// The text from *start* to *end* as a message shows it.
MP_NORETURN void re_fail_text(const re_compiler_t *c, size_t pos, const char *message, size_t start, size_t end) {
    re_raise(c->source, pos, "%s%.*s", message, (int)MIN(end - start, 200), c->text + start);
}

size_t re_emit(re_compiler_t *c, uint32_t word) {
    if (c->used == c->alloc) {
        if (c->used > RE_MAX_CODE / 2) {
            mp_raise_type(&mp_type_MemoryError);
        }
        size_t alloc = c->alloc + c->alloc / 2 + 32;
        c->code = m_renew(uint32_t, c->code, c->alloc, alloc);
        c->alloc = alloc;
    }
    c->code[c->used] = word;
    return c->used++;
}

void re_emit2(re_compiler_t *c, uint32_t op, uint32_t a) {
    re_emit(c, op);
    re_emit(c, a);
}

// Make room for *n* words before the code at *at*.
void re_insert(re_compiler_t *c, size_t at, size_t n) {
    for (size_t i = 0; i < n; i++) {
        re_emit(c, 0);
    }
    memmove(c->code + at + n, c->code + at, (c->used - n - at) * sizeof(uint32_t));
}

bool re_folds_ascii(const re_compiler_t *c) {
    return c->is_bytes || (c->flags & RE_ASCII);
}

uint32_t re_ascii_category(const re_compiler_t *c) {
    return re_folds_ascii(c) ? RE_CAT_ASCII : 0;
}

void re_emit_char(re_compiler_t *c, uint32_t ch) {
    if (c->flags & RE_IGNORECASE) {
        uint32_t lower = re_lower(ch, re_folds_ascii(c));
        if (lower != ch || re_upper(ch, re_folds_ascii(c)) != ch) {
            re_emit2(c, RE_OP_CHAR_FOLD, lower);
            return;
        }
    }
    re_emit2(c, RE_OP_CHAR, ch);
}

// ---- escapes

static uint32_t hex_escape(re_compiler_t *c, size_t start, unsigned digits) {
    uint32_t value = 0;
    for (unsigned i = 0; i < digits; i++) {
        uint32_t ch = peek(c);
        uint32_t digit = is_digit(ch) ? ch - '0' : (ch | 32) - 'a' < 6 ? (ch | 32) - 'a' + 10 : 16;
        if (digit == 16) {
            re_fail_text(c, start, "incomplete escape ", start, c->pos);
        }
        value = value << 4 | digit;
        next(c);
    }
    if (value > 0x10ffff) {
        re_fail_text(c, start, "bad escape ", start, c->pos);
    }
    return value;
}

// The escapes that mean one character, in a set and outside; *ch* follows the backslash.
static uint32_t char_escape(re_compiler_t *c, uint32_t ch, size_t start) {
    switch (ch) {
        case 'a':
            return '\a';
        case 'f':
            return '\f';
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case 'v':
            return '\v';
        case 'x':
            return hex_escape(c, start, 2);
        case 'u':
        case 'U':
            if (!c->is_bytes) {
                return hex_escape(c, start, ch == 'u' ? 4 : 8);
            }
            break;
        case END:
            re_fail(c, start, "bad escape (end of pattern)");
    }
    if (is_letter(ch) || is_digit(ch)) {
        re_fail_text(c, start, "bad escape ", start, c->pos);
    }
    return ch;
}

// An octal escape whose first digit has been read.
static uint32_t octal_escape(re_compiler_t *c, uint32_t value, unsigned more, size_t start) {
    while (more-- > 0 && is_octal(peek(c))) {
        value = value * 8 + (next(c) - '0');
    }
    if (value > 0377) {
        re_raise(c->source, start, "octal escape value %.*s outside of range 0-0o377",
            (int)(c->pos - start), c->text + start);
    }
    return value;
}

// The category that \d, \D, \s, \S, \w or \W means, else END.
static uint32_t category_escape(uint32_t ch) {
    switch (ch | 32) {
        case 'd':
            return RE_CAT_DIGIT + (ch == 'D');
        case 's':
            return RE_CAT_SPACE + (ch == 'S');
        case 'w':
            return RE_CAT_WORD + (ch == 'W');
    }
    return END;
}

width_t re_emit_backref(re_compiler_t *c, uint32_t group, size_t pos) {
    if (group >= c->n_groups) {
        re_raise(c->source, pos + (c->text[pos] == '\\'), "invalid group reference %u", (unsigned)group);
    }
    if (c->groups[group].open) {
        re_fail(c, pos, "cannot refer to an open group");
    }
    bool fold = c->flags & RE_IGNORECASE;
    re_emit2(c, fold ? RE_OP_BACKREF_FOLD : RE_OP_BACKREF, group);
    if (fold) {
        re_emit(c, re_folds_ascii(c));
    }
    return c->groups[group].width;
}

// An escape outside a set; the backslash has been read. *is_at tells an assertion.
width_t re_parse_escape(re_compiler_t *c, bool *is_at) {
    size_t start = c->pos - 1;
    uint32_t ch = next(c);
    uint32_t category = category_escape(ch);
    width_t one = {1, 1}, zero = {0, 0};
    if (category != END) {
        re_emit2(c, RE_OP_CATEGORY, category | re_ascii_category(c));
        return one;
    }
    if (ch == 'A' || ch == 'Z' || ch == 'b' || ch == 'B') {
        uint32_t ascii = re_folds_ascii(c) ? RE_AT_ASCII : 0;
        re_emit2(c, RE_OP_AT, ch == 'A' ? RE_AT_START : ch == 'Z' ? RE_AT_END
            : (ch == 'b' ? RE_AT_BOUNDARY : RE_AT_NOT_BOUNDARY) | ascii);
        *is_at = true;
        return zero;
    }
    if (ch == '0') {
        re_emit_char(c, octal_escape(c, 0, 2, start));
        return one;
    }
    if (is_digit(ch)) {
        uint32_t group = ch - '0', second = peek(c);
        if (is_digit(second)) {
            next(c);
            if (is_octal(ch) && is_octal(second) && is_octal(peek(c))) {
                re_emit_char(c, octal_escape(c, group * 8 + second - '0', 1, start));
                return one;
            }
            group = group * 10 + second - '0';
        }
        return re_emit_backref(c, group, start);
    }
    re_emit_char(c, char_escape(c, ch, start));
    return one;
}

// ---- sets

static void set_bit(re_compiler_t *c, size_t set, uint32_t ch) {
    c->code[set + RE_SET_BITMAP + ch / 32] |= 1u << (ch & 31);
}

static bool has_bit(const re_compiler_t *c, size_t set, uint32_t ch) {
    return c->code[set + RE_SET_BITMAP + ch / 32] >> (ch & 31) & 1;
}

static void add_range(re_compiler_t *c, size_t set, uint32_t low, uint32_t high) {
    for (uint32_t ch = low; ch <= high && ch < 256; ch++) {
        set_bit(c, set, ch);
    }
    if (high >= 256) {
        re_emit2(c, MAX(low, 256), high);
        c->code[set + 2]++;
    }
}

static void add_category(re_compiler_t *c, size_t set, uint32_t category) {
    category |= re_ascii_category(c);
    for (uint32_t ch = 0; ch < 256; ch++) {
        if (re_is_category(category, ch)) {
            set_bit(c, set, ch);
        }
    }
    c->code[set + 1] |= 1u << category;
}

// One member: a character, or a category, in which case *category is set.
static uint32_t parse_member(re_compiler_t *c, size_t open, uint32_t *category) {
    size_t start = c->pos;
    uint32_t ch = next(c);
    *category = END;
    if (ch == END) {
        re_fail(c, open, "unterminated character set");
    }
    if (ch != '\\') {
        return ch;
    }
    ch = next(c);
    if (ch == 'b') {
        return '\b';
    }
    if (is_octal(ch)) {
        return octal_escape(c, ch - '0', 2, start);
    }
    *category = category_escape(ch);
    return *category != END ? 0 : char_escape(c, ch, start);
}

static void fold_set(re_compiler_t *c, size_t set) {
    bool ascii = re_folds_ascii(c);
    for (uint32_t ch = 0; ch < 256; ch++) {
        uint32_t lower = re_lower(ch, ascii);
        // A capital and its small letter stand or fall together.
        if (lower != ch && lower < 256 && has_bit(c, set, ch) != has_bit(c, set, lower)) {
            set_bit(c, set, ch);
            set_bit(c, set, lower);
        }
        if (!ascii && !has_bit(c, set, ch) && re_upper(ch, false) >= 256 && re_in_set(c->code + set, re_upper(ch, false))) {
            set_bit(c, set, ch);
        }
    }
    if (!ascii) {
        c->code[set + 1] |= RE_SET_FOLD;
    }
}

// A set that is one character becomes that character.
static void simplify_set(re_compiler_t *c, size_t set) {
    uint32_t found = END;
    if (c->code[set + 1] != 0 || c->code[set + 2] != 0) {
        return;
    }
    for (uint32_t ch = 0; ch < 256; ch++) {
        if (has_bit(c, set, ch)) {
            if (found != END) {
                return;
            }
            found = ch;
        }
    }
    if (found != END) {
        c->used = set;
        re_emit2(c, RE_OP_CHAR, found);
    }
}

// A set whose bracket has been read.
void re_parse_set(re_compiler_t *c) {
    size_t open = c->pos - 1, set = c->used;
    re_emit(c, RE_OP_SET);
    for (int i = 1; i < RE_SET_RANGES; i++) {
        re_emit(c, 0);
    }
    bool negate = accept(c, '^');
    for (bool first = true; first || peek(c) != ']'; first = false) {
        size_t start = c->pos;
        uint32_t category, category2;
        uint32_t low = parse_member(c, open, &category);
        if (peek(c) != '-') {
            category != END ? add_category(c, set, category) : add_range(c, set, low, low);
            continue;
        }
        next(c);
        if (peek(c) == ']') {
            // A hyphen at the end is itself.
            category != END ? add_category(c, set, category) : add_range(c, set, low, low);
            add_range(c, set, '-', '-');
            continue;
        }
        uint32_t high = parse_member(c, open, &category2);
        if (category != END || category2 != END || high < low) {
            re_fail_text(c, start, "bad character range ", start, c->pos);
        }
        add_range(c, set, low, high);
    }
    next(c);
    if (c->flags & RE_IGNORECASE) {
        fold_set(c, set);
    }
    if (negate) {
        c->code[set + 1] |= RE_SET_NEGATE;
    }
    simplify_set(c, set);
}

