// What libraries need that know nothing of the sandbox.
//
// Recursion through them takes much more of the wasm stack than CPython counts for what
// calls them. It is charged here, and the evaluation loop refuses to go deeper.
#include "guest.h"

// Measured: 3000 bytes from one Python function called by sqlite to the next, 3900 by expat.
#define UNITS 8

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
typedef struct XML_ParserStruct *XML_Parser;

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement) {
    sandbox_thread->c_recursion_remaining -= UNITS;
    int result = __real_sqlite3_step(statement);
    sandbox_thread->c_recursion_remaining += UNITS;
    return result;
}

int __real_PyExpat_XML_Parse(XML_Parser parser, const char *text, int len, int is_final);
int __wrap_PyExpat_XML_Parse(XML_Parser parser, const char *text, int len, int is_final) {
    sandbox_thread->c_recursion_remaining -= UNITS;
    int result = __real_PyExpat_XML_Parse(parser, text, len, is_final);
    sandbox_thread->c_recursion_remaining += UNITS;
    return result;
}

// ---- a statement ends when the host wants the run to end

#define STEPS 10000 // of sqlite's own machine, between two looks

static int is_interrupted(void *nothing) { return sandbox_interrupt_pending(); }

typedef int (*progress)(void *);

void __real_sqlite3_progress_handler(sqlite3 *database, int steps, progress handler, void *context);
void __wrap_sqlite3_progress_handler(sqlite3 *database, int steps, progress handler, void *context) {
    if (steps > 0 && handler) { // a Python function, which is interrupted itself
        __real_sqlite3_progress_handler(database, steps, handler, context);
    } else {
        __real_sqlite3_progress_handler(database, STEPS, is_interrupted, NULL);
    }
}

int __real_sqlite3_open_v2(const char *name, sqlite3 **database, int flags, const char *vfs);
int __wrap_sqlite3_open_v2(const char *name, sqlite3 **database, int flags, const char *vfs) {
    int result = __real_sqlite3_open_v2(name, database, flags, vfs);
    if (*database) {
        __real_sqlite3_progress_handler(*database, STEPS, is_interrupted, NULL);
    }
    return result;
}
