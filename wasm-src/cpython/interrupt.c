// How the host's wish to end a run becomes an exception.
//
// The host sets a bit in CPython's eval breaker, which makes the evaluation loop ask
// whether a signal has come; the linker leads that question here (--wrap), as it does
// for the C loops that ask PyErr_CheckSignals. C loops that ask nobody mostly drain an
// iterator, so the iterators that can be endless ask for them.
#include "guest.h"
#include "pycore_range.h"

#define SIGNALS_PENDING 2 // the eval breaker's bit, _PY_SIGNALS_PENDING_BIT

// Set while guest code is unwound past every handler; patches/0001 obeys it.
int sandbox_unwinding;

static PyObject *interrupt_class;
static volatile uintptr_t *breaker;

static int raise_interrupt(void) {
    if (X.control_kind == SANDBOX_REQUEST_ABORT) {
        // Not acknowledged before sandbox_exec is left: whatever code still runs on the
        // way, in finalizers or in C that swallows exceptions, meets this again at once.
        sandbox_unwinding = 1;
        *breaker |= SIGNALS_PENDING;
    } else {
        X.control_ack = X.control_request;
    }
    PyErr_SetNone(interrupt_class);
    return -1;
}

int sandbox_poll(void) { return sandbox_interrupt_pending() ? raise_interrupt() : 0; }

void sandbox_arm(void) { X.control_armed = 1; }

void sandbox_disarm(void) {
    X.control_armed = 0;
    if (sandbox_unwinding) {
        sandbox_unwinding = 0;
        X.control_ack = X.control_request;
    }
}

int __real__PyErr_CheckSignalsTstate(PyThreadState *tstate);
int __wrap__PyErr_CheckSignalsTstate(PyThreadState *tstate) {
    return sandbox_interrupt_pending() ? raise_interrupt() : __real__PyErr_CheckSignalsTstate(tstate);
}

int __real_PyErr_CheckSignals(void);
int __wrap_PyErr_CheckSignals(void) {
    return sandbox_interrupt_pending() ? raise_interrupt() : __real_PyErr_CheckSignals();
}

// An interrupt that lands in a finalizer or a callback would be printed and lost: it is
// due again at once instead.
static bool is_due_again(void) {
    if (interrupt_class == NULL || !PyErr_Occurred() || !PyErr_ExceptionMatches(interrupt_class)) {
        return false;
    }
    PyErr_Clear();
    if (X.control_armed && !sandbox_unwinding) {
        X.control_ack = X.control_request - 1;
    }
    *breaker |= SIGNALS_PENDING;
    return true;
}

void __real_PyErr_WriteUnraisable(PyObject *object);
void __wrap_PyErr_WriteUnraisable(PyObject *object) {
    if (!is_due_again()) {
        __real_PyErr_WriteUnraisable(object);
    }
}

void __real_PyErr_FormatUnraisable(const char *format, ...);
void __wrap_PyErr_FormatUnraisable(const char *format, ...) {
    if (is_due_again()) {
        return;
    }
    PyObject *exc = PyErr_GetRaisedException();
    va_list args;
    va_start(args, format);
    PyObject *text = format ? PyUnicode_FromFormatV(format, args) : NULL;
    va_end(args);
    PyErr_SetRaisedException(exc);
    __real_PyErr_FormatUnraisable(text ? "%U" : NULL, text);
    Py_XDECREF(text);
}

// ---- iterators that C code may drain for ever

#define ENDLESS(name)                                    \
    static iternextfunc next_of_##name;                  \
    static PyObject *polling_##name(PyObject *iterator) { \
        return sandbox_poll() ? NULL : next_of_##name(iterator); \
    }
#define ITERTOOLS(each)                                                                  \
    each(accumulate) each(chain) each(combinations) each(combinations_with_replacement) \
    each(compress) each(count) each(cycle) each(filterfalse) each(islice) each(permutations) \
    each(product) each(repeat) each(starmap) each(takewhile) each(zip_longest)

ENDLESS(range)
ENDLESS(long_range)
ENDLESS(call)
ITERTOOLS(ENDLESS)

static int make_poll(PyTypeObject *type, iternextfunc *next, iternextfunc polling) {
    if (type == NULL) {
        return -1;
    }
    *next = type->tp_iternext;
    type->tp_iternext = polling;
    return 0;
}

int sandbox_interrupts_init(void) {
    PyObject *itertools = PyImport_ImportModule("itertools");
    if (itertools == NULL || make_poll(&PyRangeIter_Type, &next_of_range, polling_range)
        || make_poll(&PyLongRangeIter_Type, &next_of_long_range, polling_long_range)
        || make_poll(&PyCallIter_Type, &next_of_call, polling_call)) {
        return -1;
    }
#define POLL(name)                                                                         \
    if (make_poll((PyTypeObject *)PyObject_GetAttrString(itertools, #name), &next_of_##name, \
            polling_##name)) {                                                             \
        return -1;                                                                         \
    }
    ITERTOOLS(POLL)
    Py_DECREF(itertools);
    // Its name is the builtin's, and so is what catches it.
    interrupt_class = PyErr_NewException("builtins.KeyboardInterrupt", PyExc_KeyboardInterrupt, NULL);
    breaker = (volatile uintptr_t *)&PyThreadState_Get()->eval_breaker;
    X.control_breaker = (uint32_t)(uintptr_t)breaker;
    X.control_mask = SIGNALS_PENDING;
    return interrupt_class ? 0 : -1;
}
