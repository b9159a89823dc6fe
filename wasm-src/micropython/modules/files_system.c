// The module _files: what lib/os needs of the file system. files_stream.c has its class File.
#include <string.h>

#include "py/gc.h"
#include "py/mperrno.h"
#include "py/objstr.h"
#include "py/runtime.h"
#include "py/unicode.h"
#include "exchange.h"
#include "files.h"

__attribute__((import_module("sandbox"), import_name("sys"))) void sandbox_import_sys(void);

#define ROOT 3 // the preopened directory "/"
#define MAX_PATH 4096

// Rights of WASI, of which a descriptor gets those that the way of opening needs.
#define RIGHTS_ANY (~(uint64_t)0 & ~(1u << 0 | 1u << 1 | 1u << 6 | 1u << 8 | 1u << 14 | 1u << 22) & ((1u << 28) - 1))
#define RIGHTS_READ (1u << 1 | 1u << 14)
#define RIGHTS_WRITE (1u << 0 | 1u << 6 | 1u << 8 | 1u << 22)

int32_t files_ask(uint32_t op, const uint64_t args[9]) {
    struct sandbox_exchange *x = &sandbox_exchange;
    memcpy(x->sys_args, args, sizeof x->sys_args);
    x->sys_op = op;
    x->sys_result = SANDBOX_SYS_REFUSED;
    sandbox_import_sys();
    if (x->sys_result == SANDBOX_SYS_STOP) {
        __builtin_trap();
    }
    return x->sys_result == SANDBOX_SYS_OK ? (int32_t)x->sys_args[0] : WASI_IO;
}

// ---- errors

// WASI's numbers, those of Linux that errno has here, and the texts of Linux.
static const struct {
    uint8_t wasi, number;
    const char *text;
} errors[] = {
    { 2, 13, "Permission denied" },
    { 6, 11, "Resource temporarily unavailable" },
    { 8, 9, "Bad file descriptor" },
    { 10, 16, "Device or resource busy" },
    { 19, 122, "Disk quota exceeded" },
    { 20, 17, "File exists" },
    { 21, 14, "Bad address" },
    { 22, 27, "File too large" },
    { 25, 84, "Invalid or incomplete multibyte or wide character" },
    { 27, 4, "Interrupted system call" },
    { 28, 22, "Invalid argument" },
    { 29, 5, "Input/output error" },
    { 31, 21, "Is a directory" },
    { 32, 40, "Too many levels of symbolic links" },
    { 33, 24, "Too many open files" },
    { 34, 31, "Too many links" },
    { 37, 36, "File name too long" },
    { 41, 23, "Too many open files in system" },
    { 44, 2, "No such file or directory" },
    { 48, 12, "Cannot allocate memory" },
    { 51, 28, "No space left on device" },
    { 52, 38, "Function not implemented" },
    { 54, 20, "Not a directory" },
    { 55, 39, "Directory not empty" },
    { 58, 95, "Operation not supported" },
    { 63, 1, "Operation not permitted" },
    { 64, 32, "Broken pipe" },
    { 69, 30, "Read-only file system" },
    { 70, 29, "Illegal seek" },
    { 75, 18, "Invalid cross-device link" },
    { 76, 1, "Operation not permitted" },
};

// str, bytes, or what __fspath__ makes of an object.
static mp_obj_t fspath(mp_obj_t path) {
    if (!mp_obj_is_str_or_bytes(path)) {
        mp_obj_t dest[2];
        mp_load_method_maybe(path, MP_QSTR___fspath__, dest);
        if (dest[0] != MP_OBJ_NULL) {
            path = mp_call_method_n_kw(0, 0, dest);
        }
        if (!mp_obj_is_str_or_bytes(path)) {
            mp_raise_msg_varg(&mp_type_TypeError,
                MP_ERROR_TEXT("expected str, bytes or os.PathLike object, not %s"), mp_obj_get_type_str(path));
        }
    }
    return path;
}

// The name that an error tells.
static mp_obj_t shown(mp_obj_t path) {
    return path == MP_OBJ_NULL || mp_obj_is_int(path) ? path : fspath(path);
}

MP_NORETURN void files_raise(int32_t code, mp_obj_t path, mp_obj_t other) {
    size_t i = 0;
    while (i < MP_ARRAY_SIZE(errors) - 1 && errors[i].wasi != code) {
        i++;
    }
    mp_obj_t args[5] = { MP_OBJ_NEW_SMALL_INT(errors[i].number), MP_OBJ_NULL, shown(path), mp_const_none, shown(other) };
    args[1] = mp_obj_new_str_from_cstr(errors[i].text);
    size_t n = other != MP_OBJ_NULL ? 5 : path != MP_OBJ_NULL ? 3 : 2;
    nlr_raise(mp_obj_new_exception_args(&mp_type_OSError, n, args));
}

static void check(int32_t code, mp_obj_t path) {
    if (code != WASI_OK) {
        files_raise(code, path, MP_OBJ_NULL);
    }
}

static mp_obj_t system_strerror(mp_obj_t number_in) {
    mp_int_t number = mp_obj_get_int(number_in);
    for (size_t i = 0; i < MP_ARRAY_SIZE(errors); i++) {
        if (errors[i].number == number) {
            return mp_obj_new_str_from_cstr(errors[i].text);
        }
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(system_strerror_obj, system_strerror);

// ---- paths

// The current directory: absolute, without "." and ".."; not set while it is "/".
MP_REGISTER_ROOT_POINTER(mp_obj_t sandbox_directory);

static const char *current_directory(size_t *len) {
    if (MP_STATE_VM(sandbox_directory) == MP_OBJ_NULL) {
        *len = 1;
        return "/";
    }
    return mp_obj_str_get_data(MP_STATE_VM(sandbox_directory), len);
}

// The text is a block of its own: the collector knows blocks by their first byte.
files_path_t files_path_from(const char *text, size_t len) {
    files_flush_all();
    size_t base_len = 0;
    const char *base = "";
    if (len && text[0] != '/' && MP_STATE_VM(sandbox_directory) != MP_OBJ_NULL) {
        base = current_directory(&base_len);
    }
    char *full = m_new(char, base_len + 1 + len + 1);
    memcpy(full, base, base_len);
    full[base_len] = '/';
    memcpy(full + base_len + 1, text, len);
    size_t at = base_len ? 0 : 1, end = base_len + 1 + len;
    // What leads nowhere: "/", "." and, as "/.." is "/", also "..".
    for (size_t dots; at < end; at += dots + 1) {
        for (dots = 0; at + dots < end && dots < 3 && full[at + dots] == '.';) {
            dots++;
        }
        if (dots == 3 || (at + dots < end && full[at + dots] != '/')) {
            break;
        }
    }
    if (at < end) {
        memmove(full, full + at, end - at);
        return (files_path_t) { full, end - at };
    }
    full[0] = '.';
    return (files_path_t) { full, len ? 1 : 0 };
}

static MP_DEFINE_CONST_FUN_OBJ_1(system_fspath_obj, fspath);

files_path_t files_path(mp_obj_t path) {
    size_t len;
    const char *text = mp_obj_str_get_data(fspath(path), &len);
    if (memchr(text, 0, len) != NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("embedded null byte"));
    }
    if (len > MAX_PATH) {
        files_raise(WASI_NAMETOOLONG, path, MP_OBJ_NULL);
    }
    return files_path_from(text, len);
}

static mp_obj_t system_getcwd(void) {
    size_t len;
    const char *text = current_directory(&len);
    return mp_obj_new_str(text, len);
}
static MP_DEFINE_CONST_FUN_OBJ_0(system_getcwd_obj, system_getcwd);

static mp_obj_t system_chdir(mp_obj_t path_in) {
    files_path_t path = files_path(path_in);
    files_stat_t stat;
    check(files_stat(path, true, &stat), path_in);
    if ((uint8_t)stat.type != TYPE_DIRECTORY) {
        files_raise(54, path_in, MP_OBJ_NULL);
    }
    // "/" and the parts of the path, ".." taking one away.
    vstr_t cwd;
    vstr_init(&cwd, path.len + 2);
    for (size_t i = 0; i < path.len;) {
        size_t n = 0;
        while (i + n < path.len && path.text[i + n] != '/') {
            n++;
        }
        const char *part = path.text + i;
        i += n + 1;
        if (n == 2 && part[0] == '.' && part[1] == '.') {
            while (cwd.len && cwd.buf[--cwd.len] != '/') {
            }
        } else if (n && !(n == 1 && part[0] == '.')) {
            vstr_add_char(&cwd, '/');
            vstr_add_strn(&cwd, part, n);
        }
    }
    MP_STATE_VM(sandbox_directory) = cwd.len ? mp_obj_new_str(cwd.buf, cwd.len) : MP_OBJ_NULL;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(system_chdir_obj, system_chdir);

// ---- opening and asking

int32_t files_open(files_path_t path, unsigned how, int32_t *fd, files_stat_t *stat) {
    uint32_t result = 0;
    uint64_t rights = RIGHTS_ANY | (how & HOW_READ ? RIGHTS_READ : 0) | (how & HOW_WRITE ? RIGHTS_WRITE : 0);
    uint32_t flags = (how & HOW_CREATE ? 1 : 0) | (how & HOW_DIRECTORY ? 2 : 0)
        | (how & HOW_EXCLUSIVE ? 4 : 0) | (how & HOW_TRUNCATE ? 8 : 0);
    for (int tries = 0;; tries++) {
        int32_t code = FILES_ASK(PATH_OPEN, ROOT, how & HOW_NO_FOLLOW ? 0 : 1, FILES_AT(path.text), path.len, flags,
            rights, rights, how & HOW_APPEND ? 1 : 0, FILES_AT(&result));
        if ((code != WASI_MFILE && code != WASI_NFILE) || tries) {
            *fd = (int32_t)result;
            if (code == WASI_OK && stat != NULL && sandbox_exchange.sys_opened) {
                memcpy(stat, &sandbox_exchange.sys_args[1], sizeof *stat);
            } else if (code == WASI_OK && stat != NULL) {
                code = files_fd_stat(*fd, stat);
            }
            return code;
        }
        gc_collect(); // there may be files that nobody can reach any more
    }
}

int32_t files_stat(files_path_t path, bool follow, files_stat_t *stat) {
    return FILES_ASK(PATH_FILESTAT_GET, ROOT, follow, FILES_AT(path.text), path.len, FILES_AT(stat));
}

int32_t files_fd_stat(int32_t fd, files_stat_t *stat) {
    return FILES_ASK(FD_FILESTAT_GET, (uint32_t)fd, FILES_AT(stat));
}

// The standard streams and the root are not for guest code to read, write or close.
void files_check_fd(int32_t fd) {
    if (fd <= ROOT) {
        files_raise(WASI_BADF, MP_OBJ_NULL, MP_OBJ_NULL);
    }
}

static mp_obj_t system_open(mp_obj_t path_in, mp_obj_t how) {
    int32_t fd;
    check(files_open(files_path(path_in), mp_obj_get_int(how), &fd, NULL), path_in);
    return mp_obj_new_int(fd);
}
static MP_DEFINE_CONST_FUN_OBJ_2(system_open_obj, system_open);

static mp_obj_t time_from(uint64_t ns) {
    return mp_obj_new_int_from_ll(ns > INT64_MAX ? INT64_MAX : (long long)ns);
}

// stat(path or descriptor, follow): type, inode, device, links, size, and three times in ns.
static mp_obj_t system_stat(mp_obj_t path_in, mp_obj_t follow) {
    files_stat_t stat;
    memset(&stat, 0, sizeof stat);
    if (mp_obj_is_int(path_in)) {
        mp_int_t fd = mp_obj_get_int(path_in);
        if (fd < 0 || fd > 2) { // the standard streams are known here alone
            files_flush_all();
            check(files_fd_stat(fd, &stat), MP_OBJ_NULL);
        } else {
            stat.type = 2;
            stat.links = 1;
        }
    } else {
        check(files_stat(files_path(path_in), mp_obj_is_true(follow), &stat), path_in);
    }
    mp_obj_t items[8] = { MP_OBJ_NEW_SMALL_INT((uint8_t)stat.type) };
    items[1] = mp_obj_new_int_from_ull(stat.inode);
    items[2] = mp_obj_new_int_from_ull(stat.device);
    items[3] = mp_obj_new_int_from_ull(stat.links);
    items[4] = mp_obj_new_int_from_ull(stat.size);
    items[5] = time_from(stat.accessed);
    items[6] = time_from(stat.modified);
    items[7] = time_from(stat.changed);
    return mp_obj_new_tuple(8, items);
}
static MP_DEFINE_CONST_FUN_OBJ_2(system_stat_obj, system_stat);

typedef struct {
    uint64_t next, inode;
    uint32_t len;
    uint32_t type; // one byte
} entry_t;

// A name that is no text of UTF-8 cannot be a str: its bytes beyond ASCII become "?".
static mp_obj_t name_from(char *name, size_t len) {
    if (!utf8_check((const byte *)name, len)) {
        for (size_t i = 0; i < len; i++) {
            name[i] = name[i] & 0x80 ? '?' : name[i];
        }
    }
    return mp_obj_new_str(name, len);
}

// list(path, types): the names in a directory; with types, names and types by turns.
static mp_obj_t system_list(mp_obj_t path_in, mp_obj_t types) {
    files_path_t path = files_path(path_in);
    mp_obj_t names = mp_obj_new_list(0, NULL);
    size_t size = 4096;
    char *buf = m_new(char, size);
    files_file_t *owner = files_new(); // closes the descriptor whatever happens
    int32_t fd;
    check(files_open(path, HOW_READ | HOW_DIRECTORY, &fd, NULL), path_in);
    files_own(owner, fd);
    for (uint64_t cookie = 0;;) {
        uint32_t used = 0;
        check(FILES_ASK(FD_READDIR, (uint32_t)fd, FILES_AT(buf), size, cookie, FILES_AT(&used)), path_in);
        used = used < size ? used : size;
        size_t at = 0;
        entry_t entry;
        // The last entry may be cut off; it comes again, first.
        while (used - at >= sizeof entry) {
            memcpy(&entry, buf + at, sizeof entry);
            if (entry.len > used - at - sizeof entry) {
                break;
            }
            char *name = buf + at + sizeof entry;
            at += sizeof entry + entry.len;
            cookie = entry.next;
            if (!(name[0] == '.' && (entry.len == 1 || (entry.len == 2 && name[1] == '.')))) {
                mp_obj_list_append(names, name_from(name, entry.len));
                if (mp_obj_is_true(types)) {
                    mp_obj_list_append(names, MP_OBJ_NEW_SMALL_INT((uint8_t)entry.type));
                }
            }
        }
        if (used < size) {
            break;
        }
        if (size < 65536) {
            buf = m_renew(char, buf, size, size * 4);
            size *= 4;
        } else if (at == 0) {
            files_raise(WASI_IO, path_in, MP_OBJ_NULL);
        }
        mp_handle_pending(true);
    }
    check(files_close(owner), path_in);
    m_del(char, buf, size);
    return names;
}
static MP_DEFINE_CONST_FUN_OBJ_2(system_list_obj, system_list);

// ---- changing

#define ON_ONE_PATH(name, op) \
    static mp_obj_t system_##name(mp_obj_t path_in) { \
        files_path_t path = files_path(path_in); \
        check(FILES_ASK(op, ROOT, FILES_AT(path.text), path.len), path_in); \
        return mp_const_none; \
    } \
    static MP_DEFINE_CONST_FUN_OBJ_1(system_##name##_obj, system_##name)

ON_ONE_PATH(mkdir, PATH_CREATE_DIRECTORY);
ON_ONE_PATH(rmdir, PATH_REMOVE_DIRECTORY);
ON_ONE_PATH(unlink, PATH_UNLINK_FILE);

static mp_obj_t system_rename(mp_obj_t from_in, mp_obj_t to_in) {
    files_path_t from = files_path(from_in), to = files_path(to_in);
    int32_t code = FILES_ASK(PATH_RENAME, ROOT, FILES_AT(from.text), from.len, ROOT, FILES_AT(to.text), to.len);
    if (code != WASI_OK) {
        files_raise(code, from_in, to_in);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(system_rename_obj, system_rename);

static mp_obj_t system_link(mp_obj_t from_in, mp_obj_t to_in) {
    files_path_t from = files_path(from_in), to = files_path(to_in);
    int32_t code = FILES_ASK(PATH_LINK, ROOT, 1, FILES_AT(from.text), from.len, ROOT, FILES_AT(to.text), to.len);
    if (code != WASI_OK) {
        files_raise(code, from_in, to_in);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(system_link_obj, system_link);

static mp_obj_t system_symlink(mp_obj_t target_in, mp_obj_t path_in) {
    size_t len;
    const char *target = mp_obj_str_get_data(fspath(target_in), &len);
    files_path_t path = files_path(path_in);
    int32_t code = FILES_ASK(PATH_SYMLINK, FILES_AT(target), len, ROOT, FILES_AT(path.text), path.len);
    if (code != WASI_OK) {
        files_raise(code, target_in, path_in);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(system_symlink_obj, system_symlink);

static mp_obj_t system_readlink(mp_obj_t path_in) {
    files_path_t path = files_path(path_in);
    char *buf = m_new(char, MAX_PATH);
    uint32_t used = 0;
    check(FILES_ASK(PATH_READLINK, ROOT, FILES_AT(path.text), path.len, FILES_AT(buf), MAX_PATH, FILES_AT(&used)),
        path_in);
    mp_obj_t target = name_from(buf, used < MAX_PATH ? used : MAX_PATH);
    m_del(char, buf, MAX_PATH);
    return target;
}
static MP_DEFINE_CONST_FUN_OBJ_1(system_readlink_obj, system_readlink);

// utime(path, accessed, modified): in ns, or None for now.
static mp_obj_t system_utime(mp_obj_t path_in, mp_obj_t accessed, mp_obj_t modified) {
    files_path_t path = files_path(path_in);
    bool now = accessed == mp_const_none;
    uint64_t a = now ? 0 : (uint64_t)mp_obj_get_ll(accessed), m = now ? 0 : (uint64_t)mp_obj_get_ll(modified);
    check(FILES_ASK(PATH_FILESTAT_SET_TIMES, ROOT, 1, FILES_AT(path.text), path.len, a, m, now ? 2 | 8 : 1 | 4), path_in);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(system_utime_obj, system_utime);

// ---- descriptors, as os.read and its like have them

static mp_obj_t system_read(mp_obj_t fd_in, mp_obj_t n_in) {
    mp_int_t fd = mp_obj_get_int(fd_in), n = mp_obj_get_int(n_in);
    if (n < 0) {
        check(WASI_INVAL, MP_OBJ_NULL);
    }
    if (fd == 0) {
        return mp_const_empty_bytes; // there is no input
    }
    files_check_fd(fd);
    size_t room = n;
    files_stat_t stat;
    if (room > 4096 && files_fd_stat(fd, &stat) == WASI_OK && stat.size < room) {
        room = (size_t)stat.size; // there is no more, whatever is asked for
    }
    vstr_t out;
    vstr_init(&out, room + 1);
    struct { uint32_t at, len; } span = { (uint32_t)(uintptr_t)out.buf, room };
    uint32_t got = 0;
    check(FILES_ASK(FD_READ, (uint32_t)fd, FILES_AT(&span), 1, FILES_AT(&got)), MP_OBJ_NULL);
    out.len = MIN(got, span.len);
    return mp_obj_new_bytes_from_vstr(&out);
}
static MP_DEFINE_CONST_FUN_OBJ_2(system_read_obj, system_read);

static mp_obj_t system_write(mp_obj_t fd_in, mp_obj_t data_in) {
    mp_int_t fd = mp_obj_get_int(fd_in);
    mp_buffer_info_t data;
    mp_get_buffer_raise(data_in, &data, MP_BUFFER_READ);
    if (fd == 1 || fd == 2) {
        sandbox_output(fd, data.buf, data.len);
        return mp_obj_new_int_from_uint(data.len);
    }
    files_check_fd(fd);
    struct { uint32_t at, len; } span = { (uint32_t)(uintptr_t)data.buf, data.len };
    uint32_t n = 0;
    check(FILES_ASK(FD_WRITE, (uint32_t)fd, FILES_AT(&span), 1, FILES_AT(&n)), MP_OBJ_NULL);
    return mp_obj_new_int_from_uint(n);
}
static MP_DEFINE_CONST_FUN_OBJ_2(system_write_obj, system_write);

static mp_obj_t system_seek(mp_obj_t fd_in, mp_obj_t offset, mp_obj_t whence) {
    mp_int_t fd = mp_obj_get_int(fd_in);
    files_check_fd(fd);
    uint64_t at = 0;
    check(FILES_ASK(FD_SEEK, (uint32_t)fd, (uint64_t)mp_obj_get_ll(offset), (uint32_t)mp_obj_get_int(whence),
        FILES_AT(&at)), MP_OBJ_NULL);
    return mp_obj_new_int_from_ull(at);
}
static MP_DEFINE_CONST_FUN_OBJ_3(system_seek_obj, system_seek);

static mp_obj_t system_truncate(mp_obj_t fd_in, mp_obj_t size_in) {
    mp_int_t fd = mp_obj_get_int(fd_in);
    long long size = mp_obj_get_ll(size_in);
    files_check_fd(fd);
    check(size < 0 ? WASI_INVAL : FILES_ASK(FD_FILESTAT_SET_SIZE, (uint32_t)fd, (uint64_t)size), MP_OBJ_NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(system_truncate_obj, system_truncate);

static mp_obj_t system_sync(mp_obj_t fd_in) {
    mp_int_t fd = mp_obj_get_int(fd_in);
    files_check_fd(fd);
    files_flush_all();
    check(FILES_ASK(FD_SYNC, (uint32_t)fd), MP_OBJ_NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(system_sync_obj, system_sync);

static mp_obj_t system_close(mp_obj_t fd_in) {
    mp_int_t fd = mp_obj_get_int(fd_in);
    files_check_fd(fd);
    check(FILES_ASK(FD_CLOSE, (uint32_t)fd), MP_OBJ_NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(system_close_obj, system_close);

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__files) },
    { MP_ROM_QSTR(MP_QSTR_File), MP_ROM_PTR(&files_file_type) },
    { MP_ROM_QSTR(MP_QSTR_strerror), MP_ROM_PTR(&system_strerror_obj) },
    { MP_ROM_QSTR(MP_QSTR_fspath), MP_ROM_PTR(&system_fspath_obj) },
    { MP_ROM_QSTR(MP_QSTR_getcwd), MP_ROM_PTR(&system_getcwd_obj) },
    { MP_ROM_QSTR(MP_QSTR_chdir), MP_ROM_PTR(&system_chdir_obj) },
    { MP_ROM_QSTR(MP_QSTR_open), MP_ROM_PTR(&system_open_obj) },
    { MP_ROM_QSTR(MP_QSTR_stat), MP_ROM_PTR(&system_stat_obj) },
    { MP_ROM_QSTR(MP_QSTR_list), MP_ROM_PTR(&system_list_obj) },
    { MP_ROM_QSTR(MP_QSTR_mkdir), MP_ROM_PTR(&system_mkdir_obj) },
    { MP_ROM_QSTR(MP_QSTR_rmdir), MP_ROM_PTR(&system_rmdir_obj) },
    { MP_ROM_QSTR(MP_QSTR_unlink), MP_ROM_PTR(&system_unlink_obj) },
    { MP_ROM_QSTR(MP_QSTR_rename), MP_ROM_PTR(&system_rename_obj) },
    { MP_ROM_QSTR(MP_QSTR_link), MP_ROM_PTR(&system_link_obj) },
    { MP_ROM_QSTR(MP_QSTR_symlink), MP_ROM_PTR(&system_symlink_obj) },
    { MP_ROM_QSTR(MP_QSTR_readlink), MP_ROM_PTR(&system_readlink_obj) },
    { MP_ROM_QSTR(MP_QSTR_utime), MP_ROM_PTR(&system_utime_obj) },
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&system_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&system_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_seek), MP_ROM_PTR(&system_seek_obj) },
    { MP_ROM_QSTR(MP_QSTR_truncate), MP_ROM_PTR(&system_truncate_obj) },
    { MP_ROM_QSTR(MP_QSTR_sync), MP_ROM_PTR(&system_sync_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&system_close_obj) },
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t files_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR__files, files_module);
