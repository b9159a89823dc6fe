// The regular expression compiler: one pass over the pattern, code out, no tree.
//
// A piece of code is position-independent, so a quantifier or an alternative can be put before it by
// moving it. A repeat is never expanded into copies. Recursion is one level per group and bounded.

#include "py/runtime.h"
#include "py/cstack.h"
#include "re_compile.h"

#define MAX_NESTING (200)

static width_t parse_alternatives(re_compiler_t *c, bool top);
static width_t parse_sequence(re_compiler_t *c, bool top);

static uint32_t add(uint32_t a, uint32_t b) {
    return a == RE_NONE || b == RE_NONE || a > RE_NONE - 1 - b ? RE_NONE : a + b;
}

// ---- groups

// The text up to *end*, which is read too.
static mp_obj_t parse_name(re_compiler_t *c, uint32_t end, size_t *start) {
    *start = c->pos;
    bool ok = true;
    for (uint32_t ch; (ch = peek(c)) != end; next(c)) {
        if (ch == END) {
            if (c->pos == *start) {
                re_fail(c, *start, "missing group name");
            }
            re_raise(c->source, *start, "missing %c, unterminated name", (int)end);
        }
        bool letter = is_letter(ch) || ch == '_' || (ch >= 0x80 && !c->is_bytes && re_is_category(RE_CAT_WORD, ch));
        ok = ok && (letter || (is_digit(ch) && c->pos > *start));
    }
    size_t stop = c->pos;
    next(c);
    if (stop == *start) {
        re_fail(c, *start, "missing group name");
    }
    if (!ok) {
        return MP_OBJ_NULL;
    }
    return mp_obj_new_str((const char *)c->text + *start, stop - *start);
}

MP_NORETURN static void bad_name(const re_compiler_t *c, size_t start) {
    re_raise(c->source, start, "bad character in group name '%.*s'", (int)MIN(c->pos - 1 - start, 200), c->text + start);
}

static uint32_t find_name(const re_compiler_t *c, mp_obj_t name) {
    for (size_t i = 0; i < c->n_names; i += 2) {
        if (mp_obj_equal(c->names[i], name)) {
            return MP_OBJ_SMALL_INT_VALUE(c->names[i + 1]);
        }
    }
    return RE_NONE;
}

static uint32_t known_name(const re_compiler_t *c, mp_obj_t name, size_t start) {
    uint32_t group = find_name(c, name);
    if (group == RE_NONE) {
        re_raise(c->source, start, "unknown group name '%s'", mp_obj_str_get_str(name));
    }
    return group;
}

static uint32_t open_group(re_compiler_t *c) {
    if (c->n_groups == c->groups_alloc) {
        size_t alloc = c->groups_alloc * 2 + 4;
        c->groups = m_renew(group_t, c->groups, c->groups_alloc, alloc);
        c->groups_alloc = alloc;
    }
    c->groups[c->n_groups].open = true;
    return c->n_groups++;
}

static void add_name(re_compiler_t *c, mp_obj_t name, uint32_t group, size_t start) {
    uint32_t other = find_name(c, name);
    if (other != RE_NONE) {
        re_raise(c->source, start, "redefinition of group name '%s' as group %u; was group %u",
            mp_obj_str_get_str(name), (unsigned)group, (unsigned)other);
    }
    if (c->n_names == c->names_alloc) {
        size_t alloc = c->names_alloc * 2 + 4;
        c->names = m_renew(mp_obj_t, c->names, c->names_alloc, alloc);
        c->names_alloc = alloc;
    }
    c->names[c->n_names] = name;
    c->names[c->n_names + 1] = MP_OBJ_NEW_SMALL_INT(group);
    c->n_names += 2;
}

static void close_paren(re_compiler_t *c, size_t open) {
    if (!accept(c, ')')) {
        re_fail(c, open, "missing ), unterminated subpattern");
    }
}

// The inside of a group, up to and with its closing parenthesis.
static width_t parse_inside(re_compiler_t *c, size_t open) {
    uint32_t flags = c->flags;
    width_t width = parse_alternatives(c, false);
    close_paren(c, open);
    c->flags = flags;
    return width;
}

static width_t parse_capture(re_compiler_t *c, size_t open, mp_obj_t name, size_t name_start) {
    uint32_t group = open_group(c);
    if (name != MP_OBJ_NULL) {
        add_name(c, name, group, name_start);
    }
    re_emit2(c, RE_OP_SAVE, 2 * group);
    width_t width = parse_inside(c, open);
    re_emit2(c, RE_OP_SAVE, 2 * group + 1);
    c->groups[group].width = width;
    c->groups[group].open = false;
    return width;
}

static width_t parse_look(re_compiler_t *c, size_t open, uint32_t kind) {
    size_t at = re_emit(c, RE_OP_LOOK);
    re_emit(c, kind);
    re_emit2(c, 0, 0);
    width_t width = parse_inside(c, open), zero = {0, 0};
    re_emit(c, RE_OP_LOOK_END);
    c->code[at + 2] = c->used - at;
    if (kind & RE_LOOK_BEHIND) {
        if (width.low != width.high || width.low == RE_NONE) {
            re_raise(c->source, RE_NONE, "look-behind requires fixed-width pattern");
        }
        c->code[at + 3] = width.low;
    }
    return kind == RE_LOOK_ATOMIC ? width : zero;
}

static width_t parse_conditional(re_compiler_t *c, size_t open) {
    size_t start;
    mp_obj_t name = parse_name(c, ')', &start);
    uint32_t group = 0;
    if (name != MP_OBJ_NULL) {
        group = known_name(c, name, start);
    } else {
        for (size_t i = start; i + 1 < c->pos; i++) {
            if (!is_digit(c->text[i])) {
                bad_name(c, start);
            }
            group = MIN(group * 10 + (c->text[i] - '0'), RE_MAX_CODE / 16);
        }
        if (group == 0) {
            re_fail(c, start, "bad group number");
        }
        if (group > c->forward) {
            c->forward = group;
            c->forward_pos = start;
        }
    }
    size_t at = re_emit(c, RE_OP_COND);
    re_emit2(c, group, 0);
    uint32_t flags = c->flags;
    width_t yes = parse_sequence(c, false), no = {0, 0};
    size_t jump = re_emit(c, RE_OP_JUMP);
    re_emit(c, 0);
    c->code[at + 2] = c->used - at;
    if (accept(c, '|')) {
        no = parse_sequence(c, false);
        if (peek(c) == '|') {
            re_fail(c, c->pos, "conditional backref with more than two branches");
        }
    }
    c->code[jump + 1] = c->used - jump;
    close_paren(c, open);
    c->flags = flags;
    width_t width = {MIN(yes.low, no.low), MAX(yes.high, no.high)};
    return width;
}

static uint32_t flag_of(uint32_t ch) {
    switch (ch) {
        case 'i':
            return RE_IGNORECASE;
        case 'L':
            return RE_LOCALE;
        case 'm':
            return RE_MULTILINE;
        case 's':
            return RE_DOTALL;
        case 'x':
            return RE_VERBOSE;
        case 'a':
            return RE_ASCII;
        case 'u':
            return RE_UNICODE;
    }
    return 0;
}

// Flags after "(?", whose first character is *ch*: the scoped ones apply to what follows the colon.
// True if they were global ones, "(?i)".
static bool parse_flags(re_compiler_t *c, uint32_t ch) {
    const uint32_t types = RE_ASCII | RE_LOCALE | RE_UNICODE;
    uint32_t on = 0, off = 0;
    bool negative = false;
    for (; ch != ')' && ch != ':'; ch = next(c)) {
        uint32_t flag = ch == END ? 0 : flag_of(ch);
        if (ch == '-' && !negative) {
            negative = true;
            continue;
        }
        if (flag == 0) {
            bool letter = is_letter(ch);
            re_fail(c, ch == END ? c->pos : c->pos - 1, letter ? "unknown flag"
                : negative && off == 0 ? "missing flag" : negative ? "missing :" : "missing -, : or )");
        }
        if (flag == (c->is_bytes ? RE_UNICODE : RE_LOCALE)) {
            re_fail(c, c->pos, c->is_bytes ? "bad inline flags: cannot use 'u' flag with a bytes pattern"
                : "bad inline flags: cannot use 'L' flag with a str pattern");
        }
        if (negative && (flag & types)) {
            re_fail(c, c->pos, "bad inline flags: cannot turn off flags 'a', 'u' and 'L'");
        }
        if (!negative && (flag & types) && ((on & types) | flag) != flag) {
            re_fail(c, c->pos, "bad inline flags: flags 'a', 'u' and 'L' are incompatible");
        }
        *(negative ? &off : &on) |= flag;
    }
    if (negative && off == 0) {
        re_fail(c, c->pos - 1, "missing flag");
    }
    if (negative && ch == ')') {
        re_fail(c, c->pos - 1, "missing :");
    }
    if (on & off) {
        re_fail(c, c->pos, "bad inline flags: flag turned on and off");
    }
    if (ch == ')') {
        c->global |= on;
    }
    if (on & types) {
        c->flags &= ~types;
    }
    c->flags = (c->flags | on) & ~off;
    return ch == ')';
}

// A group whose parenthesis has been read. False if it is no item: a comment or global flags.
static bool parse_group(re_compiler_t *c, bool flags_allowed, item_t *item) {
    size_t open = c->pos - 1, start;
    uint32_t flags = c->flags;
    if (!accept(c, '?')) {
        item->width = parse_capture(c, open, MP_OBJ_NULL, 0);
        return true;
    }
    uint32_t ch = next(c);
    switch (ch) {
        case 'P': {
            ch = next(c);
            if (ch == '<' || ch == '=') {
                mp_obj_t name = parse_name(c, ch == '<' ? '>' : ')', &start);
                if (name == MP_OBJ_NULL) {
                    bad_name(c, start);
                }
                item->width = ch == '<' ? parse_capture(c, open, name, start)
                    : re_emit_backref(c, known_name(c, name, start), start);
                return true;
            }
            break;
        }
        case ':':
            item->width = parse_inside(c, open);
            return true;
        case '#':
            while ((ch = next(c)) != ')') {
                if (ch == END) {
                    re_fail(c, open, "missing ), unterminated comment");
                }
            }
            return false;
        case '=':
        case '!':
            item->width = parse_look(c, open, RE_LOOK_AHEAD | (ch == '!' ? RE_LOOK_NEGATIVE : 0));
            return true;
        case '<':
            ch = next(c);
            if (ch == '=' || ch == '!') {
                item->width = parse_look(c, open, RE_LOOK_BEHIND | (ch == '!' ? RE_LOOK_NEGATIVE : 0));
                return true;
            }
            break;
        case '>':
            item->width = parse_look(c, open, RE_LOOK_ATOMIC);
            return true;
        case '(':
            item->width = parse_conditional(c, open);
            return true;
        default:
            if (ch != '-' && (ch == END || flag_of(ch) == 0)) {
                break;
            }
            if (parse_flags(c, ch)) {
                if (!flags_allowed) {
                    re_fail(c, open, "global flags not at the start of the expression");
                }
                return false;
            }
            item->width = parse_inside(c, open);
            c->flags = flags;
            return true;
    }
    if (ch == END) {
        re_fail(c, c->pos, "unexpected end of pattern");
    }
    if (ch == '\\') {
        next(c);
    }
    re_fail_text(c, open + 1, "unknown extension ", open + 1, c->pos);
}

// ---- quantifiers, sequences, alternatives

static void parse_quantifier(re_compiler_t *c, uint32_t ch, item_t *item) {
    size_t start = c->pos - 1;
    uint32_t min, max;
    if (!re_parse_bounds(c, ch, &min, &max)) {
        item->at = c->used;
        item->kind = ITEM_PLAIN;
        item->width.low = item->width.high = 1;
        re_emit_char(c, ch);
        return;
    }
    if (item->kind != ITEM_PLAIN) {
        re_fail(c, start, item->kind == ITEM_NONE ? "nothing to repeat" : "multiple repeat");
    }
    uint32_t kind = accept(c, '?') ? RE_LAZY : accept(c, '+') ? RE_POSSESSIVE : RE_GREEDY;
    re_repeat(c, item, min, max, kind);
    item->kind = ITEM_REPEAT;
}

// One item, or a quantifier for the one before. False if there was nothing but white space, a comment
// or flags.
static bool parse_item(re_compiler_t *c, bool flags_allowed, item_t *item) {
    uint32_t ch = next(c);
    if ((c->flags & RE_VERBOSE) && (ch == ' ' || ch - '\t' < 5)) {
        return false;
    }
    if ((c->flags & RE_VERBOSE) && ch == '#') {
        while (ch != '\n' && ch != END) {
            ch = next(c);
        }
        return false;
    }
    bool is_at = false;
    size_t at = c->used;
    width_t one = {1, 1}, zero = {0, 0}, width = one;
    switch (ch) {
        case '*':
        case '+':
        case '?':
        case '{':
            parse_quantifier(c, ch, item);
            return true;
        case '(': {
            if (c->nesting == MAX_NESTING) {
                mp_raise_recursion_depth();
            }
            mp_cstack_check();
            c->nesting++;
            item_t group = {0};
            bool found = parse_group(c, flags_allowed, &group);
            c->nesting--;
            if (!found) {
                return false;
            }
            width = group.width;
            break;
        }
        case '.':
            re_emit(c, c->flags & RE_DOTALL ? RE_OP_ALL : RE_OP_ANY);
            break;
        case '^':
        case '$':
            re_emit2(c, RE_OP_AT, c->flags & RE_MULTILINE
                ? (ch == '^' ? RE_AT_LINE_START : RE_AT_LINE_END)
                : (ch == '^' ? RE_AT_START : RE_AT_LAST_LINE));
            width = zero;
            is_at = true;
            break;
        case '[':
            re_parse_set(c);
            break;
        case '\\':
            width = re_parse_escape(c, &is_at);
            break;
        default:
            re_emit_char(c, ch);
            break;
    }
    item->at = at;
    item->width = width;
    item->kind = is_at ? ITEM_NONE : ITEM_PLAIN;
    return true;
}

static width_t parse_sequence(re_compiler_t *c, bool top) {
    width_t total = {0, 0}, before = total; // before: without the last item
    item_t item = {0};
    for (bool empty = true;;) {
        uint32_t ch = peek(c);
        if (ch == END || ch == '|' || ch == ')') {
            return total;
        }
        if (!parse_item(c, top && empty, &item)) {
            continue;
        }
        empty = false;
        if (item.kind != ITEM_REPEAT) {
            before = total; // a new item; otherwise the last one has been given a quantifier
        }
        total.low = add(before.low, item.width.low);
        total.high = add(before.high, item.width.high);
    }
}

static width_t parse_alternatives(re_compiler_t *c, bool top) {
    width_t width = {RE_NONE, 0};
    size_t jumps = 0; // the last jump to the end; each holds the place of the one before
    for (;;) {
        size_t at = c->used;
        width_t branch = parse_sequence(c, top);
        width.low = MIN(width.low, branch.low);
        width.high = MAX(width.high, branch.high);
        if (!accept(c, '|')) {
            break;
        }
        top = false;
        re_insert(c, at, 2);
        c->code[at] = RE_OP_SPLIT;
        c->code[at + 1] = c->used - at + 2;
        re_emit2(c, RE_OP_JUMP, jumps);
        jumps = c->used - 1;
    }
    while (jumps != 0) {
        size_t before = c->code[jumps];
        c->code[jumps] = c->used - (jumps - 1);
        jumps = before;
    }
    return width;
}

// ---- the whole

// The flags of a pattern, checked as CPython checks them.
static uint32_t check_flags(bool is_bytes, uint32_t flags) {
    if (is_bytes) {
        if (flags & RE_UNICODE) {
            mp_raise_ValueError(MP_ERROR_TEXT("cannot use UNICODE flag with a bytes pattern"));
        }
        if ((flags & RE_LOCALE) && (flags & RE_ASCII)) {
            mp_raise_ValueError(MP_ERROR_TEXT("ASCII and LOCALE flags are incompatible"));
        }
        return flags;
    }
    if (flags & RE_LOCALE) {
        mp_raise_ValueError(MP_ERROR_TEXT("cannot use LOCALE flag with a str pattern"));
    }
    if (!(flags & RE_ASCII)) {
        return flags | RE_UNICODE;
    }
    if (flags & RE_UNICODE) {
        mp_raise_ValueError(MP_ERROR_TEXT("ASCII and UNICODE flags are incompatible"));
    }
    return flags;
}

// Compile *source*, a str or bytes object.
re_pattern_t *re_compile(mp_obj_t source, uint32_t flags) {
    re_compiler_t compiler = {0}, *c = &compiler;
    c->source = source;
    c->text = re_text(source, &c->len);
    c->is_bytes = !mp_obj_is_str(source);
    c->flags = flags;
    open_group(c);
    parse_alternatives(c, true);
    if (c->pos < c->len) {
        re_fail(c, c->pos, "unbalanced parenthesis");
    }
    if (c->forward >= c->n_groups) {
        re_raise(source, c->forward_pos, "invalid group reference %u", (unsigned)c->forward);
    }
    re_emit(c, RE_OP_MATCH);

    re_pattern_t *pattern = m_new0(re_pattern_t, 1);
    pattern->source = source;
    pattern->names = c->names;
    pattern->n_names = c->n_names / 2;
    pattern->code = c->code;
    pattern->first = re_find_first(c);
    pattern->flags = check_flags(c->is_bytes, flags | c->global);
    pattern->groups = c->n_groups - 1;
    pattern->loops = c->loops;
    pattern->is_bytes = c->is_bytes;
    return pattern;
}
