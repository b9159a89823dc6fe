// Quantifiers of a regular expression: their bounds, and the code that repeats an item.

#include "py/runtime.h"
#include "re_compile.h"

static uint32_t times(uint32_t a, uint32_t b) {
    if (a == 0 || b == 0) {
        return 0;
    }
    uint64_t product = (uint64_t)a * b;
    return a == RE_NONE || b == RE_NONE || product >= RE_NONE ? RE_NONE : (uint32_t)product;
}

static uint32_t parse_number(re_compiler_t *c, bool *given) {
    uint32_t value = 0;
    for (*given = false; is_digit(peek(c)); *given = true) {
        uint32_t digit = next(c) - '0';
        if (value > (RE_NONE - 1 - digit) / 10) {
            mp_raise_msg(&mp_type_OverflowError, MP_ERROR_TEXT("the repetition number is too large"));
        }
        value = value * 10 + digit;
    }
    return value;
}

// The bounds of a quantifier whose first character, *ch*, has been read. False if it is not one after
// all but a literal brace.
bool re_parse_bounds(re_compiler_t *c, uint32_t ch, uint32_t *min, uint32_t *max) {
    *min = ch == '+';
    *max = ch == '?' ? 1 : RE_NONE;
    if (ch != '{') {
        return true;
    }
    size_t start = c->pos;
    bool low_given, high_given;
    if (peek(c) == '}') {
        return false;
    }
    uint32_t low = parse_number(c, &low_given), high = low;
    high_given = low_given;
    if (accept(c, ',')) {
        high = parse_number(c, &high_given);
    }
    if (!accept(c, '}')) {
        c->pos = start;
        return false;
    }
    *min = low_given ? low : 0;
    *max = high_given ? high : RE_NONE;
    if (*max < *min) {
        re_fail(c, start, "min repeat greater than max repeat");
    }
    return true;
}

static bool is_one_character(const re_compiler_t *c, size_t at) {
    if (at >= c->used) {
        return false;
    }
    size_t length = 2;
    switch (c->code[at]) {
        case RE_OP_ANY:
        case RE_OP_ALL:
            length = 1;
            break;
        case RE_OP_CHAR:
        case RE_OP_CHAR_FOLD:
        case RE_OP_CATEGORY:
            break;
        case RE_OP_SET:
            length = RE_SET_RANGES + 2 * (size_t)c->code[at + 2];
            break;
        default:
            return false;
    }
    return at + length == c->used;
}

// Make the code from *at* on an atomic group.
static void make_atomic(re_compiler_t *c, size_t at) {
    uint32_t length = c->used - at;
    re_insert(c, at, 4);
    c->code[at] = RE_OP_LOOK;
    c->code[at + 1] = RE_LOOK_ATOMIC;
    c->code[at + 2] = length + 5;
    re_emit(c, RE_OP_LOOK_END);
}

// Make the code of *item* repeat.
void re_repeat(re_compiler_t *c, item_t *item, uint32_t min, uint32_t max, uint32_t kind) {
    size_t at = item->at;
    bool run = is_one_character(c, at);
    if (kind == RE_POSSESSIVE && !run) {
        make_atomic(c, at); // as in CPython, every iteration is one
    }
    uint32_t length = c->used - at;
    uint32_t here = kind == RE_LAZY ? RE_OP_SPLIT_FAR : RE_OP_SPLIT;
    uint32_t far = kind == RE_LAZY ? RE_OP_SPLIT : RE_OP_SPLIT_FAR;
    if (max == 0) {
        c->used = at;
    } else if (min == 1 && max == 1) {
        // Once: as it stands.
    } else if (run) {
        re_insert(c, at, 5);
        uint32_t *code = c->code + at;
        code[0] = RE_OP_RUN;
        code[1] = length + 5;
        code[2] = min;
        code[3] = max;
        code[4] = kind;
    } else if (min == 0 && max == 1) {
        re_insert(c, at, 2);
        c->code[at] = here;
        c->code[at + 1] = length + 2;
    } else if (min <= 1 && max == RE_NONE && item->width.low > 0) {
        // No iteration can be empty, so nothing has to be counted or compared.
        if (min == 0) {
            re_insert(c, at, 2);
            c->code[at] = here;
            c->code[at + 1] = length + 4;
            re_emit2(c, RE_OP_JUMP, -(length + 2));
        } else {
            re_emit2(c, far, -length);
        }
    } else {
        uint32_t loop = c->loops++;
        re_insert(c, at, 3);
        c->code[at] = RE_OP_LOOP;
        c->code[at + 1] = loop;
        c->code[at + 2] = length + 3;
        re_emit2(c, RE_OP_UNTIL, loop);
        re_emit2(c, -length, min);
        re_emit2(c, max, kind == RE_LAZY);
    }
    if (kind == RE_POSSESSIVE && !run) {
        make_atomic(c, at);
    }
    item->width.low = times(item->width.low, min);
    item->width.high = times(item->width.high, max);
}
