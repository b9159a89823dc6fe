// Replacement templates: "\1", "\g<name>" and the escapes in what sub() and expand() are given.

#include <string.h>

#include "py/runtime.h"
#include "re_engine.h"

typedef struct {
    const re_pattern_t *pattern;
    mp_obj_t source;
    const byte *text;
    size_t pos, len;
    vstr_t literal; // read but not yet in the list
    mp_obj_t parts;
} template_t;

static bool is_digit_at(const template_t *t, size_t pos, byte last) {
    return pos < t->len && t->text[pos] >= '0' && t->text[pos] <= last;
}

static void add_group(template_t *t, uint32_t group, size_t pos) {
    if (group > t->pattern->groups) {
        re_raise(t->source, pos, "invalid group reference %u", (unsigned)group);
    }
    if (t->literal.len > 0) {
        mp_obj_list_append(t->parts, mp_obj_new_bytes((const byte *)t->literal.buf, t->literal.len));
        t->literal.len = 0;
    }
    mp_obj_list_append(t->parts, MP_OBJ_NEW_SMALL_INT(group));
}

static void add_char(template_t *t, uint32_t c) {
    if (t->pattern->is_bytes) {
        vstr_add_byte(&t->literal, c);
    } else {
        vstr_add_char(&t->literal, c);
    }
}

// "\g<…>", of which "\g" has been read.
static void parse_name(template_t *t) {
    if (t->pos >= t->len || t->text[t->pos] != '<') {
        re_raise(t->source, t->pos, "missing <");
    }
    size_t start = ++t->pos;
    bool number = true;
    uint32_t group = 0;
    for (; t->pos < t->len && t->text[t->pos] != '>'; t->pos++) {
        number = number && is_digit_at(t, t->pos, '9');
        if (number) {
            group = MIN(group * 10 + (t->text[t->pos] - '0'), RE_MAX_CODE / 16);
        }
    }
    if (t->pos == start) {
        re_raise(t->source, start, "missing group name");
    }
    if (t->pos >= t->len) {
        re_raise(t->source, start, "missing >, unterminated name");
    }
    size_t length = t->pos++ - start;
    if (!number) {
        const byte *name = t->text + start;
        for (size_t i = 0; i < length; i++) {
            bool letter = (name[i] | 32) - 'a' < 26u || name[i] == '_' || name[i] >= 0x80;
            if (!letter && (i == 0 || !is_digit_at(t, start + i, '9'))) {
                re_raise(t->source, start, "bad character in group name '%.*s'", (int)MIN(length, 200), name);
            }
        }
        group = re_find_name(t->pattern, mp_obj_new_str((const char *)name, length));
        if (group == RE_NONE) {
            mp_raise_msg_varg(&mp_type_IndexError, MP_ERROR_TEXT("unknown group name '%.*s'"), (int)MIN(length, 200), name);
        }
    }
    add_group(t, group, start);
}

// "\1" to "\99", or an octal escape; its first digit is the next character.
static void parse_number(template_t *t) {
    size_t start = t->pos - 1;
    bool zero = t->text[t->pos] == '0';
    unsigned octal = 0, digits = 0;
    while (digits < 3 && is_digit_at(t, t->pos + digits, '7')) {
        octal = octal * 8 + (t->text[t->pos + digits++] - '0');
    }
    if (zero || digits == 3) {
        t->pos += digits;
        if (octal > 0377) {
            re_raise(t->source, start, "octal escape value %.*s outside of range 0-0o377",
                (int)(t->pos - start), t->text + start);
        }
        add_char(t, octal);
        return;
    }
    uint32_t group = t->text[t->pos++] - '0';
    if (is_digit_at(t, t->pos, '9')) {
        group = group * 10 + (t->text[t->pos++] - '0');
    }
    add_group(t, group, start + 1);
}

static void parse_escape(template_t *t) {
    static const char letters[] = "abfnrtv\\", meanings[] = "\a\b\f\n\r\t\v\\";
    size_t start = t->pos++;
    if (t->pos >= t->len) {
        re_raise(t->source, start, "bad escape (end of pattern)");
    }
    byte c = t->text[t->pos];
    if (c >= '0' && c <= '9') {
        parse_number(t);
        return;
    }
    t->pos++;
    if (c == 'g') {
        parse_name(t);
        return;
    }
    const char *found = c == 0 ? NULL : strchr(letters, c);
    if (found != NULL) {
        vstr_add_byte(&t->literal, meanings[found - letters]);
        return;
    }
    if ((c | 32) - 'a' < 26u) {
        re_raise(t->source, start, "bad escape \\%c", c);
    }
    vstr_add_byte(&t->literal, '\\');
    vstr_add_byte(&t->literal, c);
}

// The list of parts of a template, str or bytes: a bytes object is text, an int is a group.
mp_obj_t re_parse_template(const re_pattern_t *pattern, mp_obj_t source) {
    template_t template = {.pattern = pattern, .source = source}, *t = &template;
    t->text = re_text(source, &t->len);
    t->parts = mp_obj_new_list(0, NULL);
    vstr_init(&t->literal, 16);
    while (t->pos < t->len) {
        const byte *from = t->text + t->pos;
        const byte *backslash = memchr(from, '\\', t->len - t->pos);
        size_t plain = backslash == NULL ? t->len - t->pos : (size_t)(backslash - from);
        re_add(&t->literal, from, plain);
        t->pos += plain;
        if (backslash != NULL) {
            parse_escape(t);
        }
    }
    if (t->literal.len > 0) {
        mp_obj_list_append(t->parts, mp_obj_new_bytes((const byte *)t->literal.buf, t->literal.len));
    }
    return t->parts;
}

// Add to *out* what a template makes of a match with the registers *regs*.
void re_expand(vstr_t *out, mp_obj_t text, const uint32_t *regs, mp_obj_t parts) {
    size_t n, len;
    mp_obj_t *items;
    mp_obj_list_get(parts, &n, &items);
    for (size_t i = 0; i < n; i++) {
        if (mp_obj_is_small_int(items[i])) {
            size_t group = MP_OBJ_SMALL_INT_VALUE(items[i]);
            uint32_t start = regs[2 * group], end = regs[2 * group + 1];
            if (end != RE_NONE && start <= end) {
                re_add(out, re_text(text, &len) + start, end - start);
            }
        } else {
            const byte *data = re_text(items[i], &len);
            re_add(out, data, len);
        }
    }
}
