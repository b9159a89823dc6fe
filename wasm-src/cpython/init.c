// From nothing to an interpreter that waits for its first request. Runs while the image
// is made (scripts/preinitialize.py) and never again: the image has no such export.
#include <stdio.h>
#include <string.h>
#include "guest.h"
#include "pycore_frame.h"
#include "pycore_object.h"

extern const struct _frozen sandbox_frozen[];

PyObject *sandbox_helper_encode, *sandbox_helper_decode, *sandbox_helper_describe;
PyObject *sandbox_helper_complete, *sandbox_helper_await_answers;
PyObject *sandbox_globals, *sandbox_logging;

static PyStatus initialize(void) {
    PyPreConfig before;
    PyPreConfig_InitIsolatedConfig(&before);
    before.utf8_mode = 1;
    PyStatus status = Py_PreInitialize(&before);
    if (PyStatus_Exception(status)) {
        return status;
    }
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    config.install_signal_handlers = 0;
    config.site_import = 0;
    config.write_bytecode = 0;
    config.pathconfig_warnings = 0;
    config.buffered_stdio = 0;
    config.module_search_paths_set = 1;
    config.use_frozen_modules = 1;
    // The hashes of strings are all over the image, so their seed belongs to it.
    config.use_hash_seed = 1;
    config.hash_seed = 0;
    const struct {
        wchar_t **at;
        const wchar_t *value;
    } texts[] = {
        { &config.program_name, L"/python" },
        { &config.executable, L"/python" },
        { &config.home, L"/" },
        { &config.prefix, L"/" },
        { &config.exec_prefix, L"/" },
        { &config.base_prefix, L"/" },
        { &config.base_exec_prefix, L"/" },
        { &config.stdlib_dir, L"/lib" },
        { &config.stdio_encoding, L"utf-8" },
        { &config.stdio_errors, L"strict" },
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(texts); i++) {
        status = PyConfig_SetString(&config, texts[i].at, texts[i].value);
        if (PyStatus_Exception(status)) {
            return status;
        }
    }
    status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    return status;
}

static int find_helpers(void) {
    PyObject *module = PyImport_ImportModule("_sandbox");
    if (module == NULL) {
        return -1;
    }
    sandbox_helper_encode = PyObject_GetAttrString(module, "encode");
    sandbox_helper_decode = PyObject_GetAttrString(module, "decode");
    sandbox_helper_describe = PyObject_GetAttrString(module, "describe");
    sandbox_helper_complete = PyObject_GetAttrString(module, "complete");
    sandbox_helper_await_answers = PyObject_GetAttrString(module, "await_answers");
    sandbox_globals = Py_XNewRef(PyModule_GetDict(PyImport_AddModule("__main__")));
    PyObject *logging = PyImport_ImportModule("logging");
    sandbox_logging = logging ? Py_NewRef(PyModule_GetDict(logging)) : NULL;
    return sandbox_helper_encode && sandbox_helper_decode && sandbox_helper_describe
        && sandbox_helper_complete && sandbox_helper_await_answers
        && sandbox_globals && sandbox_logging ? 0 : -1;
}

// One request, so that what is made at the first of its kind is in the image.
static void rehearse(const char *source) {
    size_t len = strlen(source);
    memcpy((char *)(uintptr_t)X.source_buffer, source, len);
    X.mode = SANDBOX_MODE_RUN;
    X.source_ptr = X.source_buffer;
    X.source_len = len;
    X.inputs_ptr = 0;
    sandbox_exec();
}

static const char *const rehearsals[] = {
    "x = 1\nx += 1\nprint(x, [x], f'{x:>3}')\nx",
    "def f(a, b=2, *c, **d):\n    return [i for i in range(a) if i], {k: v for k, v in d.items()}\nf(3)",
    "class A:\n    def __init__(self):\n        self.x = (1, 'a', None, 1.5, b'b')\n[A().x, {1: 2}, {3}]",
    "import json, re\njson.loads(json.dumps({'a': [1, None]})), re.sub('a+', 'b', 'caat')",
    "def g():\n    raise ValueError('x')\ng()",
    "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    import traceback\n    traceback.format_exc()",
    "1 +",
    // Where packages are. Nothing may be remembered of a time when there were none.
    "import re, sys\nre.purge()\nsys.path[:] = ['', '/packages']\nsys.path_importer_cache.clear()",
    "for name in [n for n in globals() if not n.startswith('__')]:\n    del globals()[name]\ndel name",
};

// ---- nothing that lives now ever dies

static PyTypeObject *random_type;

// A generator of the image would give all instances the same numbers; see
// patches/0002-seed-at-first-use.patch.
static void unseed(PyObject *o) {
    struct {
        PyObject_HEAD
        int index;
    } *generator = (void *)o;
    generator->index = 625;
}

static int make_immortal(PyObject *o, void *arg) {
    if (_Py_IsImmortal(o)) {
        return 0;
    }
    o->ob_refcnt = _Py_IMMORTAL_REFCNT;
    if (PyObject_IS_GC(o) && !PyObject_GC_IsTracked(o) && Py_TYPE(o)->tp_traverse) {
        Py_TYPE(o)->tp_traverse(o, make_immortal, arg);
    }
    return 0;
}

static int settle(PyObject *o, void *arg) {
    if (PyFrame_Check(o) || PyGen_Check(o)) {
        return 1;
    }
    if (PyObject_TypeCheck(o, random_type)) {
        unseed(o);
    }
    make_immortal(o, arg);
    if (Py_TYPE(o)->tp_traverse) {
        Py_TYPE(o)->tp_traverse(o, make_immortal, arg);
    }
    return 1;
}

// Counting references to what is never freed would only copy the image's pages, and so
// would looking for garbage there.
static int settle_all(void) {
    PyObject *random = PyImport_ImportModule("_random"), *gc = PyImport_ImportModule("gc");
    random_type = random ? (PyTypeObject *)PyObject_GetAttrString(random, "Random") : NULL;
    if (random_type == NULL || gc == NULL) {
        return -1;
    }
    PyGC_Collect();
    PyUnstable_GC_VisitObjects(settle, NULL);
    PyObject *result = PyObject_CallMethod(gc, "freeze", NULL);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

// Returns 0, or the number of the step that failed, with its reason on stderr.
SANDBOX_EXPORT(sandbox_init) int sandbox_init(void) {
    sandbox_exchange_init();
    PyImport_FrozenModules = sandbox_frozen;
    PyStatus status = initialize();
    if (PyStatus_Exception(status)) {
        fprintf(stderr, "%s: %s\n", status.func ? status.func : "", status.err_msg ? status.err_msg : "");
        return 1;
    }
    PyObject *preload = PyImport_ImportModule("_preload");
    int failed = preload == NULL ? 2 : find_helpers() ? 3 : sandbox_interrupts_init() ? 4
        : sandbox_sources_init() ? 5 : 0;
    if (failed) {
        PyErr_Print();
        sandbox_output_flush();
        return failed;
    }
    Py_DECREF(preload);
    PyObject *modules = PyImport_GetModuleDict();
    if (PyDict_DelItemString(modules, "_preload")) {
        return 6;
    }
    for (size_t i = 0; i < Py_ARRAY_LENGTH(rehearsals); i++) {
        rehearse(rehearsals[i]);
    }
    if (X.status != SANDBOX_STATUS_OK) {
        return 7;
    }
    sandbox_forget();
    return settle_all() ? 8 : 0;
}
