// The text of what was run, where linecache finds it: tracebacks show the lines of the
// run that a function came from, however many runs ago that was.
//
// All runs are named "<sandbox>". Each has a name object of its own, whose class (in
// lib/_sandbox.py) hashes by identity, so that linecache keeps their texts apart.
#include "guest.h"

#define KEPT 64           // so many texts at most
#define KEPT_BYTES 262144 // of so many bytes together

static PyObject *name_class, *plain_name, *cache;
static PyObject *names[KEPT]; // a ring; owned
static Py_ssize_t sizes[KEPT], kept_bytes;
static unsigned oldest, count;

int sandbox_sources_init(void) {
    PyObject *helpers = PyImport_ImportModule("_sandbox"), *linecache = PyImport_ImportModule("linecache");
    if (helpers == NULL || linecache == NULL) {
        return -1;
    }
    name_class = PyObject_GetAttrString(helpers, "SourceName");
    cache = PyObject_GetAttrString(linecache, "cache");
    plain_name = PyUnicode_FromString("<sandbox>");
    Py_DECREF(helpers);
    Py_DECREF(linecache);
    return name_class && plain_name && cache && PyDict_CheckExact(cache) ? 0 : -1;
}

static void forget(PyObject *name) {
    if (PyDict_Pop(cache, name, NULL) < 0) {
        PyErr_Clear();
    }
}

static void forget_oldest(void) {
    PyObject *name = names[oldest];
    kept_bytes -= sizes[oldest];
    names[oldest] = NULL;
    oldest = (oldest + 1) % KEPT;
    count--;
    forget(name);
    Py_DECREF(name);
}

PyObject *sandbox_source_begin(PyObject *text) {
    PyObject *name = PyObject_CallOneArg(name_class, plain_name);
    PyObject *lines = name ? PyUnicode_Splitlines(text, 1) : NULL;
    PyObject *entry = lines ? Py_BuildValue("nOOO", PyUnicode_GET_LENGTH(text), Py_None, lines, name) : NULL;
    if (entry == NULL || PyDict_SetItem(cache, name, entry)) {
        Py_CLEAR(name);
    }
    Py_XDECREF(lines);
    Py_XDECREF(entry);
    return name;
}

// Keeps the text if code of the run is still there; then someone besides us and the
// cache (its key, and the entry's last item) knows the name.
void sandbox_source_end(PyObject *name) {
    if (Py_REFCNT(name) <= 3) {
        forget(name);
        Py_DECREF(name);
        return;
    }
    PyObject *entry = PyDict_GetItemWithError(cache, name);
    Py_ssize_t size = 0;
    if (entry && PyTuple_CheckExact(entry) && PyTuple_GET_SIZE(entry) == 4) {
        size = PyLong_AsSsize_t(PyTuple_GET_ITEM(entry, 0));
    }
    PyErr_Clear();
    while (count && (count == KEPT || kept_bytes + size > KEPT_BYTES)) {
        forget_oldest();
    }
    unsigned at = (oldest + count++) % KEPT;
    names[at] = name;
    sizes[at] = size;
    kept_bytes += size;
}

bool sandbox_source_is_known(PyObject *name) {
    int known = PyDict_Contains(cache, name);
    PyErr_Clear();
    return known == 1;
}
