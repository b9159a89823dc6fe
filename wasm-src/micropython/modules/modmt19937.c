// The Mersenne Twister that CPython's random uses: a seed gives CPython's
// numbers. It is in C because 32-bit words do not fit wasm32's small ints, so
// that in Python every step of the generator would allocate.

#include <string.h>

#include "py/binary.h"
#include "py/objint.h"
#include "py/runtime.h"
#include "py/mphal.h"

#define MT_N (624)
#define MT_M (397)

typedef struct _mt_obj_t {
    mp_obj_base_t base;
    bool seeded;
    uint32_t index;
    uint32_t words[MT_N];
} mt_obj_t;

static void mt_init(mt_obj_t *self, uint32_t seed) {
    self->words[0] = seed;
    for (uint32_t i = 1; i < MT_N; i++) {
        uint32_t previous = self->words[i - 1];
        self->words[i] = 1812433253u * (previous ^ (previous >> 30)) + i;
    }
}

static void mt_init_by_array(mt_obj_t *self, const uint32_t *key, size_t len) {
    uint32_t *w = self->words;
    size_t i = 1, j = 0;
    mt_init(self, 19650218u);
    for (size_t k = MT_N > len ? MT_N : len; k > 0; k--) {
        w[i] = (w[i] ^ ((w[i - 1] ^ (w[i - 1] >> 30)) * 1664525u)) + key[j] + (uint32_t)j;
        if (++i >= MT_N) {
            w[0] = w[MT_N - 1];
            i = 1;
        }
        if (++j >= len) {
            j = 0;
        }
        if (k % 65536 == 0) {
            SANDBOX_POLL();
        }
    }
    for (size_t k = MT_N - 1; k > 0; k--) {
        w[i] = (w[i] ^ ((w[i - 1] ^ (w[i - 1] >> 30)) * 1566083941u)) - (uint32_t)i;
        if (++i >= MT_N) {
            w[0] = w[MT_N - 1];
            i = 1;
        }
    }
    w[0] = 0x80000000u;
    self->index = MT_N;
    self->seeded = true;
}

// Entropy is asked for at the first number, not at import: an image made at
// build time may hold an imported module, but must not hold a seed.
static void mt_seed_from_host(mt_obj_t *self) {
    uint32_t key[8];
    sandbox_entropy(key, sizeof key);
    mt_init_by_array(self, key, MP_ARRAY_SIZE(key));
}

static uint32_t mt_next(mt_obj_t *self) {
    uint32_t *w = self->words;
    if (!self->seeded) {
        mt_seed_from_host(self);
    }
    if (self->index >= MT_N) {
        for (size_t k = 0; k < MT_N; k++) {
            uint32_t y = (w[k] & 0x80000000u) | (w[(k + 1) % MT_N] & 0x7fffffffu);
            w[k] = w[(k + MT_M) % MT_N] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
        }
        self->index = 0;
    }
    uint32_t y = w[self->index++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

static mp_obj_t mt_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    (void)args;
    mt_obj_t *self = mp_obj_malloc(mt_obj_t, type);
    self->seeded = false;
    self->index = MT_N;
    memset(self->words, 0, sizeof(self->words));
    return MP_OBJ_FROM_PTR(self);
}

// seed(key): the bytes of the seed, least significant first; none of them asks
// for entropy at the next number.
static mp_obj_t mt_seed(mp_obj_t self_in, mp_obj_t key_in) {
    mt_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t buf;
    mp_get_buffer_raise(key_in, &buf, MP_BUFFER_READ);
    if (buf.len == 0) {
        self->seeded = false;
        return mp_const_none;
    }
    size_t len = buf.len / 4 + (buf.len % 4 != 0);
    uint32_t *key = m_new0(uint32_t, len);
    for (size_t i = 0; i < buf.len; i++) {
        key[i / 4] |= (uint32_t)((const uint8_t *)buf.buf)[i] << (8 * (i % 4));
    }
    mt_init_by_array(self, key, len);
    m_del(uint32_t, key, len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(mt_seed_obj, mt_seed);

static mp_obj_t mt_random(mp_obj_t self_in) {
    mt_obj_t *self = MP_OBJ_TO_PTR(self_in);
    uint32_t a = mt_next(self) >> 5;
    uint32_t b = mt_next(self) >> 6;
    return mp_obj_new_float((a * 67108864.0 + b) * (1.0 / 9007199254740992.0));
}
static MP_DEFINE_CONST_FUN_OBJ_1(mt_random_obj, mt_random);

static mp_obj_t mt_getrandbits(mp_obj_t self_in, mp_obj_t k_in) {
    mt_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_int_t k = mp_obj_get_int(k_in);
    if (k < 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("number of bits must be non-negative"));
    }
    if (k == 0) {
        return MP_OBJ_NEW_SMALL_INT(0);
    }
    if (k <= 32) {
        return mp_obj_new_int_from_uint(mt_next(self) >> (32 - k));
    }
    size_t len = ((size_t)k - 1) / 32 + 1;
    byte *buf = m_new(byte, len * 4);
    for (size_t i = 0; i < len; i++, k -= 32) {
        uint32_t r = mt_next(self);
        if (k < 32) {
            r >>= 32 - k;
        }
        for (size_t j = 0; j < 4; j++) {
            buf[4 * i + j] = (byte)(r >> (8 * j));
        }
    }
    mp_obj_t result = mp_obj_int_from_bytes_impl(false, len * 4, buf);
    m_del(byte, buf, len * 4);
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_2(mt_getrandbits_obj, mt_getrandbits);

// below(n): as CPython draws it, the top bits of a word until they are below n.
// n is a positive small int; the caller draws for the larger ones itself.
static mp_obj_t mt_below(mp_obj_t self_in, mp_obj_t n_in) {
    mt_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_int_t n = mp_obj_get_int(n_in);
    if (n <= 0 || (uint64_t)n > 0xffffffffu) {
        mp_raise_ValueError(MP_ERROR_TEXT("n out of range"));
    }
    unsigned drop = __builtin_clz((uint32_t)n);
    uint32_t r;
    do {
        r = mt_next(self) >> drop;
    } while (r >= (uint32_t)n);
    return mp_obj_new_int_from_uint(r);
}
static MP_DEFINE_CONST_FUN_OBJ_2(mt_below_obj, mt_below);

// getstate(): the words and the index, as CPython's tuple has them.
static mp_obj_t mt_getstate(mp_obj_t self_in) {
    mt_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (!self->seeded) {
        mt_seed_from_host(self);
    }
    mp_obj_t tuple = mp_obj_new_tuple(MT_N + 1, NULL);
    mp_obj_tuple_t *t = MP_OBJ_TO_PTR(tuple);
    for (size_t i = 0; i <= MT_N; i++) {
        t->items[i] = mp_const_none;
    }
    for (size_t i = 0; i < MT_N; i++) {
        t->items[i] = mp_obj_new_int_from_uint(self->words[i]);
    }
    t->items[MT_N] = mp_obj_new_int_from_uint(self->index);
    return tuple;
}
static MP_DEFINE_CONST_FUN_OBJ_1(mt_getstate_obj, mt_getstate);

static mp_obj_t mt_setstate(mp_obj_t self_in, mp_obj_t state_in) {
    mt_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_obj_t *items;
    // A copy: reading a number may run code that changes a list.
    mp_obj_get_array_fixed_n(state_in, MT_N + 1, &items);
    state_in = mp_obj_new_tuple(MT_N + 1, items);
    mp_obj_get_array_fixed_n(state_in, MT_N + 1, &items);
    mp_int_t index = mp_obj_get_int(items[MT_N]);
    if (index < 0 || index > MT_N) {
        mp_raise_ValueError(MP_ERROR_TEXT("invalid state"));
    }
    for (size_t i = 0; i < MT_N; i++) {
        self->words[i] = (uint32_t)mp_obj_get_int_truncated(items[i]);
    }
    self->index = (uint32_t)index;
    self->seeded = true;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(mt_setstate_obj, mt_setstate);

static const mp_rom_map_elem_t mt_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_seed), MP_ROM_PTR(&mt_seed_obj) },
    { MP_ROM_QSTR(MP_QSTR_random), MP_ROM_PTR(&mt_random_obj) },
    { MP_ROM_QSTR(MP_QSTR_getrandbits), MP_ROM_PTR(&mt_getrandbits_obj) },
    { MP_ROM_QSTR(MP_QSTR_below), MP_ROM_PTR(&mt_below_obj) },
    { MP_ROM_QSTR(MP_QSTR_getstate), MP_ROM_PTR(&mt_getstate_obj) },
    { MP_ROM_QSTR(MP_QSTR_setstate), MP_ROM_PTR(&mt_setstate_obj) },
};
static MP_DEFINE_CONST_DICT(mt_locals, mt_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    mt_type, MP_QSTR_Generator, MP_TYPE_FLAG_NONE,
    make_new, mt_make_new,
    locals_dict, &mt_locals
    );

// urandom(n): bytes from the host, not from the generator.
static mp_obj_t mt_urandom(mp_obj_t n_in) {
    mp_int_t n = mp_obj_get_int(n_in);
    if (n < 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("negative argument not allowed"));
    }
    vstr_t vstr;
    vstr_init_len(&vstr, (size_t)n);
    sandbox_entropy(vstr.buf, vstr.len);
    return mp_obj_new_bytes_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_1(mt_urandom_obj, mt_urandom);

static const mp_rom_map_elem_t mt_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__mt19937) },
    { MP_ROM_QSTR(MP_QSTR_Generator), MP_ROM_PTR(&mt_type) },
    { MP_ROM_QSTR(MP_QSTR_urandom), MP_ROM_PTR(&mt_urandom_obj) },
};
static MP_DEFINE_CONST_DICT(mt_globals, mt_globals_table);

const mp_obj_module_t mt19937_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&mt_globals,
};
MP_REGISTER_MODULE(MP_QSTR__mt19937, mt19937_module);
