// import from the session's files, and the builtin open.
#include <string.h>

#include "py/builtin.h"
#include "py/lexer.h"
#include "py/runtime.h"
#include "py/unicode.h"
#include "files.h"

mp_import_stat_t mp_import_stat(const char *text) {
    files_stat_t stat;
    if (files_stat(files_path_from(text, strlen(text)), true, &stat) != WASI_OK) {
        return MP_IMPORT_STAT_NO_EXIST;
    }
    switch ((uint8_t)stat.type) {
        case TYPE_DIRECTORY:
            return MP_IMPORT_STAT_DIR;
        case TYPE_REGULAR:
            return MP_IMPORT_STAT_FILE;
        default:
            return MP_IMPORT_STAT_NO_EXIST;
    }
}

mp_lexer_t *mp_lexer_new_from_file(qstr filename) {
    mp_obj_t name = MP_OBJ_NEW_QSTR(filename);
    files_path_t path = files_path(name);
    files_file_t *owner = files_new(); // closes the descriptor whatever happens
    files_stat_t stat;
    int32_t fd, code = files_open(path, 1, &fd, &stat);
    if (code != WASI_OK) {
        files_raise(code, name, MP_OBJ_NULL);
    }
    files_own(owner, fd);
    if (stat.size > INT32_MAX / 2) {
        mp_raise_type(&mp_type_MemoryError);
    }
    size_t size = stat.size, len = 0;
    char *source = m_new(char, size + 1);
    while (len < size) {
        struct { uint32_t at, len; } span = { (uint32_t)(uintptr_t)(source + len), size - len };
        uint32_t n = 0;
        code = FILES_ASK(FD_READ, (uint32_t)fd, FILES_AT(&span), 1, FILES_AT(&n));
        if (code != WASI_OK || n > size - len) {
            files_raise(code != WASI_OK ? code : WASI_IO, name, MP_OBJ_NULL);
        }
        if (n == 0) {
            break;
        }
        len += n;
    }
    files_close(owner);
    if (len >= 3 && memcmp(source, "\xef\xbb\xbf", 3) == 0) {
        len -= 3;
        memmove(source, source + 3, len);
    }
    if (!utf8_check((const byte *)source, len) || memchr(source, 0, len) != NULL) {
        mp_raise_msg_varg(&mp_type_SyntaxError, MP_ERROR_TEXT("%q is not text in UTF-8"), filename);
    }
    return mp_lexer_new_from_str_len(filename, source, len, size + 1);
}

// open(...) is _fileio.open(...), which is loaded when it is first asked for.
static mp_obj_t builtin_open(size_t n, const mp_obj_t *args, mp_map_t *kwargs) {
    mp_obj_t module = mp_import_name(MP_QSTR__fileio, mp_const_none, MP_OBJ_NEW_SMALL_INT(0));
    // The keywords lie behind the positional arguments.
    return mp_call_function_n_kw(mp_load_attr(module, MP_QSTR_open), n, kwargs->used, args);
}
MP_DEFINE_CONST_FUN_OBJ_KW(mp_builtin_open_obj, 0, builtin_open);
