// The requests of the host.
#include <stdlib.h>
#include <string.h>
#include "guest.h"
#include "pycore_ast.h"
#include "pycore_compile.h"
#include "pycore_parser.h"
#include "pycore_pyarena.h"

// What the answer points into, until the next request.
static PyObject *answered;
static sandbox_text answer_text;

// ---- answers

static void answer_text_as(uint32_t kind, const char *text, size_t len) {
    X.kind = kind;
    X.value_ptr = (uint32_t)(uintptr_t)text;
    X.value_len = len;
}

static int answer(PyObject *value) {
    int overflow = 0;
    long long number = 0;
    if (value == Py_None) {
        X.kind = SANDBOX_KIND_NONE;
    } else if (PyBool_Check(value)) {
        X.kind = value == Py_True ? SANDBOX_KIND_TRUE : SANDBOX_KIND_FALSE;
    } else if (PyLong_CheckExact(value)
               && (number = PyLong_AsLongLongAndOverflow(value, &overflow), !overflow)) {
        X.kind = SANDBOX_KIND_INT;
        X.value_bits = (uint64_t)number;
    } else if (PyFloat_CheckExact(value)) {
        double real = PyFloat_AS_DOUBLE(value);
        X.kind = SANDBOX_KIND_FLOAT;
        memcpy(&X.value_bits, &real, sizeof real);
    } else if (PyUnicode_CheckExact(value)) {
        Py_ssize_t len;
        const char *text = PyUnicode_AsUTF8AndSize(value, &len);
        if (text == NULL) {
            return -1;
        }
        answered = Py_NewRef(value);
        answer_text_as(SANDBOX_KIND_STR, text, len);
    } else {
        if (sandbox_encode(&answer_text, value, true)) {
            return -1;
        }
        answer_text_as(SANDBOX_KIND_JSON, answer_text.data, answer_text.len);
    }
    return 0;
}

// The name of its class alone, where nothing else can be said any more.
static void answer_class(PyObject *exc) {
    static char name[256];
    const char *full = Py_TYPE(exc)->tp_name, *last = strrchr(full, '.');
    size_t len = strlen(last ? last + 1 : full);
    len = len < sizeof name ? len : sizeof name;
    memcpy(name, last ? last + 1 : full, len);
    answer_text_as(SANDBOX_KIND_STR, name, len);
}

// [class name, message, traceback] of the exception that is set.
static void answer_exception(void) {
    PyObject *exc = PyErr_GetRaisedException();
    X.status = SANDBOX_STATUS_ERROR;
    if (exc == NULL || sandbox_unwinding) { // nobody will read it
        Py_XDECREF(exc);
        return;
    }
    sandbox_text_free(&answer_text);
    PyObject *texts = PyObject_CallOneArg(sandbox_helper_describe, exc);
    if (texts && PyList_CheckExact(texts) && sandbox_encode(&answer_text, texts, false) == 0) {
        answer_text_as(SANDBOX_KIND_JSON, answer_text.data, answer_text.len);
    } else {
        PyErr_Clear();
        answer_class(exc);
    }
    Py_XDECREF(texts);
    Py_DECREF(exc);
}

// ---- requests

static PyObject *evaluate(PyCodeObject *code) {
    sandbox_reserve_open = false;
    PyObject *result = PyEval_EvalCode((PyObject *)code, sandbox_globals, sandbox_globals);
    if (result && code->co_flags & CO_COROUTINE) { // it has an await outside functions
        Py_SETREF(result, PyObject_CallOneArg(sandbox_helper_complete, result));
    }
    sandbox_reserve_open = true;
    return result;
}

// What a source was compiled to. The body runs as a module; a last expression then runs
// by itself and is the value.
typedef struct {
    PyObject *name;
    PyCodeObject *body, *value; // one of them may be NULL
} program;

static void program_free(program *p) {
    Py_CLEAR(p->body);
    Py_CLEAR(p->value);
    Py_CLEAR(p->name);
}

static PyCodeObject *compile_part(program *p, mod_ty tree, PyCompilerFlags *flags, PyArena *arena) {
    return tree ? _PyAST_Compile(tree, p->name, flags, -1, arena) : NULL;
}

static bool awaits(const PyCodeObject *code) { return code && code->co_flags & CO_COROUTINE; }

static int compile_tree(program *p, mod_ty tree, PyCompilerFlags *flags, PyArena *arena) {
    asdl_stmt_seq *body = tree->v.Module.body;
    Py_ssize_t n = asdl_seq_LEN(body);
    stmt_ty last = n ? asdl_seq_GET(body, n - 1) : NULL;
    bool has_value = last && last->kind == Expr_kind;
    PyCompilerFlags returning = *flags;
    returning.cf_flags |= PyCF_SANDBOX_RETURN;
    if (has_value && !(X.flags & SANDBOX_FLAG_RETURN)) {
        // Both before either runs: what is wrong in the last line is known at once.
        body->size = n - 1;
        p->value = compile_part(p, _PyAST_Expression(last->v.Expr.value, arena), flags, arena);
        if (p->value && n > 1) {
            p->body = compile_part(p, tree, flags, arena);
        }
        if (p->value == NULL || (n > 1 && p->body == NULL)) {
            return -1;
        }
        if (n == 1 || !(awaits(p->body) || awaits(p->value))) {
            return 0;
        }
        // Where a part awaits they are one, in one turn of the event loop.
        body->size = n;
        Py_CLEAR(p->body);
        Py_CLEAR(p->value);
    } else if (!(X.flags & SANDBOX_FLAG_RETURN)) {
        returning = *flags;
    }
    if (has_value) {
        expr_ty value = last->v.Expr.value;
        last->kind = Return_kind;
        last->v.Return.value = value;
    }
    p->body = compile_part(p, tree, &returning, arena);
    return p->body ? 0 : -1;
}

static int compile_text(program *p, PyObject *text) {
    const char *utf8 = PyUnicode_AsUTF8(text);
    p->name = utf8 ? sandbox_source_begin(text) : NULL;
    PyArena *arena = p->name ? _PyArena_New() : NULL;
    if (arena == NULL) {
        return -1;
    }
    PyCompilerFlags flags = { PyCF_IGNORE_COOKIE | PyCF_ALLOW_TOP_LEVEL_AWAIT, PY_MINOR_VERSION };
    mod_ty tree = _PyParser_ASTFromString(utf8, p->name, Py_file_input, &flags, arena);
    int failed = tree == NULL || compile_tree(p, tree, &flags, arena);
    _PyArena_Free(arena);
    return failed ? -1 : 0;
}

// NULL if it failed, with the error answered.
static PyObject *run_program(const program *p) {
    PyObject *result = p->body ? evaluate(p->body) : Py_NewRef(Py_None);
    if (result && p->value) {
        Py_SETREF(result, evaluate(p->value));
    }
    if (result == NULL) {
        answer_exception();
    }
    return result;
}

// Small sources that come again and again are compiled once: the second time.
#define KEPT_PROGRAMS 64
#define KEPT_LENGTH 4096

static struct {
    Py_hash_t seen;
    uint32_t flags;
    PyObject *text;
    program program;
} kept[KEPT_PROGRAMS];

static PyObject *run_text(PyObject *text) {
    Py_hash_t hash = PyObject_Hash(text);
    unsigned slot = (size_t)hash % KEPT_PROGRAMS;
    uint32_t flags = X.flags & SANDBOX_FLAG_RETURN;
    bool seen = kept[slot].seen == hash && kept[slot].flags == flags;
    if (kept[slot].text && seen && PyUnicode_Compare(kept[slot].text, text) == 0
        && sandbox_source_is_known(kept[slot].program.name)) {
        return run_program(&kept[slot].program);
    }
    bool again = seen && PyUnicode_GET_LENGTH(text) <= KEPT_LENGTH;
    Py_CLEAR(kept[slot].text);
    program_free(&kept[slot].program);
    kept[slot].seen = hash;
    kept[slot].flags = flags;

    program p = { 0 };
    PyObject *result = NULL;
    if (compile_text(&p, text)) {
        answer_exception();
        again = false;
    } else {
        result = run_program(&p);
    }
    if (again) {
        kept[slot].text = Py_NewRef(text);
        kept[slot].program = (program){ Py_XNewRef(p.name), (PyCodeObject *)Py_XNewRef(p.body),
            (PyCodeObject *)Py_XNewRef(p.value) };
    }
    Py_CLEAR(p.body);
    Py_CLEAR(p.value);
    if (p.name) {
        sandbox_source_end(p.name);
    }
    return result;
}

static PyObject *run(const char *source, size_t len, char **block) {
    PyObject *text = PyUnicode_DecodeUTF8(source, len, NULL);
    free(*block);
    *block = NULL;
    PyObject *result = text ? run_text(text) : NULL;
    Py_XDECREF(text);
    return result;
}

static PyObject *lookup_global(const char *source, size_t len) {
    PyObject *name = PyUnicode_DecodeUTF8(source, len, NULL);
    PyObject *found = name ? PyDict_GetItemWithError(sandbox_globals, name) : NULL;
    if (found == NULL && !PyErr_Occurred()) {
        PyErr_Format(PyExc_NameError, "name '%U' is not defined", name);
    }
    Py_XDECREF(name);
    return Py_XNewRef(found);
}

static PyObject *call(PyObject *function, PyObject *pair) {
    if (!PyList_CheckExact(pair) || PyList_GET_SIZE(pair) != 2 || !PyDict_CheckExact(PyList_GET_ITEM(pair, 1))) {
        PyErr_SetString(PyExc_ValueError, "malformed value from the host");
        return NULL;
    }
    PyObject *args = PySequence_Tuple(PyList_GET_ITEM(pair, 0));
    PyObject *result = args ? PyObject_Call(function, args, PyList_GET_ITEM(pair, 1)) : NULL;
    Py_XDECREF(args);
    return result;
}

static PyObject *map(PyObject *function, PyObject *rows) {
    PyObject *results = PyList_CheckExact(rows) ? PyList_New(0) : NULL;
    for (Py_ssize_t i = 0; results && i < PyList_GET_SIZE(rows); i++) {
        PyObject *result = sandbox_poll() ? NULL : PyObject_CallOneArg(function, PyList_GET_ITEM(rows, i));
        if (result == NULL || PyList_Append(results, result)) {
            Py_CLEAR(results);
        }
        Py_XDECREF(result);
    }
    return results;
}

static int set_inputs(PyObject *inputs) {
    Py_ssize_t at = 0;
    PyObject *name, *value;
    while (PyDict_Next(inputs, &at, &name, &value)) {
        Py_INCREF(name);
        PyUnicode_InternInPlace(&name);
        int failed = PyDict_SetItem(sandbox_globals, name, value);
        Py_DECREF(name);
        if (failed) {
            return -1;
        }
    }
    return 0;
}

static int set_environment(PyObject *variables) {
    PyObject *os = PyDict_CheckExact(variables) ? PyImport_ImportModule("os") : NULL;
    PyObject *environ = os ? PyObject_GetAttrString(os, "environ") : NULL;
    PyObject *result = environ ? PyObject_CallMethod(environ, "update", "O", variables) : NULL;
    Py_XDECREF(os);
    Py_XDECREF(environ);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

// The value of the request; NULL if it failed, with the error answered or still set.
static PyObject *serve(const char *source, char **block) {
    PyObject *inputs = NULL, *function = NULL, *result = NULL;
    if (X.inputs_ptr) {
        inputs = sandbox_decode((const char *)(uintptr_t)X.inputs_ptr, X.inputs_len);
        if (inputs == NULL) {
            return NULL;
        }
    }
    switch (X.mode) {
        case SANDBOX_MODE_RUN:
            if (inputs == NULL || (PyDict_CheckExact(inputs) && set_inputs(inputs) == 0)) {
                Py_CLEAR(inputs);
                return run(source, X.source_len, block);
            }
            break;
        case SANDBOX_MODE_CALL:
        case SANDBOX_MODE_MAP:
            function = lookup_global(source, X.source_len);
            if (function && inputs) {
                sandbox_reserve_open = false;
                result = X.mode == SANDBOX_MODE_CALL ? call(function, inputs) : map(function, inputs);
                sandbox_reserve_open = true;
            }
            Py_XDECREF(function);
            break;
        case SANDBOX_MODE_NAMES:
            result = inputs && sandbox_set_host_functions(inputs) == 0 ? Py_NewRef(Py_None) : NULL;
            break;
        case SANDBOX_MODE_ENVIRONMENT:
            result = inputs && set_environment(inputs) == 0 ? Py_NewRef(Py_None) : NULL;
            break;
    }
    Py_XDECREF(inputs);
    if (result == NULL && !PyErr_Occurred()) {
        PyErr_SetString(PyExc_ValueError, "malformed request from the host");
    }
    return result;
}

// What every instance has to do once, and not the image for all of them: logging counts
// from when it was imported.
static bool begun;

static void begin_once(void) {
    if (!begun) {
        begun = true;
        PyObject *now = PyLong_FromLongLong(sandbox_clock_ns(false));
        if (now == NULL || PyDict_SetItemString(sandbox_logging, "_startTime", now)) {
            PyErr_Clear();
        }
        Py_XDECREF(now);
    }
}

SANDBOX_EXPORT(sandbox_exec) void sandbox_exec(void) {
    const char *source = (const char *)(uintptr_t)X.source_ptr;
    char *block = X.source_ptr == X.source_buffer ? NULL : (char *)source;
    sandbox_exchange_begin();
    X.sys_op = 0; // what an earlier request was told of files may have changed
    Py_CLEAR(answered);
    answer_text.len = 0;
    if (answer_text.capacity > 65536) {
        sandbox_text_free(&answer_text);
    }
    sandbox_reserve_open = true;
    begin_once();
    sandbox_arm();
    PyObject *value = serve(source, &block);
    if (value && answer(value)) {
        Py_CLEAR(value);
    }
    if (value == NULL && X.status == SANDBOX_STATUS_OK) {
        answer_exception();
    }
    Py_XDECREF(value); // may run a finalizer, so it comes before disarming
    if (sandbox_unwinding) {
        X.status = SANDBOX_STATUS_ABORTED;
        X.kind = SANDBOX_KIND_NONE;
    }
    sandbox_disarm();
    PyErr_Clear();
    free(block);
    sandbox_reserve_keep();
}

// Take back what the rehearsals of the image left: it starts as nobody's.
void sandbox_forget(void) {
    Py_CLEAR(answered);
    sandbox_text_free(&answer_text);
    begun = false;
    for (int i = 0; i < KEPT_PROGRAMS; i++) {
        Py_CLEAR(kept[i].text);
        program_free(&kept[i].program);
        kept[i].seen = 0;
    }
    memset((char *)(uintptr_t)X.source_buffer, 0, SANDBOX_SOURCE_BYTES);
    memset((char *)(uintptr_t)X.output_buffer, 0, SANDBOX_OUTPUT_BYTES);
    sandbox_exchange_begin();
    X.source_ptr = X.source_len = X.mode = 0;
}

// The image holds all that can be done ahead of time.
SANDBOX_EXPORT(sandbox_start) void sandbox_start(void) {}
