// The compiler, and what it made of sources that come again.
#include <stdlib.h>
#include <string.h>
#include "py/compile.h"
#include "py/runtime.h"
#include "guest.h"

// What was compiled of a source, by a hash of it. The first time only the hash is noted,
// so that what comes once keeps no memory.
#define COMPILED_SLOTS 16
#define COMPILED_SOURCE_BYTES 1024 // of the longest source that is kept

typedef struct {
    uint32_t hash, len, options;
    char *source;
    mp_obj_t body; // running it twice makes its functions anew, as for any function
} compiled_t;

MP_REGISTER_ROOT_POINTER(struct sandbox_compiled *sandbox_compiled);
struct sandbox_compiled {
    compiled_t slots[COMPILED_SLOTS];
};

// The slot of a source, or NULL; its body is set only if it is of this very source.
static compiled_t *compiled(const char *source, size_t len) {
    if (len > COMPILED_SOURCE_BYTES) {
        return NULL;
    }
    if (MP_STATE_VM(sandbox_compiled) == NULL) {
        MP_STATE_VM(sandbox_compiled) = m_new_maybe(struct sandbox_compiled, 1);
        if (MP_STATE_VM(sandbox_compiled) == NULL) {
            return NULL;
        }
        memset(MP_STATE_VM(sandbox_compiled), 0, sizeof(struct sandbox_compiled));
    }
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char)source[i]) * 16777619u;
    }
    compiled_t *slot = &MP_STATE_VM(sandbox_compiled)->slots[(hash >> 16 ^ hash) % COMPILED_SLOTS];
    uint32_t options = MP_STATE_VM(mp_optimise_value) << 1 | mp_compile_allow_return;
    bool seen = slot->hash == hash && slot->len == len && slot->options == options;
    if (!seen || (slot->source != NULL && memcmp(slot->source, source, len) != 0)) {
        *slot = (compiled_t) { hash, len, options, NULL, MP_OBJ_NULL };
    } else if (slot->source == NULL) {
        slot->source = m_new_maybe(char, len + 1);
        if (slot->source != NULL) {
            memcpy(slot->source, source, len);
        }
    }
    return slot;
}

mp_obj_t sandbox_compile(const char *source, size_t len, char **block) {
    mp_compile_allow_return = sandbox_exchange.flags & SANDBOX_FLAG_RETURN;
    compiled_t *slot = compiled(source, len);
    if (slot != NULL && slot->body != MP_OBJ_NULL) {
        return slot->body;
    }
    sandbox_area_generous(true);
    mp_lexer_t *lex = mp_lexer_new_from_str_len(MP_QSTR__lt_sandbox_gt_, source, len, 0);
    mp_parse_tree_t tree = mp_parse(lex, MP_PARSE_FILE_INPUT);
    free(*block); // the text is not needed to run what it says
    *block = NULL;
    mp_obj_t body = mp_compile(&tree, MP_QSTR__lt_sandbox_gt_, true);
    sandbox_area_generous(false);
    if (slot != NULL && slot->source != NULL) {
        slot->body = body;
    }
    return body;
}
