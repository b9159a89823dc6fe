// The module _hash: MD5 (RFC 1321), SHA-1 and SHA-2 (FIPS 180-4). lib/hashlib.py is what users import.

#include <string.h>

#include "py/runtime.h"

// Called between blocks of a long input; the port makes it look for an interrupt, and it may raise.
#ifndef SANDBOX_POLL
#define SANDBOX_POLL()
#endif
#define BLOCKS_PER_POLL (1024)

#define MAX_BLOCK (128)
#define MAX_DIGEST (64)

typedef enum { MD5, SHA1, SHA256, SHA512 } family_t;

typedef struct {
    uint16_t name; // qstr
    uint8_t family, digest_size, block_size;
    uint64_t initial[8];
} algorithm_t;

static const algorithm_t algorithms[] = {
    {MP_QSTR_md5, MD5, 16, 64, {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}},
    {MP_QSTR_sha1, SHA1, 20, 64, {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}},
    {MP_QSTR_sha224, SHA256, 28, 64, {
         0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4,
     }},
    {MP_QSTR_sha256, SHA256, 32, 64, {
         0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
     }},
    {MP_QSTR_sha384, SHA512, 48, 128, {
         0xcbbb9d5dc1059ed8ull, 0x629a292a367cd507ull, 0x9159015a3070dd17ull, 0x152fecd8f70e5939ull,
         0x67332667ffc00b31ull, 0x8eb44a8768581511ull, 0xdb0c2e0d64f98fa7ull, 0x47b5481dbefa4fa4ull,
     }},
    {MP_QSTR_sha512, SHA512, 64, 128, {
         0x6a09e667f3bcc908ull, 0xbb67ae8584caa73bull, 0x3c6ef372fe94f82bull, 0xa54ff53a5f1d36f1ull,
         0x510e527fade682d1ull, 0x9b05688c2b3e6c1full, 0x1f83d9abfb41bd6bull, 0x5be0cd19137e2179ull,
     }},
};

// The first 32 bits of the fractional part of |sin(i + 1)|.
static const uint32_t md5_constants[] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

// The first 64 bits of the fractional parts of the cube roots of the primes; the upper halves of the
// first 64 are the constants of SHA-256.
static const uint64_t sha2_constants[] = {
    0x428a2f98d728ae22ull, 0x7137449123ef65cdull, 0xb5c0fbcfec4d3b2full, 0xe9b5dba58189dbbcull,
    0x3956c25bf348b538ull, 0x59f111f1b605d019ull, 0x923f82a4af194f9bull, 0xab1c5ed5da6d8118ull,
    0xd807aa98a3030242ull, 0x12835b0145706fbeull, 0x243185be4ee4b28cull, 0x550c7dc3d5ffb4e2ull,
    0x72be5d74f27b896full, 0x80deb1fe3b1696b1ull, 0x9bdc06a725c71235ull, 0xc19bf174cf692694ull,
    0xe49b69c19ef14ad2ull, 0xefbe4786384f25e3ull, 0x0fc19dc68b8cd5b5ull, 0x240ca1cc77ac9c65ull,
    0x2de92c6f592b0275ull, 0x4a7484aa6ea6e483ull, 0x5cb0a9dcbd41fbd4ull, 0x76f988da831153b5ull,
    0x983e5152ee66dfabull, 0xa831c66d2db43210ull, 0xb00327c898fb213full, 0xbf597fc7beef0ee4ull,
    0xc6e00bf33da88fc2ull, 0xd5a79147930aa725ull, 0x06ca6351e003826full, 0x142929670a0e6e70ull,
    0x27b70a8546d22ffcull, 0x2e1b21385c26c926ull, 0x4d2c6dfc5ac42aedull, 0x53380d139d95b3dfull,
    0x650a73548baf63deull, 0x766a0abb3c77b2a8ull, 0x81c2c92e47edaee6ull, 0x92722c851482353bull,
    0xa2bfe8a14cf10364ull, 0xa81a664bbc423001ull, 0xc24b8b70d0f89791ull, 0xc76c51a30654be30ull,
    0xd192e819d6ef5218ull, 0xd69906245565a910ull, 0xf40e35855771202aull, 0x106aa07032bbd1b8ull,
    0x19a4c116b8d2d0c8ull, 0x1e376c085141ab53ull, 0x2748774cdf8eeb99ull, 0x34b0bcb5e19b48a8ull,
    0x391c0cb3c5c95a63ull, 0x4ed8aa4ae3418acbull, 0x5b9cca4f7763e373ull, 0x682e6ff3d6b2b8a3ull,
    0x748f82ee5defb2fcull, 0x78a5636f43172f60ull, 0x84c87814a1f0ab72ull, 0x8cc702081a6439ecull,
    0x90befffa23631e28ull, 0xa4506cebde82bde9ull, 0xbef9a3f7b2c67915ull, 0xc67178f2e372532bull,
    0xca273eceea26619cull, 0xd186b8c721c0c207ull, 0xeada7dd6cde0eb1eull, 0xf57d4f7fee6ed178ull,
    0x06f067aa72176fbaull, 0x0a637dc5a2c898a6ull, 0x113f9804bef90daeull, 0x1b710b35131c471bull,
    0x28db77f523047d84ull, 0x32caab7b40c72493ull, 0x3c9ebe0a15c9bebcull, 0x431d67c49c100d4cull,
    0x4cc5d4becb3e42b6ull, 0x597f299cfc657e2aull, 0x5fcb6fab3ad6faecull, 0x6c44198c4a475817ull,
};

typedef struct {
    mp_obj_base_t base;
    const algorithm_t *algorithm;
    uint64_t length;   // bytes so far
    uint64_t state[8]; // the families of 32-bit words use the lower halves
    byte block[MAX_BLOCK];
} hash_t;

// ---- the four compression functions: one block into the state

static inline uint32_t rol(uint32_t x, unsigned n) {
    return x << n | x >> (32 - n);
}

static inline uint32_t ror(uint32_t x, unsigned n) {
    return x >> n | x << (32 - n);
}

static inline uint64_t ror64(uint64_t x, unsigned n) {
    return x >> n | x << (64 - n);
}

static inline uint32_t load_le(const byte *p) {
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint32_t load_be(const byte *p) {
    return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void md5_block(uint64_t *state, const byte *p) {
    static const uint8_t shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (unsigned i = 0; i < 64; i++) {
        uint32_t f;
        unsigned word;
        if (i < 16) {
            f = (b & c) | (~b & d);
            word = i;
        } else if (i < 32) {
            f = (d & b) | (~d & c);
            word = 5 * i + 1;
        } else if (i < 48) {
            f = b ^ c ^ d;
            word = 3 * i + 5;
        } else {
            f = c ^ (b | ~d);
            word = 7 * i;
        }
        f += a + md5_constants[i] + load_le(p + word % 16 * 4);
        a = d;
        d = c;
        c = b;
        b += rol(f, shifts[i / 16][i % 4]);
    }
    state[0] = (uint32_t)(state[0] + a);
    state[1] = (uint32_t)(state[1] + b);
    state[2] = (uint32_t)(state[2] + c);
    state[3] = (uint32_t)(state[3] + d);
}

static void sha1_block(uint64_t *state, const byte *p) {
    uint32_t w[80];
    for (unsigned i = 0; i < 80; i++) {
        w[i] = i < 16 ? load_be(p + 4 * i) : rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (unsigned i = 0; i < 80; i++) {
        uint32_t f;
        if (i < 20) {
            f = ((b & c) | (~b & d)) + 0x5a827999;
        } else if (i < 40) {
            f = (b ^ c ^ d) + 0x6ed9eba1;
        } else if (i < 60) {
            f = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
        } else {
            f = (b ^ c ^ d) + 0xca62c1d6;
        }
        f += rol(a, 5) + e + w[i];
        e = d;
        d = c;
        c = rol(b, 30);
        b = a;
        a = f;
    }
    state[0] = (uint32_t)(state[0] + a);
    state[1] = (uint32_t)(state[1] + b);
    state[2] = (uint32_t)(state[2] + c);
    state[3] = (uint32_t)(state[3] + d);
    state[4] = (uint32_t)(state[4] + e);
}

static void sha256_block(uint64_t *state, const byte *p) {
    uint32_t w[64], s[8];
    for (unsigned i = 0; i < 16; i++) {
        w[i] = load_be(p + 4 * i);
    }
    for (unsigned i = 16; i < 64; i++) {
        uint32_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (ror(x, 7) ^ ror(x, 18) ^ x >> 3) + (ror(y, 17) ^ ror(y, 19) ^ y >> 10);
    }
    for (unsigned i = 0; i < 8; i++) {
        s[i] = state[i];
    }
    for (unsigned i = 0; i < 64; i++) {
        uint32_t a = s[0], e = s[4];
        uint32_t t1 = s[7] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & s[5]) ^ (~e & s[6]))
            + (uint32_t)(sha2_constants[i] >> 32) + w[i];
        uint32_t t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof(s[0]));
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (unsigned i = 0; i < 8; i++) {
        state[i] = (uint32_t)(state[i] + s[i]);
    }
}

static void sha512_block(uint64_t *state, const byte *p) {
    uint64_t w[80], s[8];
    for (unsigned i = 0; i < 16; i++) {
        w[i] = (uint64_t)load_be(p + 8 * i) << 32 | load_be(p + 8 * i + 4);
    }
    for (unsigned i = 16; i < 80; i++) {
        uint64_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (ror64(x, 1) ^ ror64(x, 8) ^ x >> 7) + (ror64(y, 19) ^ ror64(y, 61) ^ y >> 6);
    }
    memcpy(s, state, sizeof(s));
    for (unsigned i = 0; i < 80; i++) {
        uint64_t a = s[0], e = s[4];
        uint64_t t1 = s[7] + (ror64(e, 14) ^ ror64(e, 18) ^ ror64(e, 41)) + ((e & s[5]) ^ (~e & s[6]))
            + sha2_constants[i] + w[i];
        uint64_t t2 = (ror64(a, 28) ^ ror64(a, 34) ^ ror64(a, 39)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof(s[0]));
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (unsigned i = 0; i < 8; i++) {
        state[i] += s[i];
    }
}

// ---- any length in, digest out

static void add_block(hash_t *h, const byte *p) {
    static void (*const functions[])(uint64_t *, const byte *) = {
        [MD5] = md5_block, [SHA1] = sha1_block, [SHA256] = sha256_block, [SHA512] = sha512_block,
    };
    functions[h->algorithm->family](h->state, p);
}

static void update(hash_t *h, const byte *data, size_t len) {
    size_t block_size = h->algorithm->block_size, have = h->length % block_size, blocks = 0;
    h->length += len;
    if (have > 0) {
        size_t take = MIN(len, block_size - have);
        memcpy(h->block + have, data, take);
        data += take;
        len -= take;
        if (have + take < block_size) {
            return;
        }
        add_block(h, h->block);
    }
    for (; len >= block_size; data += block_size, len -= block_size) {
        add_block(h, data);
        if (++blocks % BLOCKS_PER_POLL == 0) {
            SANDBOX_POLL();
        }
    }
    if (len > 0) {
        memcpy(h->block, data, len);
    }
}

// *out* has room for MAX_DIGEST bytes. The hash itself stays as it is.
static void finish(const hash_t *self, byte *out) {
    hash_t h = *self;
    const algorithm_t *a = h.algorithm;
    size_t length_size = a->block_size / 8, used = h.length % a->block_size;
    h.block[used++] = 0x80;
    if (used > a->block_size - length_size) {
        memset(h.block + used, 0, a->block_size - used);
        add_block(&h, h.block);
        used = 0;
    }
    memset(h.block + used, 0, a->block_size - used);
    uint64_t bits = h.length * 8;
    for (unsigned i = 0; i < 8; i++) {
        size_t place = a->family == MD5 ? a->block_size - 8 + i : a->block_size - 1 - i;
        h.block[place] = bits >> (8 * i);
    }
    add_block(&h, h.block);
    for (size_t i = 0; i < a->digest_size; i++) {
        if (a->family == SHA512) {
            out[i] = h.state[i / 8] >> (56 - i % 8 * 8);
        } else {
            out[i] = h.state[i / 4] >> (a->family == MD5 ? i % 4 * 8 : 24 - i % 4 * 8);
        }
    }
}

// ---- the Python side

static mp_obj_t hash_update(mp_obj_t self_in, mp_obj_t data) {
    if (mp_obj_is_str(data)) {
        mp_raise_TypeError(MP_ERROR_TEXT("Strings must be encoded before hashing"));
    }
    mp_buffer_info_t buffer;
    if (!mp_get_buffer(data, &buffer, MP_BUFFER_READ)) {
        mp_raise_TypeError(MP_ERROR_TEXT("object supporting the buffer API required"));
    }
    update(MP_OBJ_TO_PTR(self_in), buffer.buf, buffer.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(hash_update_obj, hash_update);

static mp_obj_t hash_digest(mp_obj_t self_in) {
    const hash_t *self = MP_OBJ_TO_PTR(self_in);
    byte digest[MAX_DIGEST];
    finish(self, digest);
    return mp_obj_new_bytes(digest, self->algorithm->digest_size);
}
static MP_DEFINE_CONST_FUN_OBJ_1(hash_digest_obj, hash_digest);

static mp_obj_t hash_hexdigest(mp_obj_t self_in) {
    const hash_t *self = MP_OBJ_TO_PTR(self_in);
    byte digest[MAX_DIGEST];
    char hex[2 * MAX_DIGEST];
    finish(self, digest);
    for (size_t i = 0; i < self->algorithm->digest_size; i++) {
        hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    return mp_obj_new_str(hex, 2 * self->algorithm->digest_size);
}
static MP_DEFINE_CONST_FUN_OBJ_1(hash_hexdigest_obj, hash_hexdigest);

static mp_obj_t hash_copy(mp_obj_t self_in) {
    hash_t *copy = m_new_obj(hash_t);
    *copy = *(hash_t *)MP_OBJ_TO_PTR(self_in);
    return MP_OBJ_FROM_PTR(copy);
}
static MP_DEFINE_CONST_FUN_OBJ_1(hash_copy_obj, hash_copy);

static void hash_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return; // read-only
    }
    const hash_t *self = MP_OBJ_TO_PTR(self_in);
    switch (attr) {
        case MP_QSTR_name:
            dest[0] = MP_OBJ_NEW_QSTR(self->algorithm->name);
            break;
        case MP_QSTR_digest_size:
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->algorithm->digest_size);
            break;
        case MP_QSTR_block_size:
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->algorithm->block_size);
            break;
        default:
            dest[1] = MP_OBJ_SENTINEL; // go on with the methods
    }
}

static const mp_rom_map_elem_t hash_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_update), MP_ROM_PTR(&hash_update_obj) },
    { MP_ROM_QSTR(MP_QSTR_digest), MP_ROM_PTR(&hash_digest_obj) },
    { MP_ROM_QSTR(MP_QSTR_hexdigest), MP_ROM_PTR(&hash_hexdigest_obj) },
    { MP_ROM_QSTR(MP_QSTR_copy), MP_ROM_PTR(&hash_copy_obj) },
};
static MP_DEFINE_CONST_DICT(hash_locals, hash_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    hash_type, MP_QSTR_HASH, MP_TYPE_FLAG_NONE,
    attr, hash_attr,
    locals_dict, &hash_locals
    );

// new(name, data): the name in lower case; None if there is no such algorithm.
static mp_obj_t module_new(mp_obj_t name, mp_obj_t data) {
    for (size_t i = 0; i < MP_ARRAY_SIZE(algorithms); i++) {
        if (mp_obj_equal(name, MP_OBJ_NEW_QSTR(algorithms[i].name))) {
            hash_t *h = mp_obj_malloc(hash_t, &hash_type);
            h->algorithm = &algorithms[i];
            h->length = 0;
            memcpy(h->state, algorithms[i].initial, sizeof(h->state));
            hash_update(MP_OBJ_FROM_PTR(h), data);
            return MP_OBJ_FROM_PTR(h);
        }
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(module_new_obj, module_new);

static const mp_rom_map_elem_t module_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__hash) },
    { MP_ROM_QSTR(MP_QSTR_new), MP_ROM_PTR(&module_new_obj) },
};
static MP_DEFINE_CONST_DICT(module_globals, module_globals_table);

const mp_obj_module_t sandbox_module_hash = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&module_globals,
};

MP_REGISTER_MODULE(MP_QSTR__hash, sandbox_module_hash);
