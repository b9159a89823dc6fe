// The class _files.File: a descriptor with a buffer, which lib/_fileio.py makes Python's file
// objects of. What is written is held back until the buffer is full, the file is flushed, closed
// or collected, some path is looked at, or the run ends.
#include <string.h>

#include "py/gc.h"
#include "py/objstr.h"
#include "py/runtime.h"
#include "py/unicode.h"
#include "files.h"

#define MIN_BUFFER 512
#define MAX_BUFFER 8192
#define MAX_FILES 256
#define MAX_POSITION ((int64_t)1 << 62)

struct _files_file_t {
    mp_obj_base_t base;
    int32_t fd; // -1: closed
    uint16_t how;
    bool keep;  // the descriptor is not ours to close
    bool dirty; // what is in the buffer is to be written; else it was read ahead
    byte *buf;
    uint32_t alloc, start, end; // buf[start:end] is in use
    int64_t pos;                // where the descriptor stands, or -1: it must be asked
    uint64_t size;              // of the file when it was opened, if it is only read; else 0
};

// How a line ends.
enum { END_LF, END_ANY, END_CR, END_CRLF, END_KEPT }; // END_KEPT: any, and left as it is

// Not scanned by the collector, so that a file nobody else knows of is collected. Its
// finaliser takes it from here.
static files_file_t *files[MAX_FILES];
static uint32_t n_files;

static files_file_t *get(mp_obj_t self_in) {
    if (!mp_obj_is_exact_type(self_in, &files_file_type)) {
        mp_raise_TypeError(MP_ERROR_TEXT("a File is required"));
    }
    return MP_OBJ_TO_PTR(self_in);
}

static files_file_t *get_open(mp_obj_t self_in) {
    files_file_t *self = get(self_in);
    if (self->fd < 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("I/O operation on closed file."));
    }
    return self;
}

static void check(int32_t code) {
    if (code != WASI_OK) {
        files_raise(code, MP_OBJ_NULL, MP_OBJ_NULL);
    }
}

// ---- life

files_file_t *files_new(void) {
    files_file_t *self = mp_obj_malloc_with_finaliser(files_file_t, &files_file_type);
    self->fd = -1;
    self->how = 0;
    self->keep = self->dirty = false;
    self->buf = NULL;
    self->alloc = self->start = self->end = 0;
    self->pos = 0;
    self->size = 0;
    return self;
}

static void forget(files_file_t *self) {
    for (uint32_t i = 0; i < n_files; i++) {
        if (files[i] == self) {
            files[i] = files[--n_files];
            return;
        }
    }
}

void files_own(files_file_t *self, int32_t fd) {
    if (n_files == MAX_FILES) {
        gc_collect();
    }
    if (n_files == MAX_FILES) {
        if (!self->keep) {
            FILES_ASK(FD_CLOSE, (uint32_t)fd);
        }
        check(WASI_MFILE);
    }
    self->fd = fd;
    files[n_files++] = self;
}

// Write *len bytes; *len becomes how many were left.
static int32_t put(files_file_t *self, const byte *from, size_t *len) {
    while (*len) {
        struct { uint32_t at, len; } span = { (uint32_t)(uintptr_t)from, *len };
        uint32_t n = 0;
        int32_t code = FILES_ASK(FD_WRITE, (uint32_t)self->fd, FILES_AT(&span), 1, FILES_AT(&n));
        if (code == WASI_OK && (n == 0 || n > *len)) {
            code = WASI_IO;
        }
        if (code != WASI_OK) {
            return code;
        }
        from += n;
        *len -= n;
        self->pos = self->how & HOW_APPEND || self->pos < 0 ? -1 : self->pos + n;
    }
    return WASI_OK;
}

static int32_t flush(files_file_t *self) {
    if (!self->dirty) {
        return WASI_OK;
    }
    size_t left = self->end - self->start;
    int32_t code = put(self, self->buf + self->start, &left);
    self->start = self->end - left; // what could not be written waits for the next attempt
    if (code == WASI_OK) {
        self->start = self->end = 0;
        self->dirty = false;
    }
    return code;
}

void files_flush_all(void) {
    for (uint32_t i = 0; i < n_files; i++) {
        flush(files[i]);
    }
}

int32_t files_close(files_file_t *self) {
    if (self->fd < 0) {
        return WASI_OK;
    }
    int32_t code = flush(self);
    forget(self);
    int32_t closed = self->keep ? WASI_OK : FILES_ASK(FD_CLOSE, (uint32_t)self->fd);
    self->fd = -1;
    self->buf = NULL;
    self->dirty = false;
    self->alloc = self->start = self->end = 0;
    return code != WASI_OK ? code : closed;
}

// Called by the collector: nothing here allocates, raises, or looks for interrupts.
static mp_obj_t file_del(mp_obj_t self_in) {
    if (mp_obj_is_exact_type(self_in, &files_file_type)) {
        files_close(MP_OBJ_TO_PTR(self_in));
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(file_del_obj, file_del);

static void go(files_file_t *self, int64_t offset, uint32_t whence) {
    uint64_t at = 0;
    self->pos = -1;
    check(FILES_ASK(FD_SEEK, (uint32_t)self->fd, (uint64_t)offset, whence, FILES_AT(&at)));
    self->pos = at > (uint64_t)MAX_POSITION ? MAX_POSITION : (int64_t)at;
}

// Where the descriptor stands.
static int64_t where(files_file_t *self) {
    if (self->pos < 0) {
        go(self, 0, 1);
    }
    return self->pos;
}

// File(path or descriptor, how, keep): keep leaves a descriptor open when the file is closed.
static mp_obj_t file_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 3, 3, false);
    files_file_t *self = files_new();
    self->how = mp_obj_get_int(args[1]);
    int32_t fd;
    files_stat_t stat = { 0 };
    bool given = mp_obj_is_int(args[0]);
    if (given) {
        fd = mp_obj_get_int(args[0]);
        files_check_fd(fd);
        self->keep = mp_obj_is_true(args[2]);
        self->pos = -1;
    } else {
        int32_t code = files_open(files_path(args[0]), self->how, &fd, &stat);
        if (code != WASI_OK) {
            files_raise(code, args[0], MP_OBJ_NULL);
        }
    }
    files_own(self, fd);
    int32_t code = given ? files_fd_stat(fd, &stat) : WASI_OK;
    if (code == WASI_OK && (uint8_t)stat.type == TYPE_DIRECTORY && self->how & HOW_NOT_DIRECTORY) {
        code = 31;
    }
    if (code != WASI_OK) {
        files_close(self);
        files_raise(code, args[0], MP_OBJ_NULL);
    }
    self->size = self->how & HOW_WRITE ? 0 : stat.size;
    if (self->how & HOW_APPEND) {
        go(self, 0, 2);
    }
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t file_flush(mp_obj_t self_in) {
    check(flush(get_open(self_in)));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(file_flush_obj, file_flush);

static mp_obj_t file_close(mp_obj_t self_in) {
    check(files_close(get(self_in)));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(file_close_obj, file_close);

static mp_obj_t file_fileno(mp_obj_t self_in) {
    return mp_obj_new_int(get_open(self_in)->fd);
}
static MP_DEFINE_CONST_FUN_OBJ_1(file_fileno_obj, file_fileno);

static void file_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return; // nothing can be stored
    }
    if (attr == MP_QSTR_closed) {
        dest[0] = mp_obj_new_bool(get(self_in)->fd < 0);
    } else {
        dest[1] = MP_OBJ_SENTINEL; // go on in locals_dict
    }
}

// ---- position

// Where the next byte is read from or written to.
static int64_t tell(files_file_t *self) {
    if (self->dirty) {
        check(flush(self));
    }
    return where(self) - (self->end - self->start);
}

// Forget what was read ahead.
static void drop(files_file_t *self) {
    if (self->start < self->end) {
        int64_t at = tell(self);
        self->start = self->end = 0;
        go(self, at, 0);
    }
    self->start = self->end = 0;
}

static mp_obj_t file_tell(mp_obj_t self_in) {
    return mp_obj_new_int_from_ll(tell(get_open(self_in)));
}
static MP_DEFINE_CONST_FUN_OBJ_1(file_tell_obj, file_tell);

static mp_obj_t file_seek(mp_obj_t self_in, mp_obj_t offset_in, mp_obj_t whence_in) {
    files_file_t *self = get_open(self_in);
    int64_t offset = mp_obj_get_ll(offset_in);
    mp_int_t whence = mp_obj_get_int(whence_in);
    if (offset > MAX_POSITION || offset < -MAX_POSITION || whence < 0 || whence > 2) {
        check(WASI_INVAL);
    }
    check(flush(self));
    if (whence == 2) {
        self->start = self->end = 0;
        go(self, offset, 2);
    } else {
        int64_t target = whence ? tell(self) + offset : offset;
        if (target < 0 || target > MAX_POSITION) {
            check(WASI_INVAL);
        }
        if (self->end && target <= where(self) && target >= self->pos - self->end) {
            self->start = self->end - (uint32_t)(self->pos - target); // it is in the buffer
        } else {
            self->start = self->end = 0;
            go(self, target, 0);
        }
    }
    return mp_obj_new_int_from_ll(tell(self));
}
static MP_DEFINE_CONST_FUN_OBJ_3(file_seek_obj, file_seek);

// truncate(size), None: to the position
static mp_obj_t file_truncate(mp_obj_t self_in, mp_obj_t size_in) {
    files_file_t *self = get_open(self_in);
    int64_t size = size_in == mp_const_none ? tell(self) : mp_obj_get_ll(size_in);
    if (size < 0) {
        check(WASI_INVAL);
    }
    check(flush(self));
    drop(self);
    check(FILES_ASK(FD_FILESTAT_SET_SIZE, (uint32_t)self->fd, (uint64_t)size));
    return mp_obj_new_int_from_ll(size);
}
static MP_DEFINE_CONST_FUN_OBJ_2(file_truncate_obj, file_truncate);

// ---- writing

static mp_obj_t file_write(mp_obj_t self_in, mp_obj_t data_in) {
    files_file_t *self = get_open(self_in);
    mp_buffer_info_t data;
    mp_get_buffer_raise(data_in, &data, MP_BUFFER_READ);
    const byte *from = data.buf;
    size_t left = data.len;
    if (!self->dirty) {
        drop(self);
    }
    size_t room = MAX_BUFFER - self->end;
    if (self->how & HOW_UNBUFFERED || left > room) {
        check(flush(self));
        room = MAX_BUFFER;
    }
    if (self->how & HOW_UNBUFFERED || left > room) {
        while (left) { // in parts, so that an interrupt is noticed
            size_t part = left < 1 << 20 ? left : 1 << 20, n = part;
            check(put(self, from, &n));
            from += part;
            left -= part;
            mp_handle_pending(true);
        }
    } else if (left) {
        if (self->end + left > self->alloc) {
            size_t alloc = MAX(MAX(self->alloc * 4, MIN_BUFFER), self->end + left);
            alloc = MIN(alloc, MAX_BUFFER);
            self->buf = m_renew(byte, self->buf, self->alloc, alloc);
            self->alloc = alloc;
        }
        memcpy(self->buf + self->end, from, left);
        self->end += left;
        self->dirty = true;
    }
    return mp_obj_new_int_from_uint(data.len);
}
static MP_DEFINE_CONST_FUN_OBJ_2(file_write_obj, file_write);

// ---- reading

// At most *len bytes, straight from the host.
static size_t take(files_file_t *self, byte *to, size_t len) {
    struct { uint32_t at, len; } span = { (uint32_t)(uintptr_t)to, len };
    uint32_t n = 0;
    check(FILES_ASK(FD_READ, (uint32_t)self->fd, FILES_AT(&span), 1, FILES_AT(&n)));
    if (n > len) {
        check(WASI_IO);
    }
    if (self->pos >= 0) {
        self->pos += n;
    }
    return n;
}

// Have at least one byte in the buffer, or return false at the end of the file.
static bool fill(files_file_t *self) {
    if (self->dirty) {
        check(flush(self));
    }
    if (self->start < self->end) {
        return true;
    }
    if (self->alloc < MAX_BUFFER && (self->buf == NULL || self->end == self->alloc)) {
        uint64_t wanted = MAX(MAX((uint64_t)self->alloc * 4, self->size + 1), MIN_BUFFER);
        size_t alloc = wanted < MAX_BUFFER ? (size_t)wanted : MAX_BUFFER;
        self->buf = m_renew(byte, self->buf, self->alloc, alloc);
        self->alloc = alloc;
    }
    self->start = self->end = 0;
    self->end = take(self, self->buf, self->alloc);
    return self->end > 0;
}

static void add(vstr_t *out, const byte *from, size_t n) {
    if (out->alloc - out->len < n) {
        vstr_hint_size(out, MAX(n, out->alloc / 2));
    }
    memcpy(out->buf + out->len, from, n);
    out->len += n;
}

// Read n bytes, or to the end of the file; n < 0: all.
static void read_into(files_file_t *self, vstr_t *out, mp_int_t n) {
    if (self->dirty) {
        check(flush(self));
    }
    size_t wanted = n < 0 ? SIZE_MAX : (size_t)n;
    size_t ready = MIN(self->end - self->start, wanted);
    uint64_t at = self->pos < 0 ? 0 : (uint64_t)self->pos;
    uint64_t rest = self->size > at ? self->size - at : 0;
    size_t hint = MIN((uint64_t)(wanted - ready), MIN(rest, (uint64_t)(1u << 30)) + 1);
    vstr_init(out, MAX(ready + hint, 16));
    add(out, self->buf + self->start, ready);
    self->start += ready;
    if (wanted - ready && wanted - ready < MAX_BUFFER && n >= 0) {
        // A small piece: there will be more of them.
        while (out->len < wanted && fill(self)) {
            size_t part = MIN(self->end - self->start, wanted - out->len);
            add(out, self->buf + self->start, part);
            self->start += part;
        }
        return;
    }
    while (out->len < wanted) {
        if (out->len == out->alloc) {
            vstr_hint_size(out, out->alloc);
        }
        size_t room = MIN(out->alloc - out->len, wanted - out->len);
        size_t got = take(self, (byte *)out->buf + out->len, room);
        out->len += got;
        // Less than was asked for, beyond what the file had: this was the end.
        if (got == 0 || (got < room && self->size && self->pos >= 0 && (uint64_t)self->pos >= self->size)) {
            break;
        }
        mp_handle_pending(true);
    }
}

static mp_obj_t file_read(mp_obj_t self_in, mp_obj_t n_in) {
    vstr_t out;
    read_into(get_open(self_in), &out, n_in == mp_const_none ? -1 : mp_obj_get_int(n_in));
    return mp_obj_new_bytes_from_vstr(&out);
}
static MP_DEFINE_CONST_FUN_OBJ_2(file_read_obj, file_read);

static mp_obj_t file_readinto(mp_obj_t self_in, mp_obj_t to_in) {
    files_file_t *self = get_open(self_in);
    mp_buffer_info_t to;
    mp_get_buffer_raise(to_in, &to, MP_BUFFER_WRITE);
    size_t n = 0;
    while (n < to.len) {
        size_t part;
        if (to.len - n < MAX_BUFFER || self->dirty || self->start < self->end) {
            if (!fill(self)) {
                break;
            }
            part = MIN(self->end - self->start, to.len - n);
            memcpy((byte *)to.buf + n, self->buf + self->start, part);
            self->start += part;
        } else {
            part = take(self, (byte *)to.buf + n, to.len - n);
            if (part == 0) {
                break;
            }
        }
        n += part;
        mp_handle_pending(true);
    }
    return mp_obj_new_int_from_uint(n);
}
static MP_DEFINE_CONST_FUN_OBJ_2(file_readinto_obj, file_readinto);

// How many bytes of the buffer belong to the line; *over tells whether it ends there.
static size_t line_part(files_file_t *self, int ends, byte last, size_t most, bool *over) {
    const byte *from = self->buf + self->start;
    size_t n = MIN(self->end - self->start, most);
    if (ends == END_LF || ends == END_CR) {
        const byte *found = memchr(from, ends == END_LF ? '\n' : '\r', n);
        *over = found != NULL;
        return found != NULL ? found - from + 1 : n;
    }
    for (size_t i = 0; i < n; i++) {
        if (ends != END_CRLF ? from[i] == '\n' || from[i] == '\r' : from[i] == '\n' && last == '\r') {
            *over = true;
            return i + 1;
        }
        last = from[i];
    }
    *over = false;
    return n;
}

static void line_into(files_file_t *self, vstr_t *out, int ends, mp_int_t limit) {
    size_t most = limit < 0 ? SIZE_MAX : (size_t)limit;
    vstr_init(out, 64);
    bool over = false;
    while (!over && out->len < most && fill(self)) {
        byte last = out->len ? out->buf[out->len - 1] : 0;
        size_t n = line_part(self, ends, last, most - out->len, &over);
        add(out, self->buf + self->start, n);
        self->start += n;
    }
    // "\r\n" is one end, also where the buffer was cut between the two.
    if (over && (ends == END_ANY || ends == END_KEPT) && out->buf[out->len - 1] == '\r' && out->len < most && fill(self)
        && self->buf[self->start] == '\n') {
        self->start++;
        add(out, (const byte *)"\n", 1);
    }
}

static mp_obj_t file_readline(mp_obj_t self_in, mp_obj_t limit) {
    vstr_t out;
    line_into(get_open(self_in), &out, END_LF, limit == mp_const_none ? -1 : mp_obj_get_int(limit));
    return mp_obj_new_bytes_from_vstr(&out);
}
static MP_DEFINE_CONST_FUN_OBJ_2(file_readline_obj, file_readline);

// ---- text

// Look at text by words: is it ASCII, and is there a carriage return in it?
static void scan(const char *text, size_t len, bool *ascii, bool *returns) {
    const uint64_t ones = 0x0101010101010101, highs = 0x8080808080808080;
    uint64_t high = 0, found = 0;
    for (; len >= 8; text += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, text, 8);
        high |= word & highs;
        word ^= ones * '\r';
        found |= (word - ones) & ~word & highs;
    }
    for (; len; text++, len--) {
        high |= *text & 0x80;
        found |= *text == '\r';
    }
    *ascii = high == 0;
    *returns = found != 0;
}

// What was read as str, its line ends made "\n" if they are of any kind; as bytes, all as it
// was, if it is not UTF-8. lib/_fileio.py knows what to do then.
static mp_obj_t text_from(vstr_t *out, int ends) {
    bool ascii, returns;
    scan(out->buf, out->len, &ascii, &returns);
    if (!ascii && !utf8_check((const byte *)out->buf, out->len)) {
        return mp_obj_new_bytes_from_vstr(out);
    }
    if (ends == END_ANY && returns) {
        size_t to = 0;
        for (size_t i = 0; i < out->len; i++) {
            char c = out->buf[i];
            if (c == '\r') {
                c = '\n';
                i += i + 1 < out->len && out->buf[i + 1] == '\n';
            }
            out->buf[to++] = c;
        }
        out->len = to;
    }
    return mp_obj_new_str_from_utf8_vstr(out);
}

static mp_obj_t text_line(files_file_t *self, int ends) {
    vstr_t out;
    if (ends <= END_ANY && fill(self)) {
        // Most lines lie in the buffer as they are.
        const byte *from = self->buf + self->start;
        size_t n = self->end - self->start;
        const byte *end = memchr(from, '\n', n);
        if (end != NULL && (ends == END_LF || memchr(from, '\r', end - from) == NULL)
            && utf8_check(from, end + 1 - from)) {
            self->start += end + 1 - from;
            return mp_obj_new_str((const char *)from, end + 1 - from);
        }
    }
    line_into(self, &out, ends, -1);
    return text_from(&out, ends);
}

static mp_obj_t file_line(mp_obj_t self_in, mp_obj_t ends_in) {
    return text_line(get_open(self_in), mp_obj_get_int(ends_in));
}
static MP_DEFINE_CONST_FUN_OBJ_2(file_line_obj, file_line);

// lines(ends, decode): an iterator over the lines as text, decode being called for what is not
// UTF-8; as bytes if it is None.
typedef struct {
    mp_obj_base_t base;
    mp_obj_t file, decode;
    int ends;
} lines_t;

static mp_obj_t lines_next(mp_obj_t self_in) {
    lines_t *self = MP_OBJ_TO_PTR(self_in);
    files_file_t *file = get_open(self->file);
    mp_obj_t line;
    if (self->decode == mp_const_none) {
        vstr_t out;
        line_into(file, &out, END_LF, -1);
        line = mp_obj_new_bytes_from_vstr(&out);
    } else {
        line = text_line(file, self->ends);
        if (!mp_obj_is_str(line)) {
            line = mp_call_function_1(self->decode, line);
        }
    }
    return mp_obj_is_true(line) ? line : MP_OBJ_STOP_ITERATION;
}

static MP_DEFINE_CONST_OBJ_TYPE(lines_type, MP_QSTR_iterator, MP_TYPE_FLAG_ITER_IS_ITERNEXT, iter, lines_next);

static mp_obj_t file_lines(mp_obj_t self_in, mp_obj_t ends, mp_obj_t decode) {
    get_open(self_in);
    lines_t *lines = mp_obj_malloc(lines_t, &lines_type);
    lines->file = self_in;
    lines->decode = decode;
    lines->ends = mp_obj_get_int(ends);
    return MP_OBJ_FROM_PTR(lines);
}
static MP_DEFINE_CONST_FUN_OBJ_3(file_lines_obj, file_lines);

// write, for text that is written as it is; returns its length in characters
static mp_obj_t file_put(mp_obj_t self_in, mp_obj_t text) {
    if (!mp_obj_is_str(text)) {
        mp_raise_msg_varg(&mp_type_TypeError,
            MP_ERROR_TEXT("write() argument must be str, not %s"), mp_obj_get_type_str(text));
    }
    file_write(self_in, text);
    return mp_obj_len(text);
}
static MP_DEFINE_CONST_FUN_OBJ_2(file_put_obj, file_put);

static bool next_byte(files_file_t *self, vstr_t *out, byte mask, byte value) {
    if (!fill(self) || (self->buf[self->start] & mask) != value) {
        return false;
    }
    add(out, self->buf + self->start++, 1);
    return true;
}

// text(n, ends): n characters, "\r\n" being one if ends are of any kind; n < 0: all.
static mp_obj_t file_text(mp_obj_t self_in, mp_obj_t n_in, mp_obj_t ends_in) {
    files_file_t *self = get_open(self_in);
    mp_int_t n = n_in == mp_const_none ? -1 : mp_obj_get_int(n_in);
    int ends = mp_obj_get_int(ends_in);
    vstr_t out;
    if (n < 0) {
        read_into(self, &out, -1);
        return text_from(&out, ends);
    }
    vstr_init(&out, 64);
    for (; n > 0 && fill(self); n--) {
        byte first = self->buf[self->start++];
        add(&out, &first, 1);
        for (int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0; more; more--) {
            if (!next_byte(self, &out, 0xc0, 0x80)) {
                break;
            }
        }
        if (first == '\r' && ends == END_ANY) {
            next_byte(self, &out, 0xff, '\n');
        }
    }
    return text_from(&out, ends);
}
static MP_DEFINE_CONST_FUN_OBJ_3(file_text_obj, file_text);

static const mp_rom_map_elem_t file_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&file_del_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&file_close_obj) },
    { MP_ROM_QSTR(MP_QSTR_fileno), MP_ROM_PTR(&file_fileno_obj) },
    { MP_ROM_QSTR(MP_QSTR_flush), MP_ROM_PTR(&file_flush_obj) },
    { MP_ROM_QSTR(MP_QSTR_line), MP_ROM_PTR(&file_line_obj) },
    { MP_ROM_QSTR(MP_QSTR_lines), MP_ROM_PTR(&file_lines_obj) },
    { MP_ROM_QSTR(MP_QSTR_put), MP_ROM_PTR(&file_put_obj) },
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&file_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&file_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_readline), MP_ROM_PTR(&file_readline_obj) },
    { MP_ROM_QSTR(MP_QSTR_seek), MP_ROM_PTR(&file_seek_obj) },
    { MP_ROM_QSTR(MP_QSTR_tell), MP_ROM_PTR(&file_tell_obj) },
    { MP_ROM_QSTR(MP_QSTR_text), MP_ROM_PTR(&file_text_obj) },
    { MP_ROM_QSTR(MP_QSTR_truncate), MP_ROM_PTR(&file_truncate_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&file_write_obj) },
};
static MP_DEFINE_CONST_DICT(file_locals, file_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    files_file_type, MP_QSTR_File, MP_TYPE_FLAG_NONE,
    make_new, file_make_new,
    attr, file_attr,
    locals_dict, &file_locals
    );
