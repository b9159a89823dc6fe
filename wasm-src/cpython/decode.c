// Values on their way in: the JSON with tags that sandbox_wasm/_values.py writes.
#include <stdlib.h>
#include <string.h>
#include "guest.h"

typedef struct {
    const char *at, *end;
} decoder;

static PyObject *decode(decoder *d, int depth);

static PyObject *malformed(void) {
    PyErr_SetString(PyExc_ValueError, "malformed value from the host");
    return NULL;
}

static char peek(decoder *d) {
    while (d->at < d->end && (*d->at == ' ' || *d->at == '\n' || *d->at == '\t' || *d->at == '\r')) {
        d->at++;
    }
    return d->at < d->end ? *d->at : 0;
}

static bool take(decoder *d, char c) {
    if (peek(d) != c) {
        return false;
    }
    d->at++;
    return true;
}

static bool take_word(decoder *d, const char *word) {
    size_t n = strlen(word);
    if ((size_t)(d->end - d->at) < n || memcmp(d->at, word, n) != 0) {
        return false;
    }
    d->at += n;
    return true;
}

static int32_t take_hex4(decoder *d) {
    int32_t code = 0;
    if (d->end - d->at < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        char c = *d->at++;
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0) {
            return -1;
        }
        code = code << 4 | digit;
    }
    return code;
}

// What follows a backslash, as UTF-8 at *to; false if it is no escape. Takes at least
// as much room in the source as it gives.
static bool take_escape(decoder *d, char **to) {
    static const char from[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
    char c = d->at < d->end ? *d->at++ : 0;
    const char *known = c ? strchr(from, c) : NULL;
    if (known) {
        *(*to)++ = meaning[known - from];
        return true;
    }
    int32_t code = c == 'u' ? take_hex4(d) : -1;
    if (code >= 0xd800 && code < 0xdc00 && take_word(d, "\\u")) {
        int32_t low = take_hex4(d);
        if (low < 0xdc00 || low > 0xdfff) {
            return false;
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (code < 0 || (code >= 0xd800 && code <= 0xdfff)) {
        return false;
    }
    char *p = *to;
    if (code < 0x80) {
        *p++ = code;
    } else if (code < 0x800) {
        *p++ = 0xc0 | code >> 6;
        *p++ = 0x80 | (code & 63);
    } else if (code < 0x10000) {
        *p++ = 0xe0 | code >> 12;
        *p++ = 0x80 | (code >> 6 & 63);
        *p++ = 0x80 | (code & 63);
    } else {
        *p++ = 0xf0 | code >> 18;
        *p++ = 0x80 | (code >> 12 & 63);
        *p++ = 0x80 | (code >> 6 & 63);
        *p++ = 0x80 | (code & 63);
    }
    *to = p;
    return true;
}

static PyObject *take_string(decoder *d) {
    if (!take(d, '"')) {
        return malformed();
    }
    const char *start = d->at, *stop = start;
    bool escapes = false;
    while (stop < d->end && *stop != '"') {
        if (*stop == '\\') {
            escapes = true;
            stop++;
        }
        stop++;
    }
    if (stop >= d->end) {
        return malformed();
    }
    if (!escapes) {
        d->at = stop + 1;
        return PyUnicode_DecodeUTF8(start, stop - start, NULL);
    }
    char *text = malloc(stop - start), *to = text;
    if (text == NULL) {
        return PyErr_NoMemory();
    }
    bool good = true;
    while (good && d->at < stop) {
        if (*d->at != '\\') {
            *to++ = *d->at++;
        } else {
            d->at++;
            good = take_escape(d, &to);
        }
    }
    PyObject *str = good && d->at == stop ? PyUnicode_DecodeUTF8(text, to - text, NULL) : malformed();
    free(text);
    d->at = stop + 1;
    return str;
}

static PyObject *take_number(decoder *d) {
    const char *start = d->at;
    bool real = false;
    while (d->at < d->end && *d->at && strchr("+-0123456789.eE", *d->at) != NULL) {
        real |= *d->at == '.' || *d->at == 'e' || *d->at == 'E';
        d->at++;
    }
    size_t len = d->at - start;
    if (!real && len && len < 19) {
        long long value = 0;
        size_t i = *start == '-';
        for (; i < len && start[i] >= '0' && start[i] <= '9'; i++) {
            value = value * 10 + (start[i] - '0');
        }
        if (i == len && len > (*start == '-')) {
            return PyLong_FromLongLong(*start == '-' ? -value : value);
        }
    }
    char digits[64], *end = digits;
    if (len == 0 || len >= sizeof digits) {
        return malformed();
    }
    memcpy(digits, start, len);
    digits[len] = 0;
    if (!real) {
        PyObject *value = PyLong_FromString(digits, &end, 10);
        if (value && *end) {
            Py_DECREF(value);
            return malformed();
        }
        return value;
    }
    double value = PyOS_string_to_double(digits, NULL, NULL);
    return value == -1.0 && PyErr_Occurred() ? NULL : PyFloat_FromDouble(value);
}

static PyObject *take_list(decoder *d, int depth) {
    PyObject *list = PyList_New(0);
    if (list == NULL) {
        return NULL;
    }
    d->at++;
    if (take(d, ']')) {
        return list;
    }
    for (;;) {
        PyObject *item = decode(d, depth);
        if (item == NULL || PyList_Append(list, item)) {
            Py_XDECREF(item);
            Py_DECREF(list);
            return NULL;
        }
        Py_DECREF(item);
        if (take(d, ',')) {
            continue;
        }
        if (take(d, ']')) {
            return list;
        }
        Py_DECREF(list);
        return malformed();
    }
}

static PyObject *bytes_of(PyObject *base64, bool mutable) {
    Py_ssize_t len;
    const char *s = PyUnicode_Check(base64) ? PyUnicode_AsUTF8AndSize(base64, &len) : NULL;
    if (s == NULL) {
        return PyErr_Occurred() ? NULL : malformed();
    }
    PyObject *bytes = mutable ? PyByteArray_FromStringAndSize(NULL, len / 4 * 3 + 3)
                              : PyBytes_FromStringAndSize(NULL, len / 4 * 3 + 3);
    if (bytes == NULL) {
        return NULL;
    }
    char *out = mutable ? PyByteArray_AS_STRING(bytes) : PyBytes_AS_STRING(bytes);
    Py_ssize_t n = 0;
    uint32_t bits = 0;
    int held = 0;
    for (Py_ssize_t i = 0; i < len && s[i] != '='; i++) {
        char c = s[i];
        int v = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26
            : c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' ? 62 : c == '/' ? 63 : -1;
        if (v < 0) {
            Py_DECREF(bytes);
            return malformed();
        }
        bits = bits << 6 | v;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[n++] = bits >> held;
        }
    }
    if (mutable) {
        if (PyByteArray_Resize(bytes, n)) {
            Py_CLEAR(bytes);
        }
    } else {
        _PyBytes_Resize(&bytes, n);
    }
    return bytes;
}

static PyObject *complex_of(PyObject *pair) {
    if (!PyList_CheckExact(pair) || PyList_GET_SIZE(pair) != 2) {
        return malformed();
    }
    double re = PyFloat_AsDouble(PyList_GET_ITEM(pair, 0));
    double im = PyFloat_AsDouble(PyList_GET_ITEM(pair, 1));
    return PyErr_Occurred() ? NULL : PyComplex_FromDoubles(re, im);
}

static PyObject *dict_of(PyObject *pairs) {
    PyObject *dict = PyDict_New();
    if (dict && PyDict_MergeFromSeq2(dict, pairs, 1)) {
        Py_CLEAR(dict);
    }
    return dict;
}

static PyObject *int_of(PyObject *hex) {
    const char *s = PyUnicode_Check(hex) ? PyUnicode_AsUTF8(hex) : NULL;
    if (s == NULL) {
        return PyErr_Occurred() ? NULL : malformed();
    }
    return PyLong_FromString(s, NULL, 16);
}

static PyObject *untag(PyObject *tag, PyObject *value) {
    const char *name = PyUnicode_AsUTF8(tag);
    if (name == NULL) {
        return NULL;
    } else if (strcmp(name, "tuple") == 0) {
        return PyList_CheckExact(value) ? PyList_AsTuple(value) : malformed();
    } else if (strcmp(name, "bytes") == 0) {
        return bytes_of(value, false);
    } else if (strcmp(name, "bytearray") == 0) {
        return bytes_of(value, true);
    } else if (strcmp(name, "set") == 0) {
        return PySet_New(value);
    } else if (strcmp(name, "frozenset") == 0) {
        return PyFrozenSet_New(value);
    } else if (strcmp(name, "dict") == 0) {
        return dict_of(value);
    } else if (strcmp(name, "float") == 0) {
        return PyFloat_FromString(value);
    } else if (strcmp(name, "int") == 0) {
        return int_of(value);
    } else if (strcmp(name, "complex") == 0) {
        return complex_of(value);
    }
    return PyObject_CallFunctionObjArgs(sandbox_helper_decode, tag, value, NULL);
}

// After {"$": the tag and its value.
static PyObject *take_tagged(decoder *d, int depth) {
    PyObject *tag = take_string(d), *word = NULL, *value = NULL, *result = NULL;
    if (tag && (!take(d, ',') || !(word = take_string(d)) || !take(d, ':'))) {
        if (!PyErr_Occurred()) {
            malformed();
        }
    } else if (tag) {
        value = decode(d, depth);
        result = value ? untag(tag, value) : NULL;
        if (result && !take(d, '}')) {
            Py_CLEAR(result);
            malformed();
        }
    }
    Py_XDECREF(tag);
    Py_XDECREF(word);
    Py_XDECREF(value);
    return result;
}

static PyObject *take_object(decoder *d, int depth) {
    PyObject *dict = PyDict_New();
    if (dict == NULL) {
        return NULL;
    }
    d->at++;
    if (take(d, '}')) {
        return dict;
    }
    for (bool first = true;; first = false) {
        peek(d);
        PyObject *key = take_string(d), *value = NULL;
        if (key && !take(d, ':')) {
            malformed();
        } else if (key && first && PyUnicode_EqualToUTF8AndSize(key, "$", 1)) {
            Py_DECREF(key);
            Py_DECREF(dict);
            peek(d);
            return take_tagged(d, depth);
        } else if (key) {
            value = decode(d, depth);
        }
        int failed = value == NULL || PyDict_SetItem(dict, key, value);
        Py_XDECREF(key);
        Py_XDECREF(value);
        if (!failed && take(d, ',')) {
            continue;
        }
        if (!failed && take(d, '}')) {
            return dict;
        }
        Py_DECREF(dict);
        return failed ? NULL : malformed();
    }
}

static PyObject *decode(decoder *d, int depth) {
    // A tag may stand between every two levels of the value.
    if (depth > 2 * SANDBOX_VALUE_DEPTH) {
        PyErr_SetString(PyExc_ValueError, "value is nested too deeply");
        return NULL;
    }
    if (sandbox_poll()) {
        return NULL;
    }
    switch (peek(d)) {
        case '"':
            return take_string(d);
        case '[':
            return take_list(d, depth + 1);
        case '{':
            return take_object(d, depth + 1);
        case 'n':
            return take_word(d, "null") ? Py_NewRef(Py_None) : malformed();
        case 't':
            return take_word(d, "true") ? Py_NewRef(Py_True) : malformed();
        case 'f':
            return take_word(d, "false") ? Py_NewRef(Py_False) : malformed();
        default:
            return take_number(d);
    }
}

PyObject *sandbox_decode(const char *text, size_t len) {
    decoder d = { text, text + len };
    PyObject *value = decode(&d, 0);
    if (value && (peek(&d) != 0 || d.at != d.end)) {
        Py_DECREF(value);
        return malformed();
    }
    return value;
}
