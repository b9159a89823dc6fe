// How the host's wish to end a run becomes an exception.
//
// The host sets a bit in CPython's eval breaker, which makes the evaluation loop ask
// whether a signal has come; the linker leads that question here (--wrap), as it does
// for the C loops that ask PyErr_CheckSignals. C loops that ask nobody mostly drain an
// iterator, so the iterators ask for them.
#include "guest.h"
#include "pycore_instruction_sequence.h"
#include "pycore_range.h"
#include "pycore_token.h"

#define SIGNALS_PENDING 2 // the eval breaker's bit, _PY_SIGNALS_PENDING_BIT

// Set while guest code is unwound past every handler; patches/0001 obeys it.
int sandbox_unwinding;

PyThreadState *sandbox_thread;

static PyObject *interrupt_class, *set_running_loop;
static volatile uintptr_t no_breaker, *breaker = &no_breaker;

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

void sandbox_arm(void) {
    X.control_armed = 1;
    if (sandbox_interrupt_pending()) {
        *breaker |= SIGNALS_PENDING; // the host's own bit may have been spent before
    }
}

void sandbox_disarm(void) {
    X.control_armed = 0;
    if (sandbox_unwinding) {
        sandbox_unwinding = 0;
        X.control_ack = X.control_request;
        // No handler has put back what it was handling.
        PyThreadState *tstate = PyThreadState_Get();
        tstate->exc_info = &tstate->exc_state;
        Py_CLEAR(tstate->exc_state.exc_value);
        // Nor has an event loop said that it runs no more.
        PyErr_Clear();
        Py_XDECREF(PyObject_CallOneArg(set_running_loop, Py_None));
        PyErr_Clear();
    }
}

int __real__PyErr_CheckSignalsTstate(PyThreadState *tstate);
int __wrap__PyErr_CheckSignalsTstate(PyThreadState *tstate) {
    return sandbox_interrupt_pending() ? raise_interrupt() : __real__PyErr_CheckSignalsTstate(tstate);
}

int __real_PyErr_CheckSignals(void);
int __wrap_PyErr_CheckSignals(void) {
    if (sandbox_interrupt_pending()) {
        return raise_interrupt();
    }
    // A signal that guest code has raised itself has set the same bit.
    return *breaker & SIGNALS_PENDING ? __real_PyErr_CheckSignals() : 0;
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

// ---- the compiler, which upstream lets nobody interrupt

struct tok_state;
struct token;

int __real__PyTokenizer_Get(struct tok_state *state, struct token *token);
int __wrap__PyTokenizer_Get(struct tok_state *state, struct token *token) {
    return sandbox_poll() ? ERRORTOKEN : __real__PyTokenizer_Get(state, token);
}

int __real__PyInstructionSequence_Addop(_PyInstructionSequence *to, int opcode, int argument,
    _Py_SourceLocation location);
int __wrap__PyInstructionSequence_Addop(_PyInstructionSequence *to, int opcode, int argument,
    _Py_SourceLocation location) {
    return sandbox_poll() ? -1 : __real__PyInstructionSequence_Addop(to, opcode, argument, location);
}

// ---- iterators that C code may drain for ever, or stack up without counting

#define ITERATOR(name)                                              \
    static iternextfunc next_of_##name;                             \
    static PyObject *counting_##name(PyObject *iterator) {          \
        if (sandbox_poll() || Py_EnterRecursiveCall(" in an iterator")) { \
            return NULL;                                            \
        }                                                           \
        PyObject *item = next_of_##name(iterator);                  \
        Py_LeaveRecursiveCall();                                    \
        return item;                                                \
    }
#define BUILTIN(each)                                                          \
    each(range, PyRangeIter_Type) each(long_range, PyLongRangeIter_Type)       \
    each(call, PyCallIter_Type) each(map, PyMap_Type) each(filter, PyFilter_Type) \
    each(zip, PyZip_Type) each(enumerate, PyEnum_Type)
#define ITERTOOLS(each)                                                                  \
    each(accumulate) each(batched) each(chain) each(combinations)                        \
    each(combinations_with_replacement) each(compress) each(count) each(cycle)           \
    each(dropwhile) each(filterfalse) each(groupby) each(islice) each(pairwise)          \
    each(permutations) each(product) each(repeat) each(starmap) each(takewhile)          \
    each(zip_longest)

#define OF_BUILTIN(name, type) ITERATOR(name)
BUILTIN(OF_BUILTIN)
ITERTOOLS(ITERATOR)

static void count_calls(PyTypeObject *type, iternextfunc *next, iternextfunc counting) {
    *next = type->tp_iternext;
    type->tp_iternext = counting;
}

int sandbox_interrupts_init(void) {
    PyObject *itertools = PyImport_ImportModule("itertools"), *asyncio = PyImport_ImportModule("_asyncio");
    set_running_loop = asyncio ? PyObject_GetAttrString(asyncio, "_set_running_loop") : NULL;
    if (itertools == NULL || set_running_loop == NULL) {
        return -1;
    }
#define COUNT_BUILTIN(name, type) count_calls(&type, &next_of_##name, counting_##name);
    BUILTIN(COUNT_BUILTIN)
#define COUNT(name)                                                        \
    PyObject *type_of_##name = PyObject_GetAttrString(itertools, #name);   \
    if (type_of_##name == NULL) {                                          \
        return -1;                                                         \
    }                                                                      \
    count_calls((PyTypeObject *)type_of_##name, &next_of_##name, counting_##name);
    ITERTOOLS(COUNT)
    Py_DECREF(itertools);
    // Its name is the builtin's, and so is what catches it.
    interrupt_class = PyErr_NewException("builtins.KeyboardInterrupt", PyExc_KeyboardInterrupt, NULL);
    sandbox_thread = PyThreadState_Get();
    breaker = (volatile uintptr_t *)&sandbox_thread->eval_breaker;
    X.control_breaker = (uint32_t)(uintptr_t)breaker;
    X.control_mask = SIGNALS_PENDING;
    return interrupt_class ? 0 : -1;
}
