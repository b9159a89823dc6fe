// Host functions as guest code sees them: callables among the builtins.
//
// The type is reachable only through its instances and cannot be instantiated,
// and a name that the host did not register is refused by the host, so a guest
// that forges an instance gains nothing.
#include <string.h>
#include "py/builtin.h"
#include "py/objexcept.h"
#include "py/objmodule.h"
#include "py/objtype.h"
#include "py/runtime.h"
#include "guest.h"

typedef struct _host_function_t {
    mp_obj_base_t base;
    qstr name;
} host_function_t;

static void host_function_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    host_function_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, "<host function %q>", self->name);
}

// The builtin exception class of that name; RuntimeError if there is none.
static const mp_obj_type_t *exception_class(const char *name, size_t len) {
    mp_map_elem_t *e = NULL;
    qstr q = qstr_find_strn(name, len);
    if (q != MP_QSTRnull) {
        e = mp_map_lookup((mp_map_t *)&mp_module_builtins_globals.map, MP_OBJ_NEW_QSTR(q), MP_MAP_LOOKUP);
    }
    if (e != NULL && mp_obj_is_exception_type(e->value)) {
        return MP_OBJ_TO_PTR(e->value);
    }
    return &mp_type_RuntimeError;
}

// The reply of the last host call. Kept here, because a run can be unwound before it
// has read the reply, and past every handler.
static const char *reply;

void sandbox_drop_reply(void) {
    if (reply != NULL) {
        sandbox_reply_free(reply);
        reply = NULL;
    }
}

// What the host answered with: a value, or an exception to raise here.
static mp_obj_t open_reply(size_t len, uint32_t status) {
    mp_obj_t value = sandbox_decode(reply, len);
    sandbox_drop_reply();
    if (status == SANDBOX_REPLY_VALUE) {
        return value;
    }
    mp_obj_t *pair;
    mp_obj_get_array_fixed_n(value, 2, &pair);
    size_t name_len;
    const char *name = mp_obj_str_get_data(pair[0], &name_len);
    nlr_raise(mp_obj_new_exception_arg1(exception_class(name, name_len), pair[1]));
}

static mp_obj_t host_function_call(mp_obj_t self_in, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    host_function_t *self = MP_OBJ_TO_PTR(self_in);
    vstr_t text;
    vstr_init(&text, 64);
    vstr_add_str(&text, "[[");
    for (size_t i = 0; i < n_args; i++) {
        if (i) {
            vstr_add_char(&text, ',');
        }
        sandbox_encode(&text, args[i], false);
    }
    vstr_add_str(&text, "],{");
    for (size_t i = 0; i < n_kw; i++) {
        if (i) {
            vstr_add_char(&text, ',');
        }
        sandbox_encode(&text, args[n_args + 2 * i], false);
        vstr_add_char(&text, ':');
        sandbox_encode(&text, args[n_args + 2 * i + 1], false);
    }
    vstr_add_str(&text, "}]");

    size_t name_len, reply_len;
    const byte *name = qstr_data(self->name, &name_len);
    uint32_t status;
    sandbox_drop_reply();
    reply = sandbox_call((const char *)name, name_len, text.buf, text.len, &status, &reply_len);
    vstr_clear(&text);
    mp_handle_pending(true);
    if (reply == NULL) {
        mp_raise_type(&mp_type_MemoryError);
    }
    return open_reply(reply_len, status);
}

static void host_function_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    host_function_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] == MP_OBJ_NULL && (attr == MP_QSTR___name__ || attr == MP_QSTR___qualname__)) {
        dest[0] = MP_OBJ_NEW_QSTR(self->name);
    }
}

static MP_DEFINE_CONST_OBJ_TYPE(host_function_type, MP_QSTR_host_function, MP_TYPE_FLAG_NONE,
    print, host_function_print, call, host_function_call, attr, host_function_attr);

// Kept apart from what user code stores in the builtins, so that only what the
// host itself put there is taken away.
MP_REGISTER_ROOT_POINTER(mp_obj_t sandbox_host_functions);

// ---- await
//
// A host function has answered when its call returns. So that code which was written for
// an asynchronous one works as it is, the answer can be awaited as well, and is that.

typedef struct _answered_t {
    mp_obj_base_t base;
    mp_obj_t value;
} answered_t;

static mp_obj_t answered_next(mp_obj_t self_in) {
    answered_t *self = MP_OBJ_TO_PTR(self_in);
    return mp_make_stop_iteration(self->value);
}

static MP_DEFINE_CONST_OBJ_TYPE(answered_type, MP_QSTR_host_function_answer, MP_TYPE_FLAG_ITER_IS_ITERNEXT,
    iter, answered_next);

static bool has_host_functions(void) {
    size_t n = 0;
    mp_obj_t *functions;
    if (MP_STATE_VM(sandbox_host_functions) != MP_OBJ_NULL) {
        mp_obj_list_get(MP_STATE_VM(sandbox_host_functions), &n, &functions);
    }
    return n > 0;
}

// What `await` iterates for its value.
static mp_obj_t await(mp_obj_t value) {
    const mp_obj_type_t *type = mp_obj_get_type(value);
    if (type == &mp_type_gen_instance) {
        return value;
    }
    if (mp_obj_is_instance_type(type)) {
        mp_obj_t dest[2];
        mp_load_method_maybe(value, MP_QSTR___await__, dest);
        if (dest[0] != MP_OBJ_NULL) {
            return mp_getiter(mp_call_method_n_kw(0, 0, dest), NULL);
        }
        mp_load_method_maybe(value, MP_QSTR___iter__, dest);
        if (dest[0] != MP_OBJ_NULL) { // what upstream awaits
            return mp_getiter(value, NULL);
        }
    } else if (has_host_functions() && !mp_obj_is_callable(value) && !(type->flags & MP_TYPE_FLAG_ITER_IS_ITERNEXT)) {
        answered_t *ready = mp_obj_malloc(answered_t, &answered_type);
        ready->value = value;
        return MP_OBJ_FROM_PTR(ready);
    }
    mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("object %s can't be used in 'await' expression"),
        mp_obj_get_type_str(value));
}
MP_DEFINE_CONST_FUN_OBJ_1(sandbox_await_obj, await);

// What an `await` outside functions comes to: nothing else is there to go on meanwhile.
static mp_obj_t complete(mp_obj_t value) {
    mp_obj_t awaited = await(value);
    do {
        SANDBOX_POLL();
        MP_STATE_THREAD(stop_iteration_arg) = MP_OBJ_NULL;
    } while (mp_iternext(awaited) != MP_OBJ_STOP_ITERATION);
    mp_obj_t result = MP_STATE_THREAD(stop_iteration_arg);
    return result == MP_OBJ_NULL ? mp_const_none : result;
}
MP_DEFINE_CONST_FUN_OBJ_1(sandbox_complete_obj, complete);

// ---- names

void sandbox_set_host_functions(mp_obj_t names) {
    mp_obj_dict_t *override = MP_STATE_VM(mp_module_builtins_override_dict);
    if (override == NULL) {
        override = MP_OBJ_TO_PTR(mp_obj_new_dict(4));
        MP_STATE_VM(mp_module_builtins_override_dict) = override;
    }
    mp_obj_t fresh = mp_obj_new_list(0, NULL);
    if (MP_STATE_VM(sandbox_host_functions) != MP_OBJ_NULL) {
        size_t n;
        mp_obj_t *old;
        mp_obj_list_get(MP_STATE_VM(sandbox_host_functions), &n, &old);
        for (size_t i = 0; i < n; i++) {
            mp_obj_t key = MP_OBJ_NEW_QSTR(((host_function_t *)MP_OBJ_TO_PTR(old[i]))->name);
            mp_map_elem_t *e = mp_map_lookup(&override->map, key, MP_MAP_LOOKUP);
            if (e != NULL && e->value == old[i]) {
                mp_map_lookup(&override->map, key, MP_MAP_LOOKUP_REMOVE_IF_FOUND);
            }
        }
    }
    size_t n;
    mp_obj_t *name;
    mp_obj_get_array(names, &n, &name);
    for (size_t i = 0; i < n; i++) {
        host_function_t *f = mp_obj_malloc(host_function_t, &host_function_type);
        f->name = mp_obj_str_get_qstr(name[i]);
        mp_obj_list_append(fresh, MP_OBJ_FROM_PTR(f));
        mp_obj_dict_store(MP_OBJ_FROM_PTR(override), MP_OBJ_NEW_QSTR(f->name), MP_OBJ_FROM_PTR(f));
    }
    MP_STATE_VM(sandbox_host_functions) = fresh;
}
