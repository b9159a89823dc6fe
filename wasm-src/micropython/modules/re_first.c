// What a match of a regular expression can begin with: a search skips all else.

#include <string.h>

#include "py/runtime.h"
#include "re_compile.h"

// Collect the bytes that a match can begin with; NULL if it can begin with anything, or be empty.
uint32_t *re_find_first(const re_compiler_t *c) {
    enum { LIMIT = 64 };
    size_t todo[LIMIT];
    unsigned n_todo = 1, steps = 0;
    uint32_t first[8] = {0};
    todo[0] = 0;
    while (n_todo > 0) {
        size_t at = todo[--n_todo];
        if (++steps > LIMIT * 4 || n_todo + 2 > LIMIT) {
            return NULL;
        }
        const uint32_t *code = c->code + at;
        const uint32_t *one = code;
        switch (code[0]) {
            case RE_OP_SAVE:
            case RE_OP_AT:
                todo[n_todo++] = at + 2;
                continue;
            case RE_OP_JUMP:
                todo[n_todo++] = at + code[1];
                continue;
            case RE_OP_SPLIT:
            case RE_OP_SPLIT_FAR:
                todo[n_todo++] = at + 2;
                if ((int32_t)code[1] > 0) {
                    todo[n_todo++] = at + code[1];
                }
                continue;
            case RE_OP_LOOK:
                // What is in it only narrows the choice, unless it is an atomic group.
                todo[n_todo++] = at + (code[1] == RE_LOOK_ATOMIC ? 4 : code[2]);
                continue;
            case RE_OP_LOOK_END:
                todo[n_todo++] = at + 1;
                continue;
            case RE_OP_RUN:
                if (code[2] == 0) {
                    todo[n_todo++] = at + code[1];
                }
                one = code + 5;
                break;
            case RE_OP_CHAR:
            case RE_OP_CHAR_FOLD:
            case RE_OP_SET:
            case RE_OP_CATEGORY:
                break;
            default:
                return NULL;
        }
        for (uint32_t ch = 0; ch < 256; ch++) {
            bool in;
            if (ch >= 0x80 && !c->is_bytes) {
                in = ch >= 0xc0; // bytes that begin a longer character: any of them will do
            } else if (one[0] == RE_OP_CHAR) {
                in = ch == one[1];
            } else if (one[0] == RE_OP_CHAR_FOLD) {
                in = re_lower(ch, true) == one[1];
            } else if (one[0] == RE_OP_SET) {
                in = re_in_set(one, ch);
            } else if (one[0] == RE_OP_CATEGORY) {
                in = re_is_category(one[1], ch);
            } else {
                return NULL;
            }
            if (in) {
                first[ch / 32] |= 1u << (ch & 31);
            }
        }
    }
    uint32_t *result = m_new(uint32_t, 8);
    memcpy(result, first, sizeof(first));
    return result;
}
