// Values across the boundary, as JSON with tags. sandbox_wasm/_values.py is the
// other side, and says what each tag means.
//
// JSON has no word for bytes, tuples or NaN. Such a value is an object whose
// first key is "$" and names the tag; a dict that has a key "$" of its own is
// written as a tagged list of pairs, so an object is never ambiguous.
#include <math.h>
#include <string.h>
#include "py/binary.h"
#include "py/builtin.h"
#include "py/cstack.h"
#include "py/mpz.h"
#include "py/objint.h"
#include "py/objlist.h"
#include "py/objstr.h"
#include "py/objtuple.h"
#include "py/objtype.h"
#include "py/parsenum.h"
#include "py/runtime.h"
#include "py/unicode.h"
#include "guest.h"

// Types of the frozen library (datetime, decimal, ...) have their own two
// functions in Python; only values of such types pay for them.
static mp_obj_t helper(qstr function) {
    mp_obj_t module = mp_import_name(MP_QSTR__values, mp_const_none, MP_OBJ_NEW_SMALL_INT(0));
    return mp_load_attr(module, function);
}

static MP_NORETURN void too_deep(void) {
    mp_raise_ValueError(MP_ERROR_TEXT("value is nested too deeply or refers to itself"));
}

// ---- encoding

typedef struct _encoder_t {
    vstr_t *out;
    bool describe;
} encoder_t;

static void encode(encoder_t *e, mp_obj_t o, int depth);

static void put(encoder_t *e, const char *text) {
    vstr_add_str(e->out, text);
}

// Whether none of eight bytes is a control character, a quote, a backslash or beyond ASCII.
static bool is_plain(const byte *s) {
    const uint64_t ones = 0x0101010101010101;
    uint64_t w, quote, backslash;
    memcpy(&w, s, sizeof w);
    quote = w ^ ones * '"';
    backslash = w ^ ones * '\\';
    return ((w | (w - ones * 0x20) | (quote - ones) | (backslash - ones)) & ones * 0x80) == 0;
}

static void put_string(encoder_t *e, const byte *s, size_t len) {
    static const char hex[] = "0123456789abcdef";
    // A source given as bytes can hold anything; the host would take it for an attack.
    if (!utf8_check(s, len)) {
        mp_raise_msg(&mp_type_UnicodeError, MP_ERROR_TEXT("text is not valid UTF-8"));
    }
    vstr_hint_size(e->out, len + 2);
    vstr_add_char(e->out, '"');
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        while (i + 8 <= len && is_plain(s + i)) {
            i += 8;
        }
        if (i == len) {
            break;
        }
        byte c = s[i];
        if (c == 0xed && i + 1 < len && s[i + 1] >= 0xa0) {
            mp_raise_msg(&mp_type_UnicodeError, MP_ERROR_TEXT("surrogates not allowed"));
        }
        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        vstr_add_strn(e->out, (const char *)s + from, i - from);
        from = i + 1;
        if (c >= 0x20) {
            vstr_add_char(e->out, '\\');
            vstr_add_char(e->out, c);
        } else {
            put(e, "\\u00");
            vstr_add_char(e->out, hex[c >> 4]);
            vstr_add_char(e->out, hex[c & 15]);
        }
    }
    vstr_add_strn(e->out, (const char *)s + from, len - from);
    vstr_add_char(e->out, '"');
}

static void put_qstr(encoder_t *e, qstr q) {
    size_t len;
    const byte *s = qstr_data(q, &len);
    put_string(e, s, len);
}

static void put_base64(encoder_t *e, const char *tag, const byte *s, size_t len) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    put(e, "{\"$\":\"");
    put(e, tag);
    put(e, "\",\"v\":\"");
    for (size_t i = 0; i < len; i += 3) {
        uint32_t n = s[i] << 16 | (i + 1 < len ? s[i + 1] << 8 : 0) | (i + 2 < len ? s[i + 2] : 0);
        vstr_add_char(e->out, digits[n >> 18]);
        vstr_add_char(e->out, digits[n >> 12 & 63]);
        vstr_add_char(e->out, i + 1 < len ? digits[n >> 6 & 63] : '=');
        vstr_add_char(e->out, i + 2 < len ? digits[n & 63] : '=');
    }
    put(e, "\"}");
}

// True and the value, if the int fits 64 bits. The size of an mpz is an upper
// bound in units of 16 bits, so some that would fit go the long way.
static bool int64_of(mp_obj_t o, int64_t *value) {
    if (mp_obj_is_small_int(o)) {
        *value = MP_OBJ_SMALL_INT_VALUE(o);
        return true;
    }
    const mpz_t *z = &((mp_obj_int_t *)MP_OBJ_TO_PTR(o))->mpz;
    if (mpz_max_num_bits(z) > 48) {
        return false;
    }
    byte bytes[8];
    mpz_as_bytes(z, false, true, sizeof bytes, bytes);
    memcpy(value, bytes, sizeof bytes);
    return true;
}

static void put_int(encoder_t *e, mp_obj_t o) {
    int64_t value;
    if (int64_of(o, &value)) {
        char text[24];
        char *p = text + sizeof text;
        uint64_t u = value < 0 ? -(uint64_t)value : (uint64_t)value;
        *--p = 0;
        do {
            *--p = '0' + u % 10;
        } while (u /= 10);
        if (value < 0) {
            *--p = '-';
        }
        put(e, p);
        return;
    }
    put(e, "{\"$\":\"int\",\"v\":\"");
    char *buf = NULL;
    size_t buf_size = 0, len;
    char *text = mp_obj_int_formatted(&buf, &buf_size, &len, o, 16, "0x", 'a', 0);
    vstr_add_strn(e->out, text, len);
    m_del(char, buf, buf_size);
    put(e, "\"}");
}

static void put_float(encoder_t *e, mp_float_t f) {
    if (isnan(f)) {
        put(e, "{\"$\":\"float\",\"v\":\"nan\"}");
    } else if (isinf(f)) {
        put(e, f > 0 ? "{\"$\":\"float\",\"v\":\"inf\"}" : "{\"$\":\"float\",\"v\":\"-inf\"}");
    } else {
        mp_print_t print = { e->out, (mp_print_strn_t)vstr_add_strn };
        mp_obj_print_helper(&print, mp_obj_new_float(f), PRINT_REPR);
    }
}

static void put_items(encoder_t *e, mp_obj_t o, int depth) {
    vstr_add_char(e->out, '[');
    size_t n;
    mp_obj_t *items;
    // Read anew for each item: describing one may run code that changes the list.
    for (size_t i = 0; mp_obj_get_array(o, &n, &items), i < n; i++) {
        if (i) {
            vstr_add_char(e->out, ',');
        }
        encode(e, items[i], depth);
    }
    vstr_add_char(e->out, ']');
}

static void put_tagged_items(encoder_t *e, const char *tag, mp_obj_t o, int depth) {
    put(e, "{\"$\":\"");
    put(e, tag);
    put(e, "\",\"v\":");
    put_items(e, o, depth);
    vstr_add_char(e->out, '}');
}

static bool is_plain_key(mp_obj_t key) {
    size_t len;
    return mp_obj_is_str(key) && !(mp_obj_str_get_data(key, &len)[0] == '$' && len == 1);
}

static void put_dict(encoder_t *e, mp_obj_t o, int depth) {
    mp_map_t *map = mp_obj_dict_get_map(o);
    bool plain = true;
    for (size_t i = 0; i < map->alloc && plain; i++) {
        plain = !mp_map_slot_is_filled(map, i) || is_plain_key(map->table[i].key);
    }
    put(e, plain ? "{" : "{\"$\":\"dict\",\"v\":[");
    bool first = true;
    for (size_t i = 0; i < map->alloc; i++) {
        if (!mp_map_slot_is_filled(map, i)) {
            continue;
        }
        mp_obj_t key = map->table[i].key, value = map->table[i].value;
        if (plain && !is_plain_key(key)) {
            mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("dict changed while it was passed out"));
        }
        put(e, first ? (plain ? "" : "[") : (plain ? "," : ",["));
        first = false;
        encode(e, key, depth);
        put(e, plain ? ":" : ",");
        encode(e, value, depth);
        put(e, plain ? "" : "]");
    }
    put(e, plain ? "}" : "]}");
}

// The part of a subclass's instance that is of the builtin type, or the value itself.
static mp_obj_t native_base(mp_obj_t o, const mp_obj_type_t *type) {
    const mp_obj_type_t *own = mp_obj_get_type(o);
    if (own == type) {
        return o;
    }
    if (!mp_obj_is_subclass_fast(MP_OBJ_FROM_PTR(own), MP_OBJ_FROM_PTR(type))) {
        return MP_OBJ_NULL;
    }
    return mp_obj_is_instance_type(own) ? mp_obj_cast_to_native_base(o, MP_OBJ_FROM_PTR(type)) : o;
}

static void put_description(encoder_t *e, mp_obj_t o) {
    if (!e->describe) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("%s is not data and cannot leave the sandbox"),
            mp_obj_get_type_str(o));
    }
    vstr_t text;
    mp_print_t print;
    vstr_init_print(&text, 64, &print);
    mp_obj_print_helper(&print, o, PRINT_REPR);
    put(e, "{\"$\":\"object\",\"type\":");
    put_qstr(e, mp_obj_get_type(o)->name);
    put(e, ",\"repr\":");
    put_string(e, (const byte *)text.buf, text.len);
    vstr_add_char(e->out, '}');
    vstr_clear(&text);
}

// Anything but the commonest types.
static void put_other(encoder_t *e, mp_obj_t o, int depth) {
    mp_obj_t base;
    mp_buffer_info_t buf;
    if ((base = native_base(o, &mp_type_tuple)) != MP_OBJ_NULL) {
        put_tagged_items(e, "tuple", base, depth);
    } else if ((base = native_base(o, &mp_type_bytes)) != MP_OBJ_NULL
               || (base = native_base(o, &mp_type_bytearray)) != MP_OBJ_NULL) {
        mp_get_buffer_raise(base, &buf, MP_BUFFER_READ);
        put_base64(e, mp_obj_is_type(base, &mp_type_bytes) ? "bytes" : "bytearray", buf.buf, buf.len);
    } else if ((base = native_base(o, &mp_type_set)) != MP_OBJ_NULL) {
        put_tagged_items(e, "set", mp_obj_list_make_new(&mp_type_list, 1, 0, &base), depth);
    } else if ((base = native_base(o, &mp_type_frozenset)) != MP_OBJ_NULL) {
        put_tagged_items(e, "frozenset", mp_obj_list_make_new(&mp_type_list, 1, 0, &base), depth);
    } else if ((base = native_base(o, &mp_type_dict)) != MP_OBJ_NULL) {
        put_dict(e, base, depth);
    } else if ((base = native_base(o, &mp_type_list)) != MP_OBJ_NULL) {
        put_items(e, base, depth);
    } else if ((base = native_base(o, &mp_type_str)) != MP_OBJ_NULL
               || (base = native_base(o, &mp_type_int)) != MP_OBJ_NULL
               || (base = native_base(o, &mp_type_float)) != MP_OBJ_NULL) {
        if (base == o) {
            put_description(e, o); // cannot be: these are known to encode()
        } else {
            encode(e, base, depth);
        }
    } else if (mp_obj_is_type(o, &mp_type_complex)) {
        mp_float_t re, im;
        mp_obj_get_complex(o, &re, &im);
        put(e, "{\"$\":\"complex\",\"v\":[");
        put_float(e, re);
        vstr_add_char(e->out, ',');
        put_float(e, im);
        put(e, "]}");
    } else if (mp_obj_is_instance_type(mp_obj_get_type(o))) {
        mp_obj_t known = mp_call_function_1(helper(MP_QSTR_encode), o);
        if (known == mp_const_none) {
            put_description(e, o);
            return;
        }
        mp_obj_t *pair;
        mp_obj_get_array_fixed_n(known, 2, &pair);
        mp_obj_t tag = pair[0], value = pair[1]; // encoding one may run code that changes the pair
        if (tag == mp_const_none) { // (None, plain value)
            encode(e, value, depth);
            return;
        }
        put(e, "{\"$\":");
        encode(e, tag, depth);
        put(e, ",\"v\":");
        encode(e, value, depth);
        vstr_add_char(e->out, '}');
    } else {
        put_description(e, o);
    }
}

static void encode(encoder_t *e, mp_obj_t o, int depth) {
    if (o == mp_const_none) {
        put(e, "null");
    } else if (o == mp_const_true) {
        put(e, "true");
    } else if (o == mp_const_false) {
        put(e, "false");
    } else if (mp_obj_is_exact_type(o, &mp_type_int) || mp_obj_is_small_int(o)) {
        put_int(e, o);
    } else if (mp_obj_is_str(o)) {
        GET_STR_DATA_LEN(o, s, len);
        put_string(e, s, len);
    } else if (mp_obj_is_float(o)) {
        put_float(e, mp_obj_float_get(o));
    } else {
        if (depth >= SANDBOX_VALUE_DEPTH) {
            too_deep();
        }
        mp_cstack_check();
        SANDBOX_POLL();
        if (mp_obj_is_type(o, &mp_type_list)) {
            put_items(e, o, depth + 1);
        } else if (mp_obj_is_type(o, &mp_type_dict)) {
            put_dict(e, o, depth + 1);
        } else {
            put_other(e, o, depth + 1);
        }
    }
}

void sandbox_encode(vstr_t *out, mp_obj_t value, bool describe) {
    encoder_t e = { out, describe };
    encode(&e, value, 0);
}

void sandbox_answer(mp_obj_t value) {
    struct sandbox_exchange *x = &sandbox_exchange;
    int64_t i;
    if (value == mp_const_none) {
        x->kind = SANDBOX_KIND_NONE;
    } else if (mp_obj_is_bool(value)) {
        x->kind = value == mp_const_true ? SANDBOX_KIND_TRUE : SANDBOX_KIND_FALSE;
    } else if (mp_obj_is_int(value) && int64_of(value, &i)) {
        x->kind = SANDBOX_KIND_INT;
        x->value_bits = (uint64_t)i;
    } else if (mp_obj_is_float(value)) {
        mp_float_t f = mp_obj_float_get(value);
        x->kind = SANDBOX_KIND_FLOAT;
        memcpy(&x->value_bits, &f, sizeof f);
    } else {
        vstr_t text;
        vstr_init(&text, 128);
        sandbox_encode(&text, value, true);
        x->kind = SANDBOX_KIND_JSON;
        x->value_ptr = (uint32_t)(uintptr_t)text.buf;
        x->value_len = text.len;
    }
}

// ---- decoding

typedef struct _decoder_t {
    const char *at, *end;
} decoder_t;

static mp_obj_t decode(decoder_t *d, int depth);

static MP_NORETURN void malformed(void) {
    mp_raise_ValueError(MP_ERROR_TEXT("malformed value from the host"));
}

static char peek(decoder_t *d) {
    while (d->at < d->end && (*d->at == ' ' || *d->at == '\n' || *d->at == '\t' || *d->at == '\r')) {
        d->at++;
    }
    return d->at < d->end ? *d->at : 0;
}

static void expect(decoder_t *d, char c) {
    if (peek(d) != c) {
        malformed();
    }
    d->at++;
}

static bool take_word(decoder_t *d, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(d->end - d->at) < n || memcmp(d->at, word, n) != 0) {
        return false;
    }
    d->at += n;
    return true;
}

static uint32_t take_hex4(decoder_t *d) {
    uint32_t code = 0;
    if (d->end - d->at < 4) {
        malformed();
    }
    for (int i = 0; i < 4; i++) {
        char c = *d->at++;
        if (!unichar_isxdigit(c)) {
            malformed();
        }
        code = code << 4 | unichar_xdigit_value(c);
    }
    return code;
}

// What follows a backslash.
static void take_escape(decoder_t *d, vstr_t *out) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = d->at < d->end ? *d->at++ : 0;
    const char *known = c ? strchr(from, c) : NULL;
    if (known) {
        vstr_add_char(out, to[known - from]);
        return;
    }
    if (c != 'u') {
        malformed();
    }
    uint32_t code = take_hex4(d);
    if (code >= 0xd800 && code < 0xdc00 && take_word(d, "\\u")) {
        uint32_t low = take_hex4(d);
        if (low < 0xdc00 || low > 0xdfff) {
            malformed();
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (code >= 0xd800 && code <= 0xdfff) {
        malformed();
    }
    vstr_add_char(out, code);
}

static mp_obj_t take_string(decoder_t *d) {
    expect(d, '"');
    const char *start = d->at;
    while (d->at < d->end && *d->at != '"' && *d->at != '\\') {
        d->at++;
    }
    if (d->at < d->end && *d->at == '"') {
        return mp_obj_new_str(start, d->at++ - start);
    }
    vstr_t text;
    vstr_init(&text, d->at - start + 32);
    vstr_add_strn(&text, start, d->at - start);
    for (;;) {
        if (d->at >= d->end) {
            malformed();
        }
        char c = *d->at++;
        if (c == '"') {
            return mp_obj_new_str_from_vstr(&text);
        } else if (c == '\\') {
            take_escape(d, &text);
        } else {
            vstr_add_byte(&text, c);
        }
    }
}

static mp_obj_t take_number(decoder_t *d) {
    const char *start = d->at;
    bool real = false;
    while (d->at < d->end && strchr("+-0123456789.eE", *d->at) != NULL && *d->at) {
        real |= *d->at == '.' || *d->at == 'e' || *d->at == 'E';
        d->at++;
    }
    size_t len = d->at - start;
    if (len == 0) {
        malformed();
    }
    return real ? mp_parse_num_float(start, len, false, NULL) : mp_parse_num_integer(start, len, 10, NULL);
}

static mp_obj_t take_list(decoder_t *d, int depth) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    expect(d, '[');
    if (peek(d) == ']') {
        d->at++;
        return list;
    }
    for (;;) {
        mp_obj_list_append(list, decode(d, depth));
        if (peek(d) == ',') {
            d->at++;
        } else {
            expect(d, ']');
            return list;
        }
    }
}

static mp_obj_t bytes_of(mp_obj_t text, bool mutable) {
    size_t len;
    const char *s = mp_obj_str_get_data(text, &len);
    vstr_t out;
    vstr_init(&out, len / 4 * 3 + 4);
    uint32_t bits = 0, n = 0;
    for (size_t i = 0; i < len && s[i] != '='; i++) {
        char c = s[i];
        int v = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26
            : c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' ? 62 : c == '/' ? 63 : -1;
        if (v < 0) {
            malformed();
        }
        bits = bits << 6 | v;
        n += 6;
        if (n >= 8) {
            n -= 8;
            vstr_add_byte(&out, bits >> n);
        }
    }
    return mutable ? mp_obj_new_bytearray(out.len, out.buf) : mp_obj_new_bytes_from_vstr(&out);
}

static mp_obj_t untag(qstr tag, mp_obj_t v) {
    size_t n, len;
    mp_obj_t *items;
    switch (tag) {
        case MP_QSTR_tuple:
            mp_obj_get_array(v, &n, &items);
            return mp_obj_new_tuple(n, items);
        case MP_QSTR_bytes:
            return bytes_of(v, false);
        case MP_QSTR_bytearray:
            return bytes_of(v, true);
        case MP_QSTR_set:
            return mp_call_function_1(MP_OBJ_FROM_PTR(&mp_type_set), v);
        case MP_QSTR_frozenset:
            return mp_call_function_1(MP_OBJ_FROM_PTR(&mp_type_frozenset), v);
        case MP_QSTR_dict:
            return mp_call_function_1(MP_OBJ_FROM_PTR(&mp_type_dict), v);
        case MP_QSTR_float:
            return mp_call_function_1(MP_OBJ_FROM_PTR(&mp_type_float), v);
        case MP_QSTR_int: {
            const char *s = mp_obj_str_get_data(v, &len);
            return mp_parse_num_integer(s, len, 16, NULL);
        }
        case MP_QSTR_complex:
            mp_obj_get_array_fixed_n(v, 2, &items);
            return mp_obj_new_complex(mp_obj_get_float(items[0]), mp_obj_get_float(items[1]));
        default:
            return mp_call_function_2(helper(MP_QSTR_decode), MP_OBJ_NEW_QSTR(tag), v);
    }
}

static mp_obj_t take_object(decoder_t *d, int depth) {
    mp_obj_t dict = mp_obj_new_dict(0);
    expect(d, '{');
    if (peek(d) == '}') {
        d->at++;
        return dict;
    }
    for (bool first = true;; first = false) {
        mp_obj_t key = take_string(d);
        expect(d, ':');
        if (first && key == MP_OBJ_NEW_QSTR(MP_QSTR__dollar_)) {
            qstr tag = mp_obj_str_get_qstr(take_string(d));
            expect(d, ',');
            take_string(d);
            expect(d, ':');
            mp_obj_t value = decode(d, depth);
            expect(d, '}');
            return untag(tag, value);
        }
        mp_obj_dict_store(dict, key, decode(d, depth));
        if (peek(d) == ',') {
            d->at++;
            peek(d);
        } else {
            expect(d, '}');
            return dict;
        }
    }
}

static mp_obj_t decode(decoder_t *d, int depth) {
    // A tag may stand between every two levels of the value.
    if (depth > 2 * SANDBOX_VALUE_DEPTH) {
        too_deep();
    }
    mp_cstack_check();
    SANDBOX_POLL();
    switch (peek(d)) {
        case '"':
            return take_string(d);
        case '[':
            return take_list(d, depth + 1);
        case '{':
            return take_object(d, depth + 1);
        case 'n':
            return take_word(d, "null") ? mp_const_none : (malformed(), mp_const_none);
        case 't':
            return take_word(d, "true") ? mp_const_true : (malformed(), mp_const_none);
        case 'f':
            return take_word(d, "false") ? mp_const_false : (malformed(), mp_const_none);
        default:
            return take_number(d);
    }
}

mp_obj_t sandbox_decode(const char *text, size_t len) {
    decoder_t d = { text, text + len };
    mp_obj_t value = decode(&d, 0);
    if (peek(&d) != 0 || d.at != d.end) {
        malformed();
    }
    return value;
}
