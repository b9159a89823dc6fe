// The module _zlib: DEFLATE (RFC 1951) in both directions and the two checksums. lib/zlib.py and
// lib/gzip.py put the headers around it.
//
// Upstream's deflate module is not used: its compressor compares every byte with the whole window, and
// neither direction can be interrupted.

#include <string.h>

#include "py/runtime.h"

// Called now and then; the port makes it look for an interrupt, and it may raise.
#ifndef SANDBOX_POLL
#define SANDBOX_POLL()
#endif
#define SYMBOLS_PER_POLL (4096)

#define MAX_BITS (15)
#define MAX_WINDOW_BITS (15)
#define MIN_MATCH (3)
#define MAX_MATCH (258)
#define N_LENGTHS (29)
#define N_DISTANCES (30)

static const uint16_t length_base[N_LENGTHS] = {
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
};
static const uint8_t length_extra[N_LENGTHS] = {
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
};
static const uint16_t distance_base[N_DISTANCES] = {
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12289, 16385, 24577,
};
#define DISTANCE_EXTRA(code) ((code) < 2 ? 0 : (code) / 2 - 1)

static void get_data(mp_obj_t data, mp_buffer_info_t *buffer) {
    if (mp_obj_is_str(data) || !mp_get_buffer(data, buffer, MP_BUFFER_READ)) {
        mp_raise_TypeError(MP_ERROR_TEXT("a bytes-like object is required"));
    }
}

// Make room for *n* more bytes. vstr itself grows by a few bytes at a time.
static void reserve(vstr_t *vstr, size_t n) {
    if (vstr->alloc - vstr->len < n) {
        vstr_hint_size(vstr, MAX(n, vstr->alloc / 2));
    }
}

static inline void add_byte(vstr_t *vstr, byte b) {
    reserve(vstr, 1);
    vstr->buf[vstr->len++] = b;
}

static byte *add_room(vstr_t *vstr, size_t n) {
    reserve(vstr, n);
    vstr->len += n;
    return (byte *)vstr->buf + vstr->len - n;
}

static void add_bytes(vstr_t *vstr, const byte *data, size_t n) {
    if (n > 0) {
        memcpy(add_room(vstr, n), data, n);
    }
}

// ---- decompression

typedef enum { DONE, MORE, FULL, BAD } status_t; // the end, input or room for output ran out, damaged

typedef struct {
    const byte *in;
    size_t pos, len;
    uint32_t bits;
    unsigned n_bits;
    bool short_of_input;
    vstr_t out;
    size_t limit;
    uint32_t countdown;
} inflate_t;

typedef struct {
    uint16_t count[MAX_BITS + 1]; // how many codes have each length
    uint16_t symbol[288];         // the symbols in the order of their codes
} huffman_t;

// Past the end of the input, zeros; short_of_input tells.
static uint32_t get_bits(inflate_t *s, unsigned n) {
    while (s->n_bits < n) {
        if (s->pos < s->len) {
            s->bits |= (uint32_t)s->in[s->pos++] << s->n_bits;
        } else {
            s->short_of_input = true;
        }
        s->n_bits += 8;
    }
    uint32_t value = s->bits & ((1u << n) - 1);
    s->bits >>= n;
    s->n_bits -= n;
    return value;
}

// False if the lengths do not make a code. One that leaves codes unused is refused too, unless it has
// at most one symbol.
static bool build(huffman_t *h, const uint8_t *lengths, unsigned n) {
    uint16_t place[MAX_BITS + 1];
    memset(h->count, 0, sizeof(h->count));
    for (unsigned i = 0; i < n; i++) {
        h->count[lengths[i]]++;
    }
    int left = 1;
    place[0] = place[1] = 0;
    for (unsigned i = 1; i <= MAX_BITS; i++) {
        left = 2 * left - h->count[i];
        if (left < 0) {
            return false;
        }
        if (i < MAX_BITS) {
            place[i + 1] = place[i] + h->count[i];
        }
    }
    for (unsigned i = 0; i < n; i++) {
        if (lengths[i] != 0) {
            h->symbol[place[lengths[i]]++] = i;
        }
    }
    return left == 0 || n - h->count[0] <= 1;
}

// The next symbol, or -1.
static int decode(inflate_t *s, const huffman_t *h) {
    int code = 0, first = 0, index = 0;
    for (unsigned i = 1; i <= MAX_BITS; i++) {
        code |= get_bits(s, 1);
        int count = h->count[i];
        if (code - first < count) {
            return h->symbol[index + code - first];
        }
        index += count;
        first = (first + count) << 1;
        code <<= 1;
    }
    return -1;
}

static status_t inflate_stored(inflate_t *s) {
    s->bits = s->n_bits = 0; // to the next byte
    uint32_t length = get_bits(s, 16), check = get_bits(s, 16);
    if (s->short_of_input) {
        return MORE;
    }
    if (length != (check ^ 0xffff)) {
        return BAD;
    }
    size_t n = MIN(length, MIN(s->len - s->pos, s->limit - s->out.len));
    add_bytes(&s->out, s->in + s->pos, n);
    s->pos += n;
    return n == length ? DONE : s->out.len == s->limit ? FULL : MORE;
}

static status_t inflate_codes(inflate_t *s, const huffman_t *literals, const huffman_t *distances) {
    for (;;) {
        if (s->out.len >= s->limit) {
            return FULL;
        }
        if (--s->countdown == 0) {
            s->countdown = SYMBOLS_PER_POLL;
            SANDBOX_POLL();
        }
        int symbol = decode(s, literals);
        if (s->short_of_input) {
            return MORE;
        }
        if (symbol < 0) {
            return BAD;
        }
        if (symbol < 256) {
            add_byte(&s->out, symbol);
            continue;
        }
        if (symbol == 256) {
            return DONE;
        }
        symbol -= 257;
        if (symbol >= N_LENGTHS) {
            return BAD;
        }
        size_t length = length_base[symbol] + get_bits(s, length_extra[symbol]);
        int code = decode(s, distances);
        if (s->short_of_input) {
            return MORE;
        }
        if (code < 0 || code >= N_DISTANCES) {
            return BAD;
        }
        size_t distance = distance_base[code] + get_bits(s, DISTANCE_EXTRA(code));
        if (s->short_of_input) {
            return MORE;
        }
        if (distance > s->out.len) {
            return BAD;
        }
        length = MIN(length, s->limit - s->out.len);
        byte *to = add_room(&s->out, length);
        for (size_t i = 0; i < length; i++) {
            to[i] = to[(ptrdiff_t)i - (ptrdiff_t)distance];
        }
    }
}

static bool read_codes(inflate_t *s, huffman_t *literals, huffman_t *distances) {
    static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    uint8_t lengths[288 + 32] = {0};
    unsigned n_literals = get_bits(s, 5) + 257, n_distances = get_bits(s, 5) + 1, n_codes = get_bits(s, 4) + 4;
    if (n_literals > 286 || n_distances > N_DISTANCES) {
        return false;
    }
    for (unsigned i = 0; i < n_codes; i++) {
        lengths[order[i]] = get_bits(s, 3);
    }
    if (!build(literals, lengths, 19)) {
        return false;
    }
    unsigned n = 0, total = n_literals + n_distances;
    memset(lengths, 0, sizeof(lengths));
    while (n < total) {
        int symbol = decode(s, literals);
        if (symbol < 0 || s->short_of_input) {
            return false;
        }
        if (symbol < 16) {
            lengths[n++] = symbol;
            continue;
        }
        unsigned value = 0, repeat;
        if (symbol == 16) {
            if (n == 0) {
                return false;
            }
            value = lengths[n - 1];
            repeat = 3 + get_bits(s, 2);
        } else {
            repeat = symbol == 17 ? 3 + get_bits(s, 3) : 11 + get_bits(s, 7);
        }
        if (n + repeat > total) {
            return false;
        }
        memset(lengths + n, value, repeat);
        n += repeat;
    }
    // Without an end-of-block code the block could not end.
    return lengths[256] != 0 && build(literals, lengths, n_literals) && build(distances, lengths + n_literals, n_distances);
}

static status_t inflate_block(inflate_t *s, unsigned type) {
    huffman_t literals, distances;
    uint8_t lengths[288];
    switch (type) {
        case 0:
            return inflate_stored(s);
        case 1:
            memset(lengths, 8, 144);
            memset(lengths + 144, 9, 112);
            memset(lengths + 256, 7, 24);
            memset(lengths + 280, 8, 8);
            build(&literals, lengths, 288);
            memset(lengths, 5, 32); // the last two never occur
            build(&distances, lengths, 32);
            break;
        case 2:
            if (!read_codes(s, &literals, &distances)) {
                return s->short_of_input ? MORE : BAD;
            }
            break;
        default:
            return BAD;
    }
    return inflate_codes(s, &literals, &distances);
}

// inflate(data, start, limit, prefix): decompress from *start* until the end or *limit* bytes are out.
// *prefix* is the dictionary that the output follows. Returns (output, where the input was left, done);
// done is None if the data is damaged.
static mp_obj_t module_inflate(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t data, prefix;
    get_data(args[0], &data);
    get_data(args[3], &prefix);
    mp_uint_t start = mp_obj_get_int(args[1]);
    mp_int_t limit = mp_obj_get_int(args[2]);
    inflate_t s = {.in = data.buf, .pos = MIN(start, data.len), .len = data.len, .countdown = SYMBOLS_PER_POLL};
    vstr_init(&s.out, 64);
    add_bytes(&s.out, prefix.buf, prefix.len);
    s.limit = limit < 0 ? SIZE_MAX : prefix.len + limit;
    status_t status;
    bool last;
    do {
        last = get_bits(&s, 1);
        unsigned type = get_bits(&s, 2);
        status = s.short_of_input ? MORE : inflate_block(&s, type);
        if (--s.countdown == 0) {
            s.countdown = SYMBOLS_PER_POLL;
            SANDBOX_POLL();
        }
    } while (status == DONE && !last);
    vstr_cut_head_bytes(&s.out, prefix.len);
    mp_obj_t result[3] = {
        MP_OBJ_NULL, mp_obj_new_int_from_uint(s.pos),
        status == BAD ? mp_const_none : mp_obj_new_bool(status == DONE),
    };
    result[0] = mp_obj_new_bytes_from_vstr(&s.out);
    return mp_obj_new_tuple(3, result);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(module_inflate_obj, 4, 4, module_inflate);

// ---- compression: matches found through chains of equal hashes, the fixed codes

#define HASH_BITS (13)

typedef struct {
    vstr_t out;
    uint32_t bits;
    unsigned n_bits;
} writer_t;

static void put_bits(writer_t *w, uint32_t value, unsigned n) {
    w->bits |= value << w->n_bits;
    w->n_bits += n;
    while (w->n_bits >= 8) {
        add_byte(&w->out, w->bits);
        w->bits >>= 8;
        w->n_bits -= 8;
    }
}

// Huffman codes go out with their first bit first.
static void put_code(writer_t *w, uint32_t code, unsigned n) {
    uint32_t reversed = 0;
    for (unsigned i = 0; i < n; i++) {
        reversed |= (code >> i & 1) << (n - 1 - i);
    }
    put_bits(w, reversed, n);
}

static void put_symbol(writer_t *w, unsigned symbol) {
    if (symbol < 144) {
        put_code(w, 0x30 + symbol, 8);
    } else if (symbol < 256) {
        put_code(w, 0x190 + symbol - 144, 9);
    } else if (symbol < 280) {
        put_code(w, symbol - 256, 7);
    } else {
        put_code(w, 0xc0 + symbol - 280, 8);
    }
}

static void put_match(writer_t *w, size_t length, size_t distance) {
    unsigned code = N_LENGTHS - 1;
    while (length_base[code] > length) {
        code--;
    }
    put_symbol(w, 257 + code);
    put_bits(w, length - length_base[code], length_extra[code]);
    code = N_DISTANCES - 1;
    while (distance_base[code] > distance) {
        code--;
    }
    put_code(w, code, 5);
    put_bits(w, distance - distance_base[code], DISTANCE_EXTRA(code));
}

static void put_stored(writer_t *w, const byte *data, size_t len, bool last) {
    do {
        size_t n = MIN(len, 65535);
        put_bits(w, last && n == len, 1);
        put_bits(w, 0, 2);
        put_bits(w, 0, (8 - w->n_bits) & 7);
        put_bits(w, n, 16);
        put_bits(w, n ^ 0xffff, 16);
        add_bytes(&w->out, data, n);
        data += n;
        len -= n;
        SANDBOX_POLL();
    } while (len > 0);
}

static unsigned hash_at(const byte *p) {
    return ((p[0] | p[1] << 8 | (uint32_t)p[2] << 16) * 2654435761u) >> (32 - HASH_BITS);
}

static void put_compressed(writer_t *w, const byte *data, size_t len, unsigned depth, size_t window, bool last) {
    size_t size = 256;
    while (size < len && size < window) {
        size *= 2;
    }
    // Positions plus one; zero ends a chain.
    uint32_t *head = m_new0(uint32_t, 1 << HASH_BITS), *before = m_new0(uint32_t, size);
    uint32_t countdown = SYMBOLS_PER_POLL;
    put_bits(w, last, 1);
    put_bits(w, 1, 2);
    for (size_t at = 0; at < len;) {
        size_t best = 0, distance = 0, most = MIN(len - at, MAX_MATCH);
        if (most >= MIN_MATCH) {
            size_t candidate = head[hash_at(data + at)];
            for (unsigned left = depth; candidate > 0 && left > 0; left--) {
                size_t from = candidate - 1, n = 0;
                if (at - from >= size) {
                    break;
                }
                while (n < most && data[from + n] == data[at + n]) {
                    n++;
                }
                if (n > best) {
                    best = n;
                    distance = at - from;
                }
                if (best == most || before[from % size] >= candidate) {
                    break;
                }
                candidate = before[from % size];
            }
        }
        size_t step = best >= MIN_MATCH ? best : 1;
        if (step > 1) {
            put_match(w, best, distance);
        } else {
            put_symbol(w, data[at]);
        }
        for (; step > 0; step--, at++) {
            if (len - at >= MIN_MATCH) {
                unsigned h = hash_at(data + at);
                before[at % size] = head[h];
                head[h] = at + 1;
            }
        }
        if (--countdown == 0) {
            countdown = SYMBOLS_PER_POLL;
            SANDBOX_POLL();
        }
    }
    put_symbol(w, 256);
    m_del(uint32_t, head, 1 << HASH_BITS);
    m_del(uint32_t, before, size);
}

// deflate(data, level, window_bits, last): compress one block; one that is not the last ends on a
// whole byte.
static mp_obj_t module_deflate(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    mp_buffer_info_t data;
    get_data(args[0], &data);
    mp_int_t level = mp_obj_get_int(args[1]), window_bits = mp_obj_get_int(args[2]);
    bool last = mp_obj_is_true(args[3]);
    writer_t w = {0};
    vstr_init(&w.out, 64);
    if (data.len >= 0x7fffffff) {
        mp_raise_type(&mp_type_MemoryError);
    }
    if (level != 0) {
        put_compressed(&w, data.buf, data.len, level < 0 || level > 9 ? 32 : 1 << level,
            (size_t)1 << MIN(MAX(window_bits, 8), MAX_WINDOW_BITS), last);
    }
    if (level == 0 || w.out.len > data.len + 5 * (data.len / 65535 + 1)) {
        // It did not get shorter.
        w.out.len = w.bits = w.n_bits = 0;
        put_stored(&w, data.buf, data.len, last);
    }
    if (!last) {
        put_stored(&w, NULL, 0, false);
    }
    put_bits(&w, 0, (8 - w.n_bits) & 7);
    return mp_obj_new_bytes_from_vstr(&w.out);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(module_deflate_obj, 4, 4, module_deflate);

// ---- checksums

static mp_obj_t module_crc32(mp_obj_t data_in, mp_obj_t value_in) {
    mp_buffer_info_t data;
    get_data(data_in, &data);
    uint32_t table[16]; // for four bits at a time
    for (uint32_t i = 0; i < 16; i++) {
        table[i] = i;
        for (unsigned bit = 0; bit < 4; bit++) {
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
        }
    }
    uint32_t crc = ~(uint32_t)mp_obj_get_int_truncated(value_in);
    for (size_t i = 0; i < data.len; i++) {
        crc ^= ((const byte *)data.buf)[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return mp_obj_new_int_from_uint((uint32_t)~crc);
}
static MP_DEFINE_CONST_FUN_OBJ_2(module_crc32_obj, module_crc32);

static mp_obj_t module_adler32(mp_obj_t data_in, mp_obj_t value_in) {
    mp_buffer_info_t data;
    get_data(data_in, &data);
    uint32_t value = mp_obj_get_int_truncated(value_in), a = (value & 0xffff) % 65521, b = (value >> 16) % 65521;
    for (size_t i = 0; i < data.len; i++) {
        a = (a + ((const byte *)data.buf)[i]) % 65521;
        b = (b + a) % 65521;
    }
    return mp_obj_new_int_from_uint(b << 16 | a);
}
static MP_DEFINE_CONST_FUN_OBJ_2(module_adler32_obj, module_adler32);

static const mp_rom_map_elem_t module_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__zlib) },
    { MP_ROM_QSTR(MP_QSTR_inflate), MP_ROM_PTR(&module_inflate_obj) },
    { MP_ROM_QSTR(MP_QSTR_deflate), MP_ROM_PTR(&module_deflate_obj) },
    { MP_ROM_QSTR(MP_QSTR_crc32), MP_ROM_PTR(&module_crc32_obj) },
    { MP_ROM_QSTR(MP_QSTR_adler32), MP_ROM_PTR(&module_adler32_obj) },
};
static MP_DEFINE_CONST_DICT(module_globals, module_globals_table);

const mp_obj_module_t sandbox_module_zlib = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&module_globals,
};

MP_REGISTER_MODULE(MP_QSTR__zlib, sandbox_module_zlib);
