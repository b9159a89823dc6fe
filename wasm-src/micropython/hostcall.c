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

// What is registered now, by name. Kept apart from what user code stores in the builtins,
// so that only what the host itself put there is taken away.
MP_REGISTER_ROOT_POINTER(mp_obj_t sandbox_host_functions);

static mp_map_t *registered(void) {
    mp_obj_t functions = MP_STATE_VM(sandbox_host_functions);
    return functions == MP_OBJ_NULL ? NULL : mp_obj_dict_get_map(functions);
}

static mp_obj_t registered_as(qstr name) {
    mp_map_elem_t *e = registered() ? mp_map_lookup(registered(), MP_OBJ_NEW_QSTR(name), MP_MAP_LOOKUP) : NULL;
    return e ? e->value : MP_OBJ_NULL;
}

// The host's or the builtin exception class of that name; RuntimeError if there is none.
static const mp_obj_type_t *exception_class(const char *name, size_t len) {
    mp_map_elem_t *e = NULL;
    qstr q = qstr_find_strn(name, len);
    if (q != MP_QSTRnull) {
        mp_obj_t own = registered_as(q);
        if (own != MP_OBJ_NULL && mp_obj_is_exception_type(own)) {
            return MP_OBJ_TO_PTR(own);
        }
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
    size_t n, name_len;
    mp_obj_get_array(value, &n, &pair);
    if (n != 2 && n != 3) {
        mp_raise_ValueError(MP_ERROR_TEXT("malformed value from the host"));
    }
    const char *name = mp_obj_str_get_data(pair[0], &name_len);
    const mp_obj_type_t *class = exception_class(name, name_len);
    mp_obj_t exc = mp_obj_is_instance_type(class) ? mp_call_function_1(MP_OBJ_FROM_PTR(class), pair[1])
        : mp_obj_new_exception_arg1(class, pair[1]);
    if (n == 3) { // attributes, of a class of the host's own
        mp_map_t *attributes = mp_obj_dict_get_map(pair[2]);
        for (size_t i = 0; i < attributes->alloc; i++) {
            if (mp_map_slot_is_filled(attributes, i)) {
                mp_store_attr(exc, mp_obj_str_get_qstr(attributes->table[i].key), attributes->table[i].value);
            }
        }
    }
    nlr_raise(exc);
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

static bool has_host_functions(void) { return registered() && registered()->used > 0; }

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

static mp_obj_t new_function(qstr name) {
    host_function_t *f = mp_obj_malloc(host_function_t, &host_function_type);
    f->name = name;
    return MP_OBJ_FROM_PTR(f);
}

// Of ["name", "base"]: an exception class, the same as before if there was one. The base is
// builtin, or one that came before.
static mp_obj_t new_exception(mp_obj_t into, qstr name, mp_obj_t base_name) {
    size_t len;
    const char *text = mp_obj_str_get_data(base_name, &len);
    mp_map_elem_t *e = mp_map_lookup(mp_obj_dict_get_map(into), base_name, MP_MAP_LOOKUP);
    mp_obj_t base = e && mp_obj_is_exception_type(e->value) ? e->value : MP_OBJ_FROM_PTR(exception_class(text, len));
    mp_obj_t old = registered_as(name);
    if (old != MP_OBJ_NULL && mp_obj_is_exception_type(old) && mp_obj_is_subclass_fast(old, base)) {
        return old;
    }
    return mp_obj_new_type(name, mp_obj_new_tuple(1, &base), mp_obj_new_dict(0));
}

// Of "namespace.name": an attribute of an object that has nothing else.
static void add_to_namespace(mp_obj_t into, mp_obj_t full, size_t dot) {
    size_t len;
    const char *text = mp_obj_str_get_data(full, &len);
    qstr first = qstr_from_strn(text, dot), second = qstr_from_strn(text + dot + 1, len - dot - 1);
    mp_map_elem_t *e = mp_map_lookup(mp_obj_dict_get_map(into), MP_OBJ_NEW_QSTR(first), MP_MAP_LOOKUP);
    mp_obj_module_t *space = e ? MP_OBJ_TO_PTR(e->value) : NULL;
    if (space == NULL) {
        space = mp_obj_malloc(mp_obj_module_t, &mp_type_module);
        space->globals = MP_OBJ_TO_PTR(mp_obj_new_dict(4));
        mp_obj_dict_store(MP_OBJ_FROM_PTR(space->globals), MP_OBJ_NEW_QSTR(MP_QSTR___name__), MP_OBJ_NEW_QSTR(first));
        mp_obj_dict_store(into, MP_OBJ_NEW_QSTR(first), MP_OBJ_FROM_PTR(space));
    }
    mp_obj_dict_store(MP_OBJ_FROM_PTR(space->globals), MP_OBJ_NEW_QSTR(second), new_function(mp_obj_str_get_qstr(full)));
}

static void add(mp_obj_t into, mp_obj_t item) {
    mp_obj_t *pair, name = item;
    bool is_class = mp_obj_is_type(item, &mp_type_list);
    if (is_class) {
        mp_obj_get_array_fixed_n(item, 2, &pair);
        name = pair[0];
    }
    size_t len;
    const char *text = mp_obj_str_get_data(name, &len), *dot = memchr(text, '.', len);
    if (!is_class && dot != NULL) {
        add_to_namespace(into, name, dot - text);
        return;
    }
    qstr known = mp_obj_str_get_qstr(name);
    mp_obj_dict_store(into, MP_OBJ_NEW_QSTR(known), is_class ? new_exception(into, known, pair[1]) : new_function(known));
}

// Each of *names* is that of a function, of a function in a namespace ("db.query"), or
// [name, base] of an exception class.
void sandbox_set_host_functions(mp_obj_t names) {
    size_t n;
    mp_obj_t *name;
    mp_obj_get_array(names, &n, &name);
    mp_obj_t fresh = mp_obj_new_dict(n);
    for (size_t i = 0; i < n; i++) {
        add(fresh, name[i]);
    }
    mp_obj_dict_t *override = MP_STATE_VM(mp_module_builtins_override_dict);
    if (override == NULL) {
        override = MP_OBJ_TO_PTR(mp_obj_new_dict(4));
        MP_STATE_VM(mp_module_builtins_override_dict) = override;
    }
    mp_map_t *old = registered(), *now = mp_obj_dict_get_map(fresh);
    for (size_t i = 0; old && i < old->alloc; i++) {
        if (mp_map_slot_is_filled(old, i)) {
            mp_map_elem_t *e = mp_map_lookup(&override->map, old->table[i].key, MP_MAP_LOOKUP);
            if (e != NULL && e->value == old->table[i].value) {
                mp_map_lookup(&override->map, old->table[i].key, MP_MAP_LOOKUP_REMOVE_IF_FOUND);
            }
        }
    }
    for (size_t i = 0; i < now->alloc; i++) {
        if (mp_map_slot_is_filled(now, i)) {
            mp_obj_dict_store(MP_OBJ_FROM_PTR(override), now->table[i].key, now->table[i].value);
        }
    }
    MP_STATE_VM(sandbox_host_functions) = fresh;
}
