// What the files of this port share.
#ifndef GUEST_H
#define GUEST_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "exchange.h"

#define X sandbox_exchange

// Functions return 0, or -1 with a Python exception set, unless they say otherwise.

// ---- malloc.c

// While it is open, what does not fit into memory may take the reserve. Closed while
// guest code runs.
extern bool sandbox_reserve_open;
void sandbox_reserve_keep(void);

// ---- text.c: text that grows

typedef struct {
    char *data;
    size_t len, capacity;
} sandbox_text;

int sandbox_put(sandbox_text *text, const char *data, size_t len);
int sandbox_put_word(sandbox_text *text, const char *word);
void sandbox_text_free(sandbox_text *text);
// As a JSON string; what is not UTF-8 raises.
int sandbox_put_string(sandbox_text *text, PyObject *str);

// ---- encode.c and decode.c: values across the boundary

// With describe, what is not data crosses as a description; else it raises TypeError.
int sandbox_encode(sandbox_text *text, PyObject *value, bool describe);
PyObject *sandbox_decode(const char *text, size_t len);

// ---- hostcall.c

int sandbox_set_host_functions(PyObject *names);

// ---- interrupt.c

extern int sandbox_unwinding;
extern PyThreadState *sandbox_thread; // the only one
int sandbox_interrupts_init(void);
// Raise if the host wants guest code to stop.
int sandbox_poll(void);
// Between requests nothing can be interrupted.
void sandbox_arm(void);
void sandbox_disarm(void);

// ---- sources.c: what was run, for tracebacks

int sandbox_sources_init(void);
// A new name "<sandbox>" under which linecache finds the lines of text.
PyObject *sandbox_source_begin(PyObject *text);
void sandbox_source_end(PyObject *name);
bool sandbox_source_is_known(PyObject *name);

// ---- main.c

void sandbox_exec(void);
void sandbox_forget(void);

// ---- init.c

// The helpers in lib/_sandbox.py, borrowed.
extern PyObject *sandbox_helper_encode, *sandbox_helper_decode, *sandbox_helper_describe;
extern PyObject *sandbox_helper_complete, *sandbox_helper_await_answers;
// The namespaces of __main__ and logging.
extern PyObject *sandbox_globals, *sandbox_logging;

#endif
