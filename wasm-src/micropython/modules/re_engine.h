// The regular expression engine: what its files share.
//
// re_compile.c (with re_atom.c, re_repeat.c and re_first.c) turns a pattern into a program of 32-bit
// words, re_match.c runs it with an explicit backtrack stack, re_chars.c knows the characters; modre.c,
// re_object.c and re_template.c are the Python side.
// Positions are byte offsets into the subject throughout; only Python-facing code counts characters.

#ifndef SANDBOX_RE_ENGINE_H
#define SANDBOX_RE_ENGINE_H

#include "py/obj.h"
#include "py/objexcept.h"

// Called every RE_POLL_STEPS steps of a match; the port makes it look for an interrupt, and it may
// raise. The engine therefore owns nothing outside the collected heap.
#ifndef SANDBOX_POLL
#define SANDBOX_POLL()
#endif
#define RE_POLL_STEPS (1000)

// Flags, with CPython's values.
#define RE_IGNORECASE (2)
#define RE_LOCALE (4)
#define RE_MULTILINE (8)
#define RE_DOTALL (16)
#define RE_UNICODE (32)
#define RE_VERBOSE (64)
#define RE_DEBUG (128)
#define RE_ASCII (256)

#define RE_NONE (0xffffffffu)   // an unset register, an unbounded repeat or width
#define RE_MAX_TEXT (0x7fffffff) // offsets fit 31 bits
#define RE_MAX_CODE (0x1fffffff) // program addresses fit the 29 bits of a backtrack entry

// The instructions. Offsets are relative to the instruction's first word.
enum {
    RE_OP_MATCH,
    RE_OP_FAIL,
    // One character: all that RE_OP_RUN can repeat.
    RE_OP_CHAR,      // character
    RE_OP_CHAR_FOLD, // character in lower case
    RE_OP_ANY,       // all but newline
    RE_OP_ALL,
    RE_OP_CATEGORY,  // category
    RE_OP_SET,       // flags and categories, number of ranges, 8 words of bitmap, the ranges
    // The rest.
    RE_OP_RUN,       // length of the whole, min, max, kind; then a one-character instruction
    RE_OP_AT,        // kind
    RE_OP_SAVE,      // register
    RE_OP_JUMP,      // offset
    RE_OP_SPLIT,     // offset: go on with the next instruction, else there
    RE_OP_SPLIT_FAR, // offset: go there, else on with the next instruction
    RE_OP_LOOP,      // loop number, offset of its RE_OP_UNTIL
    RE_OP_UNTIL,     // loop number, offset of the body (backward), min, max, kind
    RE_OP_LOOK,      // kind, offset past its RE_OP_LOOK_END, width of a look-behind
    RE_OP_LOOK_END,
    RE_OP_BACKREF,   // group
    RE_OP_BACKREF_FOLD, // group, whether only ASCII folds
    RE_OP_COND,      // group, offset to go to when the group is unset
};

enum { RE_GREEDY, RE_LAZY, RE_POSSESSIVE };

enum { RE_LOOK_AHEAD = 0, RE_LOOK_NEGATIVE = 1, RE_LOOK_BEHIND = 2, RE_LOOK_ATOMIC = 4 };

enum {
    RE_AT_START,      // \A, ^
    RE_AT_LINE_START, // ^ of MULTILINE
    RE_AT_END,        // \Z
    RE_AT_LAST_LINE,  // $
    RE_AT_LINE_END,   // $ of MULTILINE
    RE_AT_BOUNDARY,   // \b
    RE_AT_NOT_BOUNDARY,
    RE_AT_ASCII = 16, // added to the last two
};

// Categories: the odd ones are the complements.
enum { RE_CAT_DIGIT = 0, RE_CAT_SPACE = 2, RE_CAT_WORD = 4, RE_CAT_ASCII = 8 };

// In the second word of RE_OP_SET, above one bit for each category.
#define RE_SET_NEGATE (1u << 16)
#define RE_SET_FOLD (1u << 17)
#define RE_SET_BITMAP (3) // where the bitmap begins
#define RE_SET_RANGES (11)

typedef struct {
    mp_obj_base_t base;
    mp_obj_t source;  // the str or bytes it was compiled from
    mp_obj_t *names;  // name, group number, name, group number, …
    size_t n_names;   // pairs
    uint32_t *code;
    uint32_t *first;  // bitmap of the bytes that a match can begin with, or NULL
    uint32_t flags;
    uint32_t groups;  // besides group 0
    uint32_t loops;
    bool is_bytes;
} re_pattern_t;

typedef struct {
    const re_pattern_t *pattern;
    const byte *text;
    uint32_t start;        // where the search begins
    uint32_t end;          // where the subject ends
    uint32_t must_advance; // a match may not end here (RE_NONE: anywhere)
    bool full;             // the match has to end at the end
    uint32_t *regs;        // result: start and end of every group, then the last group closed
} re_match_t;

#define RE_LASTINDEX(groups) (2 * ((groups) + 1))

// re_chars.c
bool re_is_category(uint32_t category, uint32_t c);
bool re_in_set(const uint32_t *set, uint32_t c);
uint32_t re_lower(uint32_t c, bool ascii);
uint32_t re_upper(uint32_t c, bool ascii);
uint32_t re_char_at(const byte *text, size_t at, size_t end, bool is_bytes, uint32_t *length);
uint32_t re_char_before(const byte *text, size_t at, bool is_bytes);

// re_compile.c
re_pattern_t *re_compile(mp_obj_t source, uint32_t flags);

// re_match.c
size_t re_register_count(const re_pattern_t *pattern);
bool re_match_at(re_match_t *m);
bool re_search(re_match_t *m);

// re_object.c
extern const mp_obj_type_t re_error_type;
extern const mp_obj_type_t re_match_type;
MP_NORETURN void re_raise(mp_obj_t pattern, size_t position, const char *format, ...);

typedef struct {
    mp_obj_base_t base;
    const re_pattern_t *pattern;
    mp_obj_t string; // what the caller passed
    mp_obj_t text;   // what was matched: the same, or a bytes copy of a mutable buffer
    uint32_t pos;    // the byte offsets the search was bounded by
    uint32_t endpos;
    uint32_t anchor;       // a byte offset …
    uint32_t anchor_index; // … and the index of the character there
    uint32_t regs[];
} re_match_obj_t;

mp_obj_t re_match_slice(const re_pattern_t *pattern, mp_obj_t text, uint32_t start, uint32_t end);
mp_obj_t re_match_group(const re_match_obj_t *self, uint32_t group, mp_obj_t missing);
uint32_t re_find_name(const re_pattern_t *pattern, mp_obj_t name);
const byte *re_text(mp_obj_t text, size_t *len);
uint32_t re_index(mp_obj_t text, uint32_t offset, uint32_t anchor, uint32_t anchor_index);
uint32_t re_offset(mp_obj_t text, size_t index);
void re_add(vstr_t *vstr, const byte *data, size_t len);
mp_obj_t re_new_text(const re_pattern_t *pattern, vstr_t *vstr);

// re_template.c
mp_obj_t re_parse_template(const re_pattern_t *pattern, mp_obj_t source);
void re_expand(vstr_t *out, mp_obj_t text, const uint32_t *regs, mp_obj_t parts);

// modre.c
mp_obj_t re_subject(const re_pattern_t *pattern, mp_obj_t string);

#endif
