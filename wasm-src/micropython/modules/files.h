// What the files of the module _files offer each other: WASI's file functions, which the
// host serves (sandbox_abi.h), and on them what Python's os and open need.
#ifndef SANDBOX_FILES_H
#define SANDBOX_FILES_H

#include "py/obj.h"
#include "sandbox_abi.h"

// Errors of WASI, which this port's own code tests for.
enum {
    WASI_OK = 0,
    WASI_BADF = 8,
    WASI_INVAL = 28,
    WASI_IO = 29,
    WASI_MFILE = 33,
    WASI_NAMETOOLONG = 37,
    WASI_NFILE = 41,
    WASI_NOENT = 44,
    WASI_SPIPE = 70,
};

// How a file is opened: what the Python side and this one say to each other.
enum {
    HOW_READ = 1,
    HOW_WRITE = 2,
    HOW_CREATE = 4,
    HOW_EXCLUSIVE = 8,
    HOW_TRUNCATE = 16,
    HOW_APPEND = 32,
    HOW_DIRECTORY = 64,   // nothing else may be opened
    HOW_NOT_DIRECTORY = 128,
    HOW_UNBUFFERED = 256, // writes go out at once
    HOW_NO_FOLLOW = 512,
};

enum { TYPE_DIRECTORY = 3, TYPE_REGULAR = 4, TYPE_SYMLINK = 7 };

typedef struct {
    uint64_t device, inode, type, links, size, accessed, modified, changed;
} files_stat_t;

// ---- files_system.c

// One function of WASI, SANDBOX_SYS_FD_... or _PATH_...; returns WASI's errno.
int32_t files_ask(uint32_t op, const uint64_t args[9]);
#define FILES_ASK(op, ...) files_ask(SANDBOX_SYS_##op, (const uint64_t[9]) { __VA_ARGS__ })
#define FILES_AT(p) ((uint64_t)(uintptr_t)(p))

// Raise the OSError for WASI's errno, with the names that the caller gave or MP_OBJ_NULL.
MP_NORETURN void files_raise(int32_t code, mp_obj_t path, mp_obj_t other);

// A path as the host takes it: relative to "/". Flushes every file first, so that what
// was written to one that nobody closed is there.
typedef struct {
    const char *text;
    size_t len;
} files_path_t;
files_path_t files_path(mp_obj_t path);
files_path_t files_path_from(const char *text, size_t len);

// Open, and collect garbage if there are too many open files; tell what it is, unless stat is
// NULL. Returns WASI's errno.
int32_t files_open(files_path_t path, unsigned how, int32_t *fd, files_stat_t *stat);
int32_t files_stat(files_path_t path, bool follow, files_stat_t *stat);
int32_t files_fd_stat(int32_t fd, files_stat_t *stat);
void files_check_fd(int32_t fd);

// ---- files_stream.c

extern const mp_obj_type_t files_file_type;
// Write out what open files hold back, as far as that works.
void files_flush_all(void);
// Owns a descriptor until it is closed or collected. Its fd is -1 until it is set.
typedef struct _files_file_t files_file_t;
files_file_t *files_new(void);
void files_own(files_file_t *self, int32_t fd);
int32_t files_close(files_file_t *self);

#endif
