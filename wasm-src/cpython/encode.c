// Values on their way out, as JSON with tags; sandbox_wasm/_values.py says what each
// tag means. A value is read by the functions of its builtin base, so a subclass that
// overrides methods has no say in what crosses.
#include <string.h>
#include "guest.h"
#include "pycore_setobject.h"

typedef struct {
    sandbox_text *out;
    bool describe;
} encoder;

static int encode(encoder *e, PyObject *o, int depth);

static int put(encoder *e, const char *word) { return sandbox_put_word(e->out, word); }

static int put_int(encoder *e, PyObject *o) {
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (!overflow) {
        if (value == -1 && PyErr_Occurred()) {
            return -1;
        }
        char digits[24], *p = digits + sizeof digits;
        unsigned long long u = value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;
        do {
            *--p = '0' + u % 10;
        } while (u /= 10);
        if (value < 0) {
            *--p = '-';
        }
        return sandbox_put(e->out, p, digits + sizeof digits - p);
    }
    PyObject *hex = PyNumber_ToBase(o, 16);
    if (hex == NULL) {
        return -1;
    }
    int failed = put(e, "{\"$\":\"int\",\"v\":") || sandbox_put_string(e->out, hex) || put(e, "}");
    Py_DECREF(hex);
    return failed ? -1 : 0;
}

static int put_float(encoder *e, double f) {
    if (f != f) {
        return put(e, "{\"$\":\"float\",\"v\":\"nan\"}");
    }
    if (f - f != 0) {
        return put(e, f > 0 ? "{\"$\":\"float\",\"v\":\"inf\"}" : "{\"$\":\"float\",\"v\":\"-inf\"}");
    }
    char *digits = PyOS_double_to_string(f, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
    if (digits == NULL) {
        return -1;
    }
    int failed = put(e, digits);
    PyMem_Free(digits);
    return failed;
}

static int put_base64(encoder *e, const char *tag, const char *bytes, size_t len) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *s = (const unsigned char *)bytes;
    if (put(e, "{\"$\":\"") || put(e, tag) || put(e, "\",\"v\":\"")) {
        return -1;
    }
    char block[1024];
    size_t used = 0;
    for (size_t i = 0; i < len; i += 3) {
        uint32_t n = s[i] << 16 | (i + 1 < len ? s[i + 1] << 8 : 0) | (i + 2 < len ? s[i + 2] : 0);
        block[used++] = digits[n >> 18];
        block[used++] = digits[n >> 12 & 63];
        block[used++] = i + 1 < len ? digits[n >> 6 & 63] : '=';
        block[used++] = i + 2 < len ? digits[n & 63] : '=';
        if (used == sizeof block) {
            if (sandbox_put(e->out, block, used)) {
                return -1;
            }
            used = 0;
        }
    }
    return sandbox_put(e->out, block, used) || put(e, "\"}") ? -1 : 0;
}

static int put_item(encoder *e, PyObject *item, bool first, int depth) {
    if (!first && put(e, ",")) {
        return -1;
    }
    Py_INCREF(item); // describing it may run code that removes it
    int failed = encode(e, item, depth);
    Py_DECREF(item);
    return failed;
}

static int put_sequence(encoder *e, PyObject *o, int depth) {
    bool is_list = PyList_Check(o);
    if (put(e, "[")) {
        return -1;
    }
    // The size is read anew for each item: the list may change meanwhile.
    for (Py_ssize_t i = 0; i < Py_SIZE(o); i++) {
        PyObject *item = is_list ? PyList_GET_ITEM(o, i) : PyTuple_GET_ITEM(o, i);
        if (put_item(e, item, i == 0, depth)) {
            return -1;
        }
    }
    return put(e, "]");
}

static int put_set(encoder *e, PyObject *o, int depth) {
    PyObject *items = PyList_New(0), *item;
    Py_ssize_t at = 0;
    Py_hash_t hash;
    int failed = items == NULL;
    while (!failed && _PySet_NextEntry(o, &at, &item, &hash)) {
        failed = PyList_Append(items, item);
    }
    failed = failed || put(e, PyFrozenSet_Check(o) ? "{\"$\":\"frozenset\",\"v\":" : "{\"$\":\"set\",\"v\":")
        || put_sequence(e, items, depth) || put(e, "}");
    Py_XDECREF(items);
    return failed ? -1 : 0;
}

static bool is_plain_key(PyObject *key) {
    return PyUnicode_Check(key) && !PyUnicode_EqualToUTF8AndSize(key, "$", 1);
}

static int put_dict(encoder *e, PyObject *o, int depth) {
    Py_ssize_t at = 0;
    PyObject *key, *value;
    bool plain = true, first = true;
    while (plain && PyDict_Next(o, &at, &key, &value)) {
        plain = is_plain_key(key);
    }
    if (put(e, plain ? "{" : "{\"$\":\"dict\",\"v\":[")) {
        return -1;
    }
    at = 0;
    while (PyDict_Next(o, &at, &key, &value)) {
        if (plain && !is_plain_key(key)) {
            PyErr_SetString(PyExc_RuntimeError, "dict changed while it was passed out");
            return -1;
        }
        Py_INCREF(key);
        Py_INCREF(value);
        int failed = put(e, first ? (plain ? "" : "[") : (plain ? "," : ",["))
            || encode(e, key, depth) || put(e, plain ? ":" : ",") || encode(e, value, depth)
            || put(e, plain ? "" : "]");
        Py_DECREF(key);
        Py_DECREF(value);
        if (failed) {
            return -1;
        }
        first = false;
    }
    return put(e, plain ? "}" : "]}");
}

// Text that may hold lone surrogates, which are written out.
static int put_any_string(encoder *e, PyObject *str) {
    PyObject *bytes = PyUnicode_AsEncodedString(str, "utf-8", "backslashreplace");
    PyObject *clean = bytes ? PyUnicode_FromStringAndSize(PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes)) : NULL;
    int failed = clean == NULL || sandbox_put_string(e->out, clean);
    Py_XDECREF(bytes);
    Py_XDECREF(clean);
    return failed ? -1 : 0;
}

static int put_description(encoder *e, PyObject *o) {
    if (!e->describe) {
        PyErr_Format(PyExc_TypeError, "%.200s is not data and cannot leave the sandbox", Py_TYPE(o)->tp_name);
        return -1;
    }
    PyObject *name = PyType_GetName(Py_TYPE(o));
    PyObject *repr = name ? PyObject_Repr(o) : NULL;
    int failed = repr == NULL || put(e, "{\"$\":\"object\",\"type\":") || put_any_string(e, name)
        || put(e, ",\"repr\":") || put_any_string(e, repr) || put(e, "}");
    Py_XDECREF(name);
    Py_XDECREF(repr);
    return failed ? -1 : 0;
}

// Types that the library defines: lib/_sandbox.py knows them.
static int put_known(encoder *e, PyObject *o, int depth) {
    PyObject *pair = PyObject_CallOneArg(sandbox_helper_encode, o);
    if (pair == NULL) {
        return -1;
    }
    int failed;
    if (!PyTuple_CheckExact(pair) || PyTuple_GET_SIZE(pair) != 2) {
        failed = put_description(e, o);
    } else if (PyTuple_GET_ITEM(pair, 0) == Py_None) { // (None, plain value)
        failed = encode(e, PyTuple_GET_ITEM(pair, 1), depth);
    } else {
        failed = put(e, "{\"$\":") || encode(e, PyTuple_GET_ITEM(pair, 0), depth) || put(e, ",\"v\":")
            || encode(e, PyTuple_GET_ITEM(pair, 1), depth) || put(e, "}");
    }
    Py_DECREF(pair);
    return failed ? -1 : 0;
}

static int encode(encoder *e, PyObject *o, int depth) {
    if (o == Py_None) {
        return put(e, "null");
    } else if (o == Py_True) {
        return put(e, "true");
    } else if (o == Py_False) {
        return put(e, "false");
    } else if (PyLong_Check(o)) {
        return put_int(e, o);
    } else if (PyUnicode_Check(o)) {
        return sandbox_put_string(e->out, o);
    } else if (PyFloat_Check(o)) {
        return put_float(e, PyFloat_AS_DOUBLE(o));
    } else if (PyBytes_Check(o)) {
        return put_base64(e, "bytes", PyBytes_AS_STRING(o), PyBytes_GET_SIZE(o));
    } else if (PyByteArray_Check(o)) {
        return put_base64(e, "bytearray", PyByteArray_AS_STRING(o), PyByteArray_GET_SIZE(o));
    }
    if (depth >= SANDBOX_VALUE_DEPTH) {
        PyErr_SetString(PyExc_ValueError, "value is nested too deeply or refers to itself");
        return -1;
    }
    if (sandbox_poll()) {
        return -1;
    }
    if (PyList_Check(o)) {
        return put_sequence(e, o, depth + 1);
    } else if (PyDict_Check(o)) {
        return put_dict(e, o, depth + 1);
    } else if (PyTuple_Check(o)) {
        return put(e, "{\"$\":\"tuple\",\"v\":") || put_sequence(e, o, depth + 1) || put(e, "}") ? -1 : 0;
    } else if (PyAnySet_Check(o)) {
        return put_set(e, o, depth + 1);
    } else if (PyComplex_Check(o)) {
        Py_complex c = PyComplex_AsCComplex(o);
        return put(e, "{\"$\":\"complex\",\"v\":[") || put_float(e, c.real) || put(e, ",")
            || put_float(e, c.imag) || put(e, "]}") ? -1 : 0;
    }
    return put_known(e, o, depth + 1);
}

int sandbox_encode(sandbox_text *text, PyObject *value, bool describe) {
    encoder e = { text, describe };
    return encode(&e, value, 0);
}
