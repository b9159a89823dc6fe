// Host functions as guest code sees them: callables among the builtins.
//
// The type cannot be instantiated, and a name that the host did not register is
// refused by the host, so a guest that forges an instance gains nothing.
#include <string.h>
#include "guest.h"
#include "pycore_genobject.h"
#include "pycore_namespace.h"

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *name;
} host_function;

static PyTypeObject host_function_type;

static PyObject *host_function_repr(PyObject *self) {
    return PyUnicode_FromFormat("<host function %U>", ((host_function *)self)->name);
}

static void host_function_dealloc(PyObject *self) {
    Py_DECREF(((host_function *)self)->name);
    Py_TYPE(self)->tp_free(self);
}

static PyObject *host_function_name(PyObject *self, void *closure) {
    return Py_NewRef(((host_function *)self)->name);
}

// The builtin exception class of that name; RuntimeError if there is none.
static PyObject *exception_class(PyObject *name) {
    PyObject *found = PyDict_GetItemWithError(PyEval_GetBuiltins(), name);
    if (found && PyExceptionClass_Check(found)) {
        return found;
    }
    return PyErr_Occurred() ? NULL : PyExc_RuntimeError;
}

static int set_attributes(PyObject *exc, PyObject *attributes) {
    Py_ssize_t at = 0;
    PyObject *name, *value;
    while (PyDict_Next(attributes, &at, &name, &value)) {
        if (PyObject_SetAttr(exc, name, value)) {
            return -1;
        }
    }
    return 0;
}

// Raise what the host answered: [class name, message], and attributes for a class of its own.
static void raise_reply(PyObject *pair) {
    Py_ssize_t n = PyList_CheckExact(pair) ? PyList_GET_SIZE(pair) : 0;
    if (n != 2 && !(n == 3 && PyDict_CheckExact(PyList_GET_ITEM(pair, 2)))) {
        PyErr_SetString(PyExc_ValueError, "malformed value from the host");
        return;
    }
    PyObject *class = exception_class(PyList_GET_ITEM(pair, 0)), *message = PyList_GET_ITEM(pair, 1);
    PyObject *exc = class ? PyObject_CallOneArg(class, message) : NULL;
    if (exc == NULL && class && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear(); // a class that wants other arguments
        class = PyExc_RuntimeError;
        exc = PyObject_CallOneArg(class, message);
    }
    if (exc && n == 3 && set_attributes(exc, PyList_GET_ITEM(pair, 2))) {
        Py_CLEAR(exc);
    }
    if (exc && PyExceptionInstance_Check(exc)) {
        PyErr_SetObject((PyObject *)Py_TYPE(exc), exc);
    } else if (exc) {
        PyErr_SetString(PyExc_RuntimeError, "a host function failed");
    }
    Py_XDECREF(exc);
}

static int put_arguments(sandbox_text *text, PyObject *const *args, size_t n, PyObject *names) {
    if (sandbox_put_word(text, "[[")) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        if ((i && sandbox_put_word(text, ",")) || sandbox_encode(text, args[i], false)) {
            return -1;
        }
    }
    if (sandbox_put_word(text, "],{")) {
        return -1;
    }
    Py_ssize_t n_names = names ? PyTuple_GET_SIZE(names) : 0;
    for (Py_ssize_t i = 0; i < n_names; i++) {
        if ((i && sandbox_put_word(text, ",")) || sandbox_put_string(text, PyTuple_GET_ITEM(names, i))
            || sandbox_put_word(text, ":") || sandbox_encode(text, args[n + i], false)) {
            return -1;
        }
    }
    return sandbox_put_word(text, "}]");
}

static PyObject *host_function_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *names) {
    Py_ssize_t name_len;
    const char *name = PyUnicode_AsUTF8AndSize(((host_function *)self)->name, &name_len);
    if (name == NULL) {
        return NULL;
    }
    // On the C stack of its own, because describing an argument may call again.
    sandbox_text text = { 0 };
    if (put_arguments(&text, args, PyVectorcall_NARGS(flags), names)) {
        sandbox_text_free(&text);
        return NULL;
    }
    uint32_t status;
    size_t len;
    X.sys_op = 0; // the host function may change files: see was_told in system.c
    const char *reply = sandbox_call(name, name_len, text.data, text.len, &status, &len);
    sandbox_text_free(&text);
    if (reply == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *value = sandbox_poll() ? NULL : sandbox_decode(reply, len);
    sandbox_reply_free(reply);
    if (value && status != SANDBOX_REPLY_VALUE) {
        raise_reply(value);
        Py_CLEAR(value);
    }
    return value;
}

static PyGetSetDef host_function_getset[] = {
    { "__name__", host_function_name },
    { "__qualname__", host_function_name },
    { 0 },
};

static PyTypeObject host_function_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "host_function",
    .tp_basicsize = sizeof(host_function),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_vectorcall_offset = offsetof(host_function, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_repr = host_function_repr,
    .tp_dealloc = host_function_dealloc,
    .tp_getset = host_function_getset,
};

static PyObject *new_function(PyObject *name) {
    host_function *f = PyObject_New(host_function, &host_function_type);
    if (f) {
        f->vectorcall = host_function_call;
        f->name = Py_NewRef(name);
    }
    return (PyObject *)f;
}

// What is registered now, by name: only what the host itself put among the builtins
// is taken away again.
static PyObject *registered;

// ---- await
//
// A host function has answered when its call returns. So that code which was written for
// an asynchronous one works as it is, the answer can be awaited as well, and is that.

typedef struct {
    PyObject_HEAD
    PyObject *value;
} answered;

static PyObject *answered_next(PyObject *self) {
    PyObject *value = ((answered *)self)->value;
    if (value) {
        ((answered *)self)->value = NULL;
        _PyGen_SetStopIterationValue(value);
        Py_DECREF(value);
    }
    return NULL;
}

static void answered_dealloc(PyObject *self) {
    Py_XDECREF(((answered *)self)->value);
    Py_TYPE(self)->tp_free(self);
}

static PyTypeObject answered_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "host_function_answer",
    .tp_basicsize = sizeof(answered),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = answered_next,
    .tp_dealloc = answered_dealloc,
};

// What a forgotten call leaves, or a generator, is no answer.
static bool may_be_answer(PyObject *o) {
    PyAsyncMethods *async = Py_TYPE(o)->tp_as_async;
    return registered && PyDict_GET_SIZE(registered) && !PyCallable_Check(o) && !PyIter_Check(o)
        && (async == NULL || (async->am_await == NULL && async->am_anext == NULL));
}

PyObject *__real__PyCoro_GetAwaitableIter(PyObject *o);
PyObject *__wrap__PyCoro_GetAwaitableIter(PyObject *o) {
    PyObject *iter = __real__PyCoro_GetAwaitableIter(o);
    if (iter == NULL && may_be_answer(o) && PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        answered *ready = PyObject_New(answered, &answered_type);
        if (ready) {
            ready->value = Py_NewRef(o);
        }
        iter = (PyObject *)ready;
    }
    return iter;
}

// ---- names

// Of ["name", "base"]: an exception class, the same as before if there was one. The base is
// builtin, or one that came before.
static PyObject *new_exception(PyObject *into, PyObject *name, PyObject *base_name) {
    PyObject *base = PyDict_GetItemWithError(into, base_name), *old = NULL;
    if (base == NULL || !PyExceptionClass_Check(base)) {
        base = PyErr_Occurred() ? NULL : exception_class(base_name);
    }
    if (base && registered) {
        old = PyDict_GetItemWithError(registered, name);
        if (old && PyExceptionClass_Check(old) && ((PyTypeObject *)old)->tp_base == (PyTypeObject *)base) {
            return Py_NewRef(old);
        }
    }
    PyObject *full = base && !PyErr_Occurred() ? PyUnicode_FromFormat("builtins.%U", name) : NULL;
    const char *text = full ? PyUnicode_AsUTF8(full) : NULL;
    PyObject *class = text ? PyErr_NewException(text, base, NULL) : NULL;
    Py_XDECREF(full);
    return class;
}

// Of "namespace.name": an attribute of an object that has nothing else.
static int add_to_namespace(PyObject *into, PyObject *name, Py_ssize_t dot) {
    PyObject *first = PyUnicode_Substring(name, 0, dot);
    PyObject *second = PyUnicode_Substring(name, dot + 1, PyUnicode_GET_LENGTH(name));
    PyObject *space = first ? Py_XNewRef(PyDict_GetItemWithError(into, first)) : NULL;
    if (space == NULL && first && !PyErr_Occurred()) {
        space = _PyNamespace_New(NULL);
        if (space && PyDict_SetItem(into, first, space)) {
            Py_CLEAR(space);
        }
    }
    PyObject *function = space && second ? new_function(name) : NULL;
    int failed = function == NULL || PyObject_SetAttr(space, second, function);
    Py_XDECREF(function);
    Py_XDECREF(space);
    Py_XDECREF(second);
    Py_XDECREF(first);
    return failed ? -1 : 0;
}

static int add(PyObject *into, PyObject *item) {
    bool is_class = PyList_CheckExact(item) && PyList_GET_SIZE(item) == 2;
    PyObject *name = is_class ? PyList_GET_ITEM(item, 0) : item;
    if (!PyUnicode_CheckExact(name)) {
        PyErr_SetString(PyExc_ValueError, "malformed value from the host");
        return -1;
    }
    Py_ssize_t dot = PyUnicode_FindChar(name, '.', 0, PyUnicode_GET_LENGTH(name), 1);
    if (!is_class && dot >= 0) {
        return add_to_namespace(into, name, dot);
    }
    PyObject *made = is_class ? new_exception(into, name, PyList_GET_ITEM(item, 1)) : new_function(name);
    int failed = made == NULL || PyDict_SetItem(into, name, made);
    Py_XDECREF(made);
    return failed ? -1 : 0;
}

// Each of *names* is that of a function, of a function in a namespace ("db.query"), or
// [name, base] of an exception class.
int sandbox_set_host_functions(PyObject *names) {
    if (!PyList_CheckExact(names) || PyType_Ready(&host_function_type) || PyType_Ready(&answered_type)) {
        return -1;
    }
    // asyncio asks for itself what can be awaited.
    PyObject *any = PyObject_CallOneArg(sandbox_helper_await_answers, PyList_GET_SIZE(names) ? Py_True : Py_False);
    if (any == NULL) {
        return -1;
    }
    Py_DECREF(any);
    PyObject *builtins = PyEval_GetBuiltins(), *fresh = PyDict_New(), *name, *function;
    if (fresh == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++) {
        if (add(fresh, PyList_GET_ITEM(names, i))) {
            Py_DECREF(fresh);
            return -1;
        }
    }
    Py_ssize_t at = 0;
    while (registered && PyDict_Next(registered, &at, &name, &function)) {
        if (PyDict_GetItemWithError(builtins, name) == function && PyDict_DelItem(builtins, name)) {
            PyErr_Clear();
        }
    }
    Py_XSETREF(registered, fresh);
    return PyDict_Update(builtins, fresh);
}
