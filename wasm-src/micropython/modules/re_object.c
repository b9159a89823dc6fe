// Match objects, the error class, replacement templates and the text helpers of the regular
// expression engine.

#include <stdarg.h>
#include <string.h>

#include "py/runtime.h"
#include "py/objstr.h"
#include "py/unicode.h"
#include "re_engine.h"

// ---- errors

// The arguments are message, pattern and position, the last two possibly None or missing.
static mp_obj_t error_part(const mp_obj_exception_t *e, size_t i) {
    return i < e->args->len ? e->args->items[i] : mp_const_none;
}

static void find_line(const mp_obj_exception_t *e, size_t *line, size_t *column) {
    mp_obj_t source = error_part(e, 1), pos = error_part(e, 2);
    *line = *column = 0;
    if (!mp_obj_is_small_int(pos) || !(mp_obj_is_str(source) || mp_obj_is_type(source, &mp_type_bytes))) {
        return;
    }
    size_t len;
    const byte *text = re_text(source, &len);
    mp_int_t left = MP_OBJ_SMALL_INT_VALUE(pos);
    *line = *column = 1;
    for (size_t i = 0; i < len && left > 0; i++) {
        if (mp_obj_is_str(source) && (text[i] & 0xc0) == 0x80) {
            continue;
        }
        left--;
        ++*column;
        if (text[i] == '\n') {
            ++*line;
            *column = 1;
        }
    }
}

static mp_obj_t error_message(const mp_obj_exception_t *e) {
    mp_obj_t message = error_part(e, 0), pos = error_part(e, 2);
    if (!mp_obj_is_str(message) || !mp_obj_is_small_int(pos)) {
        return message;
    }
    size_t line, column;
    find_line(e, &line, &column);
    vstr_t vstr;
    vstr_init(&vstr, 64);
    vstr_printf(&vstr, "%s at position %d", mp_obj_str_get_str(message), (int)MP_OBJ_SMALL_INT_VALUE(pos));
    if (line > 1) {
        vstr_printf(&vstr, " (line %u, column %u)", (unsigned)line, (unsigned)column);
    }
    return mp_obj_new_str_from_vstr(&vstr);
}

static mp_obj_t error_args(const mp_obj_exception_t *e) {
    mp_obj_t message = error_message(e);
    return mp_obj_new_tuple(e->args->len > 0, &message);
}

static void error_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    if (mp_obj_is_native_exception_instance(self_in)) {
        mp_obj_exception_t shown = *(mp_obj_exception_t *)MP_OBJ_TO_PTR(self_in);
        shown.args = MP_OBJ_TO_PTR(error_args(&shown));
        mp_obj_exception_print(print, MP_OBJ_FROM_PTR(&shown), kind);
    } else {
        mp_obj_exception_print(print, self_in, kind);
    }
}

static void error_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] == MP_OBJ_NULL && mp_obj_is_native_exception_instance(self_in)) {
        const mp_obj_exception_t *e = MP_OBJ_TO_PTR(self_in);
        size_t line, column;
        switch (attr) {
            case MP_QSTR_args:
                dest[0] = error_args(e);
                return;
            case MP_QSTR_msg:
                dest[0] = error_part(e, 0);
                return;
            case MP_QSTR_pattern:
                dest[0] = error_part(e, 1);
                return;
            case MP_QSTR_pos:
                dest[0] = error_part(e, 2);
                return;
            case MP_QSTR_lineno:
            case MP_QSTR_colno:
                find_line(e, &line, &column);
                dest[0] = line == 0 ? mp_const_none : MP_OBJ_NEW_SMALL_INT(attr == MP_QSTR_lineno ? line : column);
                return;
        }
    }
    mp_obj_exception_attr(self_in, attr, dest);
}

MP_DEFINE_CONST_OBJ_TYPE(
    re_error_type, MP_QSTR_PatternError, MP_TYPE_FLAG_NONE,
    make_new, mp_obj_exception_make_new,
    print, error_print,
    attr, error_attr,
    parent, &mp_type_Exception
    );

// Raise re.error about *pattern*; *position* is in bytes, or RE_NONE.
MP_NORETURN void re_raise(mp_obj_t pattern, size_t position, const char *format, ...) {
    vstr_t vstr;
    vstr_init(&vstr, 64);
    va_list ap;
    va_start(ap, format);
    vstr_vprintf(&vstr, format, ap);
    va_end(ap);
    if (!utf8_check((const byte *)vstr.buf, vstr.len)) {
        // It quotes a bytes pattern, or broke off within a character.
        for (size_t i = 0; i < vstr.len; i++) {
            vstr.buf[i] = (byte)vstr.buf[i] < 0x80 ? vstr.buf[i] : '?';
        }
    }
    mp_obj_t args[3] = {mp_obj_new_str_from_vstr(&vstr), pattern, mp_const_none};
    if (position != RE_NONE) {
        size_t len;
        const byte *text = re_text(pattern, &len);
        size_t index = mp_obj_is_str(pattern) ? utf8_charlen(text, MIN(position, len)) : position;
        args[2] = MP_OBJ_NEW_SMALL_INT(index);
    } else {
        args[1] = mp_const_none;
    }
    nlr_raise(mp_obj_exception_make_new(&re_error_type, 3, 0, args));
}

// ---- text

// The bytes of a str or bytes object.
const byte *re_text(mp_obj_t text, size_t *len) {
    return (const byte *)mp_obj_str_get_data(text, len);
}

// Add to *vstr*, which by itself would grow by a few bytes at a time.
void re_add(vstr_t *vstr, const byte *data, size_t len) {
    if (vstr->alloc - vstr->len < len) {
        vstr_hint_size(vstr, MAX(len, vstr->alloc / 2));
    }
    vstr_add_strn(vstr, (const char *)data, len);
}

// What *vstr* holds, of the pattern's type.
mp_obj_t re_new_text(const re_pattern_t *pattern, vstr_t *vstr) {
    return pattern->is_bytes ? mp_obj_new_bytes_from_vstr(vstr) : mp_obj_new_str_from_utf8_vstr(vstr);
}

mp_obj_t re_match_slice(const re_pattern_t *pattern, mp_obj_t text, uint32_t start, uint32_t end) {
    size_t len;
    const byte *data = re_text(text, &len);
    if (start == 0 && end == len) {
        return text;
    }
    if (start == end) {
        return pattern->is_bytes ? mp_const_empty_bytes : MP_OBJ_NEW_QSTR(MP_QSTR_);
    }
    return mp_obj_new_str_copy(pattern->is_bytes ? &mp_type_bytes : &mp_type_str, data + start, end - start);
}

// The last long str found to be all ASCII and the last found not to be: asking again is then cheap.
MP_REGISTER_ROOT_POINTER(mp_obj_t re_known_text[2]);

static bool is_ascii(mp_obj_t text, const byte *data, size_t len) {
    mp_obj_t *known = MP_STATE_VM(re_known_text);
    bool remember = len > 64 && mp_obj_is_obj(text);
    if (remember && (text == known[0] || text == known[1])) {
        return text == known[0];
    }
    bool ascii = true;
    for (size_t i = 0; i < len && ascii; i++) {
        ascii = data[i] < 0x80;
    }
    if (remember) {
        known[ascii ? 0 : 1] = text;
    }
    return ascii;
}

// The index of the character at byte *offset*, counted from a place where it is known.
uint32_t re_index(mp_obj_t text, uint32_t offset, uint32_t anchor, uint32_t anchor_index) {
    size_t len;
    const byte *data = re_text(text, &len);
    if (!mp_obj_is_str(text) || is_ascii(text, data, len)) {
        return offset;
    }
    return offset >= anchor ? anchor_index + utf8_charlen(data + anchor, offset - anchor)
           : anchor_index - utf8_charlen(data + offset, anchor - offset);
}

// The byte offset of character *index*, at most the length.
uint32_t re_offset(mp_obj_t text, size_t index) {
    size_t len;
    const byte *data = re_text(text, &len);
    if (index >= len || !mp_obj_is_str(text) || is_ascii(text, data, len)) {
        return MIN(index, len);
    }
    uint32_t at = 0, length;
    for (; index > 0 && at < len; index--) {
        re_char_at(data, at, len, false, &length);
        at += length;
    }
    return at;
}

// ---- groups

// The number of the group called *name*, else RE_NONE.
uint32_t re_find_name(const re_pattern_t *pattern, mp_obj_t name) {
    for (size_t i = 0; i < pattern->n_names; i++) {
        if (mp_obj_equal(pattern->names[2 * i], name)) {
            return MP_OBJ_SMALL_INT_VALUE(pattern->names[2 * i + 1]);
        }
    }
    return RE_NONE;
}

mp_obj_t re_match_group(const re_match_obj_t *self, uint32_t group, mp_obj_t missing) {
    uint32_t start = self->regs[2 * group], end = self->regs[2 * group + 1];
    if (start == RE_NONE || end == RE_NONE || end < start) {
        return missing;
    }
    return re_match_slice(self->pattern, self->text, start, end);
}

static uint32_t get_group(const re_match_obj_t *self, mp_obj_t which) {
    uint32_t group = RE_NONE;
    if (mp_obj_is_str(which)) {
        group = re_find_name(self->pattern, which);
    } else {
        mp_int_t number;
        if (mp_obj_get_int_maybe(which, &number) && number >= 0 && (mp_uint_t)number <= self->pattern->groups) {
            group = number;
        }
    }
    if (group == RE_NONE) {
        mp_raise_msg(&mp_type_IndexError, MP_ERROR_TEXT("no such group"));
    }
    return group;
}

static mp_obj_t match_group(size_t n_args, const mp_obj_t *args) {
    const re_match_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    if (n_args <= 2) {
        return re_match_group(self, n_args == 1 ? 0 : get_group(self, args[1]), mp_const_none);
    }
    mp_obj_tuple_t *result = MP_OBJ_TO_PTR(mp_obj_new_tuple(n_args - 1, NULL));
    for (size_t i = 1; i < n_args; i++) {
        result->items[i - 1] = re_match_group(self, get_group(self, args[i]), mp_const_none);
    }
    return MP_OBJ_FROM_PTR(result);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR(match_group_obj, 1, match_group);

static mp_obj_t default_arg(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_default, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[1];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, 1, allowed, args);
    return args[0].u_obj;
}

static mp_obj_t match_groups(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    const re_match_obj_t *self = MP_OBJ_TO_PTR(pos_args[0]);
    mp_obj_t missing = default_arg(n_args, pos_args, kw_args);
    mp_obj_tuple_t *result = MP_OBJ_TO_PTR(mp_obj_new_tuple(self->pattern->groups, NULL));
    for (uint32_t i = 1; i <= self->pattern->groups; i++) {
        result->items[i - 1] = re_match_group(self, i, missing);
    }
    return MP_OBJ_FROM_PTR(result);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(match_groups_obj, 1, match_groups);

static mp_obj_t match_groupdict(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    const re_match_obj_t *self = MP_OBJ_TO_PTR(pos_args[0]);
    const re_pattern_t *pattern = self->pattern;
    mp_obj_t missing = default_arg(n_args, pos_args, kw_args);
    mp_obj_t result = mp_obj_new_dict(pattern->n_names);
    for (size_t i = 0; i < pattern->n_names; i++) {
        uint32_t group = MP_OBJ_SMALL_INT_VALUE(pattern->names[2 * i + 1]);
        mp_obj_dict_store(result, pattern->names[2 * i], re_match_group(self, group, missing));
    }
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(match_groupdict_obj, 1, match_groupdict);

static mp_obj_t match_position(const re_match_obj_t *self, uint32_t group, bool end) {
    uint32_t offset = self->regs[2 * group + end];
    if (self->regs[2 * group + 1] == RE_NONE || offset == RE_NONE) {
        return MP_OBJ_NEW_SMALL_INT(-1);
    }
    return MP_OBJ_NEW_SMALL_INT(re_index(self->text, offset, self->anchor, self->anchor_index));
}

static mp_obj_t match_start(size_t n_args, const mp_obj_t *args) {
    const re_match_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    return match_position(self, n_args == 1 ? 0 : get_group(self, args[1]), false);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(match_start_obj, 1, 2, match_start);

static mp_obj_t match_end(size_t n_args, const mp_obj_t *args) {
    const re_match_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    return match_position(self, n_args == 1 ? 0 : get_group(self, args[1]), true);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(match_end_obj, 1, 2, match_end);

static mp_obj_t span(const re_match_obj_t *self, uint32_t group) {
    mp_obj_t pair[2] = {match_position(self, group, false), match_position(self, group, true)};
    return mp_obj_new_tuple(2, pair);
}

static mp_obj_t match_span(size_t n_args, const mp_obj_t *args) {
    const re_match_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    return span(self, n_args == 1 ? 0 : get_group(self, args[1]));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(match_span_obj, 1, 2, match_span);

static mp_obj_t match_subscr(mp_obj_t self_in, mp_obj_t index, mp_obj_t value) {
    if (value != MP_OBJ_SENTINEL) {
        return MP_OBJ_NULL; // not supported
    }
    const re_match_obj_t *self = MP_OBJ_TO_PTR(self_in);
    return re_match_group(self, get_group(self, index), mp_const_none);
}

static mp_obj_t match_expand(mp_obj_t self_in, mp_obj_t template_in) {
    const re_match_obj_t *self = MP_OBJ_TO_PTR(self_in);
    vstr_t out;
    vstr_init(&out, 64);
    mp_obj_t source = re_subject(self->pattern, template_in);
    re_expand(&out, self->text, self->regs, re_parse_template(self->pattern, source));
    return re_new_text(self->pattern, &out);
}
static MP_DEFINE_CONST_FUN_OBJ_2(match_expand_obj, match_expand);

static mp_obj_t match_self(size_t n_args, const mp_obj_t *args) {
    (void)n_args; // a match is immutable: its copy is itself
    return args[0];
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(match_self_obj, 1, 2, match_self);

static void match_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return; // read-only
    }
    const re_match_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const re_pattern_t *pattern = self->pattern;
    uint32_t last = self->regs[RE_LASTINDEX(pattern->groups)];
    switch (attr) {
        case MP_QSTR_re:
            dest[0] = MP_OBJ_FROM_PTR(pattern);
            break;
        case MP_QSTR_string:
            dest[0] = self->string;
            break;
        case MP_QSTR_pos:
        case MP_QSTR_endpos: {
            uint32_t offset = attr == MP_QSTR_pos ? self->pos : self->endpos;
            dest[0] = MP_OBJ_NEW_SMALL_INT(re_index(self->text, offset, self->anchor, self->anchor_index));
            break;
        }
        case MP_QSTR_regs: {
            mp_obj_tuple_t *regs = MP_OBJ_TO_PTR(mp_obj_new_tuple(pattern->groups + 1, NULL));
            for (uint32_t i = 0; i <= pattern->groups; i++) {
                regs->items[i] = span(self, i);
            }
            dest[0] = MP_OBJ_FROM_PTR(regs);
            break;
        }
        case MP_QSTR_lastindex:
            dest[0] = last == RE_NONE ? mp_const_none : MP_OBJ_NEW_SMALL_INT(last);
            break;
        case MP_QSTR_lastgroup:
            dest[0] = mp_const_none;
            for (size_t i = 0; i < pattern->n_names; i++) {
                if (pattern->names[2 * i + 1] == MP_OBJ_NEW_SMALL_INT(last)) {
                    dest[0] = pattern->names[2 * i];
                }
            }
            break;
        default:
            dest[1] = MP_OBJ_SENTINEL; // go on with the methods
    }
}

static void match_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    const re_match_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_print_str(print, "<re.Match object; span=");
    mp_obj_print_helper(print, span(self, 0), PRINT_REPR);
    mp_print_str(print, ", match=");
    mp_obj_print_helper(print, re_match_group(self, 0, mp_const_none), PRINT_REPR);
    mp_print_str(print, ">");
}

static const mp_rom_map_elem_t match_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_group), MP_ROM_PTR(&match_group_obj) },
    { MP_ROM_QSTR(MP_QSTR_groups), MP_ROM_PTR(&match_groups_obj) },
    { MP_ROM_QSTR(MP_QSTR_groupdict), MP_ROM_PTR(&match_groupdict_obj) },
    { MP_ROM_QSTR(MP_QSTR_start), MP_ROM_PTR(&match_start_obj) },
    { MP_ROM_QSTR(MP_QSTR_end), MP_ROM_PTR(&match_end_obj) },
    { MP_ROM_QSTR(MP_QSTR_span), MP_ROM_PTR(&match_span_obj) },
    { MP_ROM_QSTR(MP_QSTR_expand), MP_ROM_PTR(&match_expand_obj) },
    { MP_ROM_QSTR(MP_QSTR___copy__), MP_ROM_PTR(&match_self_obj) },
    { MP_ROM_QSTR(MP_QSTR___deepcopy__), MP_ROM_PTR(&match_self_obj) },
};
static MP_DEFINE_CONST_DICT(match_locals, match_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    re_match_type, MP_QSTR_Match, MP_TYPE_FLAG_NONE,
    print, match_print,
    attr, match_attr,
    subscr, match_subscr,
    locals_dict, &match_locals
    );
