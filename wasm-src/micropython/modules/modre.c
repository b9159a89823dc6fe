// The module _re: compiled patterns and their methods. lib/re.py is the module that users import.

#include <string.h>

#include "py/runtime.h"
#include "re_engine.h"

static const mp_obj_type_t pattern_type;
static const mp_obj_type_t iterator_type;

// A subject being searched from match to match.
typedef struct {
    re_match_t m;
    mp_obj_t string, text; // as in re_match_obj_t
    uint32_t pos;
    uint32_t anchor, anchor_index;
} scan_t;

#define IS_TEXT(o) (mp_obj_is_str(o) || mp_obj_is_type(o, &mp_type_bytes))

// What is searched when *string* is given: the same str or bytes, or a bytes copy of a buffer that
// guest code could change meanwhile.
mp_obj_t re_subject(const re_pattern_t *pattern, mp_obj_t string) {
    mp_obj_t text = string;
    if (!IS_TEXT(text) && mp_obj_is_obj(text)) {
        // An instance of a class that derives from one of the two.
        text = mp_obj_cast_to_native_base(string, MP_OBJ_FROM_PTR(&mp_type_str));
        if (text == MP_OBJ_NULL) {
            text = mp_obj_cast_to_native_base(string, MP_OBJ_FROM_PTR(&mp_type_bytes));
        }
    }
    if (text == MP_OBJ_NULL || !IS_TEXT(text)) {
        mp_buffer_info_t buffer;
        if (!mp_get_buffer(string, &buffer, MP_BUFFER_READ)) {
            mp_raise_TypeError(MP_ERROR_TEXT("expected string or bytes-like object"));
        }
        text = mp_obj_new_bytes(buffer.buf, buffer.len);
    }
    if (mp_obj_is_str(text) == pattern->is_bytes) {
        mp_raise_TypeError(pattern->is_bytes
            ? MP_ERROR_TEXT("cannot use a bytes pattern on a string-like object")
            : MP_ERROR_TEXT("cannot use a string pattern on a bytes-like object"));
    }
    size_t len;
    re_text(text, &len);
    if (len > RE_MAX_TEXT) {
        mp_raise_msg(&mp_type_OverflowError, MP_ERROR_TEXT("string too long"));
    }
    return text;
}

static void begin(scan_t *s, mp_obj_t pattern_in, mp_obj_t string, mp_int_t pos, mp_int_t endpos) {
    const re_pattern_t *pattern = MP_OBJ_TO_PTR(pattern_in);
    memset(s, 0, sizeof(*s));
    s->string = string;
    s->text = re_subject(pattern, string);
    size_t len;
    s->m.text = re_text(s->text, &len);
    s->m.pattern = pattern;
    s->m.start = s->pos = pos <= 0 ? 0 : re_offset(s->text, pos);
    s->m.end = endpos <= 0 ? 0 : (mp_uint_t)endpos >= len ? len : re_offset(s->text, endpos);
    s->m.must_advance = RE_NONE;
    s->m.regs = m_new(uint32_t, re_register_count(pattern));
    s->anchor = s->m.start;
    s->anchor_index = s->anchor == 0 ? 0 : re_index(s->text, s->anchor, 0, 0);
}

// The next match; its bounds are then in the first two registers.
static bool scan(scan_t *s) {
    if (s->m.start > s->m.end || !re_search(&s->m)) {
        return false;
    }
    s->m.start = s->m.regs[1];
    s->m.must_advance = s->m.regs[0] == s->m.regs[1] ? s->m.start : RE_NONE;
    return true;
}

static mp_obj_t new_match(scan_t *s) {
    const re_pattern_t *pattern = s->m.pattern;
    size_t n = RE_LASTINDEX(pattern->groups) + 1;
    re_match_obj_t *match = mp_obj_malloc_var(re_match_obj_t, regs, uint32_t, n, &re_match_type);
    match->pattern = pattern;
    match->string = s->string;
    match->text = s->text;
    match->pos = s->pos;
    match->endpos = s->m.end;
    match->anchor = s->anchor;
    match->anchor_index = s->anchor_index;
    memcpy(match->regs, s->m.regs, n * sizeof(uint32_t));
    return MP_OBJ_FROM_PTR(match);
}

static mp_obj_t slice(const scan_t *s, uint32_t start, uint32_t end) {
    return re_match_slice(s->m.pattern, s->text, start, end);
}

static mp_obj_t group(const scan_t *s, uint32_t i, mp_obj_t missing) {
    uint32_t start = s->m.regs[2 * i], end = s->m.regs[2 * i + 1];
    return end == RE_NONE || start > end ? missing : slice(s, start, end);
}

// ---- methods

typedef enum { SEARCH, MATCH, FULLMATCH } how_t;

static mp_obj_t find(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args, how_t how, scan_t *s) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_string, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL} },
        { MP_QSTR_pos, MP_ARG_INT, {.u_int = 0} },
        { MP_QSTR_endpos, MP_ARG_INT, {.u_int = RE_MAX_TEXT} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    begin(s, pos_args[0], args[0].u_obj, args[1].u_int, args[2].u_int);
    s->m.full = how == FULLMATCH;
    return MP_OBJ_NULL;
}

static mp_obj_t find_one(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args, how_t how) {
    scan_t s;
    find(n_args, pos_args, kw_args, how, &s);
    bool found = s.m.start <= s.m.end && (how == SEARCH ? re_search(&s.m) : re_match_at(&s.m));
    return found ? new_match(&s) : mp_const_none;
}

static mp_obj_t pattern_search(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    return find_one(n_args, args, kw_args, SEARCH);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(pattern_search_obj, 1, pattern_search);

static mp_obj_t pattern_match(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    return find_one(n_args, args, kw_args, MATCH);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(pattern_match_obj, 1, pattern_match);

static mp_obj_t pattern_fullmatch(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    return find_one(n_args, args, kw_args, FULLMATCH);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(pattern_fullmatch_obj, 1, pattern_fullmatch);

static mp_obj_t pattern_findall(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    scan_t s;
    find(n_args, pos_args, kw_args, SEARCH, &s);
    uint32_t groups = s.m.pattern->groups;
    mp_obj_t empty = slice(&s, 0, 0);
    mp_obj_t result = mp_obj_new_list(0, NULL);
    while (scan(&s)) {
        mp_obj_t item;
        if (groups <= 1) {
            item = group(&s, groups, empty);
        } else {
            item = mp_obj_new_tuple(groups, NULL);
            mp_obj_tuple_t *tuple = MP_OBJ_TO_PTR(item);
            for (uint32_t i = 1; i <= groups; i++) {
                tuple->items[i - 1] = group(&s, i, empty);
            }
        }
        mp_obj_list_append(result, item);
    }
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(pattern_findall_obj, 1, pattern_findall);

typedef struct {
    mp_obj_base_t base;
    scan_t scan;
} iterator_t;

static mp_obj_t pattern_finditer(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    iterator_t *it = mp_obj_malloc(iterator_t, &iterator_type);
    find(n_args, pos_args, kw_args, SEARCH, &it->scan);
    return MP_OBJ_FROM_PTR(it);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(pattern_finditer_obj, 1, pattern_finditer);

static mp_obj_t iterator_next(mp_obj_t self_in) {
    iterator_t *it = MP_OBJ_TO_PTR(self_in);
    scan_t *s = &it->scan;
    if (!scan(s)) {
        s->m.start = RE_NONE; // stays exhausted
        return MP_OBJ_STOP_ITERATION;
    }
    if (!s->m.pattern->is_bytes) {
        s->anchor_index += utf8_charlen(s->m.text + s->anchor, s->m.regs[0] - s->anchor);
        s->anchor = s->m.regs[0];
    }
    return new_match(s);
}

static mp_obj_t pattern_split(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_string, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL} },
        { MP_QSTR_maxsplit, MP_ARG_INT, {.u_int = 0} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    scan_t s;
    begin(&s, pos_args[0], args[0].u_obj, 0, RE_MAX_TEXT);
    mp_int_t left = args[1].u_int;
    uint32_t from = 0;
    mp_obj_t result = mp_obj_new_list(0, NULL);
    while ((args[1].u_int == 0 || left-- > 0) && scan(&s)) {
        mp_obj_list_append(result, slice(&s, from, s.m.regs[0]));
        for (uint32_t i = 1; i <= s.m.pattern->groups; i++) {
            mp_obj_list_append(result, group(&s, i, mp_const_none));
        }
        from = s.m.regs[1];
    }
    mp_obj_list_append(result, slice(&s, from, s.m.end));
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(pattern_split_obj, 1, pattern_split);

static void add_text(vstr_t *out, mp_obj_t text) {
    size_t len;
    const byte *data = re_text(text, &len);
    re_add(out, data, len);
}

// Substitute, and return how often; *result* is the new text.
static mp_int_t substitute(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args, mp_obj_t *result) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_repl, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL} },
        { MP_QSTR_string, MP_ARG_REQUIRED | MP_ARG_OBJ, {.u_obj = MP_OBJ_NULL} },
        { MP_QSTR_count, MP_ARG_INT, {.u_int = 0} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args - 1, pos_args + 1, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    scan_t s;
    begin(&s, pos_args[0], args[1].u_obj, 0, RE_MAX_TEXT);
    const re_pattern_t *pattern = s.m.pattern;
    mp_obj_t repl = args[0].u_obj, parts = MP_OBJ_NULL;
    bool call = mp_obj_is_callable(repl);
    if (!call) {
        parts = re_parse_template(pattern, re_subject(pattern, repl));
    }
    mp_int_t limit = args[2].u_int, n = 0;
    uint32_t from = 0;
    vstr_t out;
    vstr_init(&out, 16);
    while ((limit == 0 || n < limit) && scan(&s)) {
        n++;
        re_add(&out, s.m.text + from, s.m.regs[0] - from);
        from = s.m.regs[1];
        if (!call) {
            re_expand(&out, s.text, s.m.regs, parts);
            continue;
        }
        mp_obj_t made = mp_call_function_1(repl, new_match(&s));
        if (made != mp_const_none) {
            add_text(&out, re_subject(pattern, made));
        }
    }
    if (n == 0) {
        *result = s.text;
    } else {
        re_add(&out, s.m.text + from, s.m.end - from);
        *result = re_new_text(pattern, &out);
    }
    return n;
}

static mp_obj_t pattern_sub(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    mp_obj_t result;
    substitute(n_args, pos_args, kw_args, &result);
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(pattern_sub_obj, 1, pattern_sub);

static mp_obj_t pattern_subn(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    mp_obj_t pair[2];
    pair[1] = MP_OBJ_NEW_SMALL_INT(substitute(n_args, pos_args, kw_args, &pair[0]));
    return mp_obj_new_tuple(2, pair);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(pattern_subn_obj, 1, pattern_subn);

static mp_obj_t pattern_self(size_t n_args, const mp_obj_t *args) {
    (void)n_args; // a pattern is immutable: its copy is itself
    return args[0];
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(pattern_self_obj, 1, 2, pattern_self);

// ---- the type and the module

static void pattern_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return; // read-only
    }
    const re_pattern_t *self = MP_OBJ_TO_PTR(self_in);
    switch (attr) {
        case MP_QSTR_pattern:
            dest[0] = self->source;
            break;
        case MP_QSTR_flags:
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->flags);
            break;
        case MP_QSTR_groups:
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->groups);
            break;
        case MP_QSTR_groupindex:
            dest[0] = mp_obj_new_dict(self->n_names);
            for (size_t i = 0; i < self->n_names; i++) {
                mp_obj_dict_store(dest[0], self->names[2 * i], self->names[2 * i + 1]);
            }
            break;
        default:
            dest[1] = MP_OBJ_SENTINEL; // go on with the methods
    }
}

static void pattern_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    static const struct {
        uint16_t flag;
        const char *name;
    } names[] = {
        {RE_IGNORECASE, "IGNORECASE"}, {RE_LOCALE, "LOCALE"}, {RE_MULTILINE, "MULTILINE"},
        {RE_DOTALL, "DOTALL"}, {RE_VERBOSE, "VERBOSE"}, {RE_DEBUG, "DEBUG"}, {RE_ASCII, "ASCII"},
    };
    const re_pattern_t *self = MP_OBJ_TO_PTR(self_in);
    mp_print_str(print, "re.compile(");
    mp_obj_print_helper(print, self->source, PRINT_REPR);
    const char *before = ", ";
    for (size_t i = 0; i < MP_ARRAY_SIZE(names); i++) {
        if (self->flags & names[i].flag) {
            mp_printf(print, "%sre.%s", before, names[i].name);
            before = "|";
        }
    }
    mp_print_str(print, ")");
}

static mp_obj_t pattern_binary_op(mp_binary_op_t op, mp_obj_t a_in, mp_obj_t b_in) {
    if (op != MP_BINARY_OP_EQUAL || !mp_obj_is_type(b_in, &pattern_type)) {
        return MP_OBJ_NULL; // not supported
    }
    const re_pattern_t *a = MP_OBJ_TO_PTR(a_in), *b = MP_OBJ_TO_PTR(b_in);
    return mp_obj_new_bool(a->flags == b->flags && a->is_bytes == b->is_bytes && mp_obj_equal(a->source, b->source));
}

static mp_obj_t pattern_unary_op(mp_unary_op_t op, mp_obj_t self_in) {
    const re_pattern_t *self = MP_OBJ_TO_PTR(self_in);
    return op == MP_UNARY_OP_HASH ? mp_unary_op(op, self->source) : MP_OBJ_NULL;
}

static const mp_rom_map_elem_t pattern_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_search), MP_ROM_PTR(&pattern_search_obj) },
    { MP_ROM_QSTR(MP_QSTR_match), MP_ROM_PTR(&pattern_match_obj) },
    { MP_ROM_QSTR(MP_QSTR_fullmatch), MP_ROM_PTR(&pattern_fullmatch_obj) },
    { MP_ROM_QSTR(MP_QSTR_findall), MP_ROM_PTR(&pattern_findall_obj) },
    { MP_ROM_QSTR(MP_QSTR_finditer), MP_ROM_PTR(&pattern_finditer_obj) },
    { MP_ROM_QSTR(MP_QSTR_split), MP_ROM_PTR(&pattern_split_obj) },
    { MP_ROM_QSTR(MP_QSTR_sub), MP_ROM_PTR(&pattern_sub_obj) },
    { MP_ROM_QSTR(MP_QSTR_subn), MP_ROM_PTR(&pattern_subn_obj) },
    { MP_ROM_QSTR(MP_QSTR___copy__), MP_ROM_PTR(&pattern_self_obj) },
    { MP_ROM_QSTR(MP_QSTR___deepcopy__), MP_ROM_PTR(&pattern_self_obj) },
};
static MP_DEFINE_CONST_DICT(pattern_locals, pattern_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    pattern_type, MP_QSTR_Pattern, MP_TYPE_FLAG_NONE,
    print, pattern_print,
    attr, pattern_attr,
    unary_op, pattern_unary_op,
    binary_op, pattern_binary_op,
    locals_dict, &pattern_locals
    );

static MP_DEFINE_CONST_OBJ_TYPE(
    iterator_type, MP_QSTR_callable_iterator, MP_TYPE_FLAG_ITER_IS_ITERNEXT,
    iter, iterator_next
    );

// compile(pattern, flags): the pattern is str or bytes.
static mp_obj_t module_compile(mp_obj_t source, mp_obj_t flags) {
    mp_obj_t text = source;
    if (!IS_TEXT(text)) {
        mp_buffer_info_t buffer;
        if (!mp_get_buffer(source, &buffer, MP_BUFFER_READ)) {
            mp_raise_TypeError(MP_ERROR_TEXT("first argument must be string or compiled pattern"));
        }
        text = mp_obj_new_bytes(buffer.buf, buffer.len);
    }
    re_pattern_t *pattern = re_compile(text, mp_obj_get_int_truncated(flags) & 0x1ff);
    pattern->base.type = &pattern_type;
    return MP_OBJ_FROM_PTR(pattern);
}
static MP_DEFINE_CONST_FUN_OBJ_2(module_compile_obj, module_compile);

static const mp_rom_map_elem_t module_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__re) },
    { MP_ROM_QSTR(MP_QSTR_compile), MP_ROM_PTR(&module_compile_obj) },
    { MP_ROM_QSTR(MP_QSTR_error), MP_ROM_PTR(&re_error_type) },
    { MP_ROM_QSTR(MP_QSTR_Pattern), MP_ROM_PTR(&pattern_type) },
    { MP_ROM_QSTR(MP_QSTR_Match), MP_ROM_PTR(&re_match_type) },
};
static MP_DEFINE_CONST_DICT(module_globals, module_globals_table);

const mp_obj_module_t sandbox_module_re = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&module_globals,
};

MP_REGISTER_MODULE(MP_QSTR__re, sandbox_module_re);
