// sys.stdin, sys.stdout and sys.stderr over the exchange's output.
#include "py/obj.h"
#include "py/stream.h"
#include "py/mperrno.h"
#include "exchange.h"

typedef struct _stdio_obj_t {
    mp_obj_base_t base;
    uint32_t fd; // 0 input, 1 output, 2 errors
} stdio_obj_t;

static const stdio_obj_t buffer_objs[3];

static void stdio_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    static const char *const names[] = { "<stdin>", "<stdout>", "<stderr>" };
    stdio_obj_t *self = MP_OBJ_TO_PTR(self_in);
    (void)kind;
    mp_printf(print, "<%s name='%s'>", mp_obj_get_type_str(self_in), names[self->fd]);
}

// There is no input: reading is at its end at once.
static mp_uint_t stdio_read(mp_obj_t self_in, void *buf, mp_uint_t size, int *errcode) {
    stdio_obj_t *self = MP_OBJ_TO_PTR(self_in);
    (void)buf;
    (void)size;
    if (self->fd != 0) {
        *errcode = MP_EPERM;
        return MP_STREAM_ERROR;
    }
    return 0;
}

static mp_uint_t stdio_write(mp_obj_t self_in, const void *buf, mp_uint_t size, int *errcode) {
    stdio_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->fd == 0) {
        *errcode = MP_EPERM;
        return MP_STREAM_ERROR;
    }
    sandbox_output(self->fd, buf, size);
    return size;
}

static mp_uint_t stdio_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t arg, int *errcode) {
    (void)self_in;
    (void)arg;
    if (request == MP_STREAM_CLOSE || request == MP_STREAM_FLUSH) {
        return 0;
    }
    *errcode = MP_EINVAL;
    return MP_STREAM_ERROR;
}

static mp_obj_t stdio_isatty(mp_obj_t self_in) {
    (void)self_in;
    return mp_const_false;
}
static MP_DEFINE_CONST_FUN_OBJ_1(stdio_isatty_obj, stdio_isatty);

static mp_obj_t stdio_fileno(mp_obj_t self_in) {
    return MP_OBJ_NEW_SMALL_INT(((stdio_obj_t *)MP_OBJ_TO_PTR(self_in))->fd);
}
static MP_DEFINE_CONST_FUN_OBJ_1(stdio_fileno_obj, stdio_fileno);

static const mp_rom_map_elem_t buffer_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&mp_stream_read_obj) },
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&mp_stream_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_readline), MP_ROM_PTR(&mp_stream_unbuffered_readline_obj) },
    { MP_ROM_QSTR(MP_QSTR_readlines), MP_ROM_PTR(&mp_stream_unbuffered_readlines_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&mp_stream_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_flush), MP_ROM_PTR(&mp_stream_flush_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&mp_identity_obj) },
    { MP_ROM_QSTR(MP_QSTR_isatty), MP_ROM_PTR(&stdio_isatty_obj) },
    { MP_ROM_QSTR(MP_QSTR_fileno), MP_ROM_PTR(&stdio_fileno_obj) },
    { MP_ROM_QSTR(MP_QSTR___enter__), MP_ROM_PTR(&mp_identity_obj) },
    { MP_ROM_QSTR(MP_QSTR___exit__), MP_ROM_PTR(&mp_stream___exit___obj) },
};
static MP_DEFINE_CONST_DICT(buffer_locals, buffer_locals_table);

static void text_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    stdio_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return; // nothing can be stored
    }
    if (attr == MP_QSTR_buffer) {
        dest[0] = MP_OBJ_FROM_PTR(&buffer_objs[self->fd]);
    } else if (attr == MP_QSTR_encoding) {
        dest[0] = MP_OBJ_NEW_QSTR(MP_QSTR_utf_hyphen_8);
    } else {
        dest[1] = MP_OBJ_SENTINEL; // go on in locals_dict
    }
}

static const mp_stream_p_t text_stream_p = {
    .read = stdio_read, .write = stdio_write, .ioctl = stdio_ioctl, .is_text = true,
};
static const mp_stream_p_t buffer_stream_p = {
    .read = stdio_read, .write = stdio_write, .ioctl = stdio_ioctl, .is_text = false,
};

static MP_DEFINE_CONST_OBJ_TYPE(text_type, MP_QSTR_TextIOWrapper, MP_TYPE_FLAG_ITER_IS_STREAM,
    print, stdio_print, attr, text_attr, protocol, &text_stream_p, locals_dict, &buffer_locals);
static MP_DEFINE_CONST_OBJ_TYPE(buffer_type, MP_QSTR_BufferedWriter, MP_TYPE_FLAG_ITER_IS_STREAM,
    print, stdio_print, protocol, &buffer_stream_p, locals_dict, &buffer_locals);

static const stdio_obj_t buffer_objs[3] = {
    { { &buffer_type }, 0 }, { { &buffer_type }, 1 }, { { &buffer_type }, 2 },
};
const stdio_obj_t mp_sys_stdin_obj = { { &text_type }, 0 };
const stdio_obj_t mp_sys_stdout_obj = { { &text_type }, 1 };
const stdio_obj_t mp_sys_stderr_obj = { { &text_type }, 2 };
