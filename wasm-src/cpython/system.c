// WASI preview 1, which libc is written for, over the boundary's one import.
//
// libc calls these functions by the names under which it would import them; defined
// here, they are no imports any more. Pointers are the guest's own.
#include <time.h>
#include "guest.h"

__attribute__((import_module("sandbox"), import_name("sys"))) void sandbox_import_sys(void);

enum { E_INVAL = 28, E_BADF = 8, E_IO = 29, E_NOTDIR = 54, E_SPIPE = 70 };

#define ROOT 3 // the preopened directory

// One crossing, and the errno that came of it.
static int32_t ask(uint32_t op, const uint64_t args[9]) {
    for (int i = 0; i < 9; i++) {
        X.sys_args[i] = args[i];
    }
    X.sys_op = op;
    X.sys_result = SANDBOX_SYS_REFUSED;
    sandbox_import_sys();
    if (X.sys_result == SANDBOX_SYS_STOP) {
        __builtin_trap();
    }
    return X.sys_result == SANDBOX_SYS_OK ? (int32_t)X.sys_args[0] : E_IO;
}

// ---- the standard streams

struct span {
    const char *at;
    uint32_t len;
};

static int32_t stream_write(uint32_t fd, const struct span *spans, uint32_t n, uint32_t *written) {
    if (fd == 0) {
        return E_BADF;
    }
    *written = 0;
    for (uint32_t i = 0; i < n; i++) {
        sandbox_output(fd, spans[i].at, spans[i].len);
        *written += spans[i].len;
    }
    return 0;
}

static int32_t stream_read(uint32_t *count) {
    *count = 0;
    return 0;
}

static int32_t stream_fdstat(void *to) {
    struct {
        uint8_t type;
        uint16_t flags;
        uint64_t rights, inherited;
    } *stat = to;
    // A character device that could seek is no terminal in the eyes of libc.
    stat->type = 2;
    stat->flags = 0;
    stat->rights = UINT64_MAX;
    stat->inherited = 0;
    return 0;
}

static int32_t stream_filestat(void *to) {
    struct {
        uint64_t device, inode, type, links, size, times[3];
    } *stat = to;
    memset(stat, 0, sizeof *stat);
    stat->type = 2;
    stat->links = 1;
    return 0;
}

int32_t __imported_wasi_snapshot_preview1_fd_prestat_get(uint32_t fd, uint32_t to) {
    if (fd != ROOT) {
        return E_BADF;
    }
    uint32_t *prestat = (uint32_t *)(uintptr_t)to;
    prestat[0] = 0; // a directory
    prestat[1] = 1; // the length of its name
    return 0;
}

int32_t __imported_wasi_snapshot_preview1_fd_prestat_dir_name(uint32_t fd, uint32_t to, uint32_t len) {
    if (fd != ROOT || len < 1) {
        return E_BADF;
    }
    *(char *)(uintptr_t)to = '/';
    return 0;
}

// ---- time and chance

int32_t __imported_wasi_snapshot_preview1_clock_res_get(uint32_t id, uint32_t to) {
    *(uint64_t *)(uintptr_t)to = 1000;
    return 0;
}

int32_t __imported_wasi_snapshot_preview1_clock_time_get(uint32_t id, uint64_t precision, uint32_t to) {
    *(int64_t *)(uintptr_t)to = sandbox_clock_ns(id != 0);
    return 0;
}

// libc's counts from when the image was made. What the processor spends, nobody here knows.
clock_t clock(void) { return sandbox_clock_ns(true); }
_Static_assert(CLOCKS_PER_SEC == 1000000000, "clock() counts nanoseconds");

int32_t __imported_wasi_snapshot_preview1_random_get(uint32_t to, uint32_t len) {
    for (uint32_t part; len; to += part, len -= part) {
        part = len < 65536 ? len : 65536;
        if (!sandbox_random((void *)(uintptr_t)to, part)) {
            return E_IO;
        }
    }
    return 0;
}

struct subscription {
    uint64_t userdata;
    uint64_t type; // one byte, and padding
    uint32_t clock;
    uint64_t timeout, precision;
    uint16_t flags;
};

struct event {
    uint64_t userdata;
    uint16_t error;
    uint8_t type;
    uint64_t bytes;
    uint16_t flags;
};

// Files are always ready; if no file is asked about, the nearest time is waited for.
int32_t __imported_wasi_snapshot_preview1_poll_oneoff(uint32_t in, uint32_t out, uint32_t n, uint32_t count) {
    const struct subscription *asked = (const struct subscription *)(uintptr_t)in, *nearest = NULL;
    struct event *events = (struct event *)(uintptr_t)out;
    uint32_t ready = 0;
    uint64_t wait = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t type = (uint8_t)asked[i].type;
        if (type != 0) {
            events[ready++] = (struct event){ asked[i].userdata, 0, type, 0, 0 };
            continue;
        }
        uint64_t left = asked[i].timeout;
        if (asked[i].flags & 1) { // a point in time
            uint64_t now = sandbox_clock_ns(asked[i].clock != 0);
            left = left > now ? left - now : 0;
        }
        if (nearest == NULL || left < wait) {
            nearest = &asked[i];
            wait = left;
        }
    }
    if (ready == 0) {
        if (nearest == NULL) {
            return E_INVAL;
        }
        sandbox_sleep_ns(wait > INT64_MAX ? INT64_MAX : (int64_t)wait);
        events[ready++] = (struct event){ nearest->userdata, 0, 0, 0, 0 };
    }
    *(uint32_t *)(uintptr_t)count = ready;
    return 0;
}

// ---- the rest of the process

int32_t __imported_wasi_snapshot_preview1_environ_sizes_get(uint32_t count, uint32_t size) {
    *(uint32_t *)(uintptr_t)count = *(uint32_t *)(uintptr_t)size = 0;
    return 0;
}
int32_t __imported_wasi_snapshot_preview1_environ_get(uint32_t to, uint32_t text) { return 0; }
int32_t __imported_wasi_snapshot_preview1_sched_yield(void) { return 0; }
void __imported_wasi_snapshot_preview1_proc_exit(uint32_t code) { __builtin_trap(); }

// ---- files

int32_t __imported_wasi_snapshot_preview1_fd_advise(uint32_t a, uint64_t b, uint64_t c, uint32_t d) {
    if (a <= 2) {
        return E_SPIPE;
    }
    return ask(SANDBOX_SYS_FD_ADVISE, (const uint64_t[9]){ a, b, c, d });
}

int32_t __imported_wasi_snapshot_preview1_fd_close(uint32_t a) {
    if (a <= 2) {
        return 0;
    }
    return ask(SANDBOX_SYS_FD_CLOSE, (const uint64_t[9]){ a });
}

int32_t __imported_wasi_snapshot_preview1_fd_datasync(uint32_t a) {
    if (a <= 2) {
        return E_INVAL;
    }
    return ask(SANDBOX_SYS_FD_DATASYNC, (const uint64_t[9]){ a });
}

int32_t __imported_wasi_snapshot_preview1_fd_fdstat_get(uint32_t a, uint32_t b) {
    if (a <= 2) {
        return stream_fdstat((void *)(uintptr_t)b);
    }
    return ask(SANDBOX_SYS_FD_FDSTAT_GET, (const uint64_t[9]){ a, b });
}

int32_t __imported_wasi_snapshot_preview1_fd_fdstat_set_flags(uint32_t a, uint32_t b) {
    if (a <= 2) {
        return E_INVAL;
    }
    return ask(SANDBOX_SYS_FD_FDSTAT_SET_FLAGS, (const uint64_t[9]){ a, b });
}

int32_t __imported_wasi_snapshot_preview1_fd_filestat_get(uint32_t a, uint32_t b) {
    if (a <= 2) {
        return stream_filestat((void *)(uintptr_t)b);
    }
    return ask(SANDBOX_SYS_FD_FILESTAT_GET, (const uint64_t[9]){ a, b });
}

int32_t __imported_wasi_snapshot_preview1_fd_filestat_set_size(uint32_t a, uint64_t b) {
    if (a <= 2) {
        return E_INVAL;
    }
    return ask(SANDBOX_SYS_FD_FILESTAT_SET_SIZE, (const uint64_t[9]){ a, b });
}

int32_t __imported_wasi_snapshot_preview1_fd_filestat_set_times(uint32_t a, uint64_t b, uint64_t c, uint32_t d) {
    if (a <= 2) {
        return E_INVAL;
    }
    return ask(SANDBOX_SYS_FD_FILESTAT_SET_TIMES, (const uint64_t[9]){ a, b, c, d });
}

int32_t __imported_wasi_snapshot_preview1_fd_pread(uint32_t a, uint32_t b, uint32_t c, uint64_t d, uint32_t e) {
    if (a <= 2) {
        return E_SPIPE;
    }
    return ask(SANDBOX_SYS_FD_PREAD, (const uint64_t[9]){ a, b, c, d, e });
}

int32_t __imported_wasi_snapshot_preview1_fd_pwrite(uint32_t a, uint32_t b, uint32_t c, uint64_t d, uint32_t e) {
    if (a <= 2) {
        return E_SPIPE;
    }
    return ask(SANDBOX_SYS_FD_PWRITE, (const uint64_t[9]){ a, b, c, d, e });
}

int32_t __imported_wasi_snapshot_preview1_fd_read(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    if (a <= 2) {
        return stream_read((uint32_t *)(uintptr_t)d);
    }
    return ask(SANDBOX_SYS_FD_READ, (const uint64_t[9]){ a, b, c, d });
}

int32_t __imported_wasi_snapshot_preview1_fd_readdir(uint32_t a, uint32_t b, uint32_t c, uint64_t d, uint32_t e) {
    if (a <= 2) {
        return E_NOTDIR;
    }
    return ask(SANDBOX_SYS_FD_READDIR, (const uint64_t[9]){ a, b, c, d, e });
}

int32_t __imported_wasi_snapshot_preview1_fd_seek(uint32_t a, uint64_t b, uint32_t c, uint32_t d) {
    if (a <= 2) {
        return E_SPIPE;
    }
    return ask(SANDBOX_SYS_FD_SEEK, (const uint64_t[9]){ a, b, c, d });
}

int32_t __imported_wasi_snapshot_preview1_fd_sync(uint32_t a) {
    if (a <= 2) {
        return E_INVAL;
    }
    return ask(SANDBOX_SYS_FD_SYNC, (const uint64_t[9]){ a });
}

int32_t __imported_wasi_snapshot_preview1_fd_tell(uint32_t a, uint32_t b) {
    if (a <= 2) {
        return E_SPIPE;
    }
    return ask(SANDBOX_SYS_FD_TELL, (const uint64_t[9]){ a, b });
}

int32_t __imported_wasi_snapshot_preview1_fd_write(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    if (a <= 2) {
        return stream_write(a, (const struct span *)(uintptr_t)b, c, (uint32_t *)(uintptr_t)d);
    }
    return ask(SANDBOX_SYS_FD_WRITE, (const uint64_t[9]){ a, b, c, d });
}

int32_t __imported_wasi_snapshot_preview1_path_create_directory(uint32_t a, uint32_t b, uint32_t c) {
    return ask(SANDBOX_SYS_PATH_CREATE_DIRECTORY, (const uint64_t[9]){ a, b, c });
}

int32_t __imported_wasi_snapshot_preview1_path_filestat_get(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e) {
    return ask(SANDBOX_SYS_PATH_FILESTAT_GET, (const uint64_t[9]){ a, b, c, d, e });
}

int32_t __imported_wasi_snapshot_preview1_path_filestat_set_times(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint64_t e, uint64_t f, uint32_t g) {
    return ask(SANDBOX_SYS_PATH_FILESTAT_SET_TIMES, (const uint64_t[9]){ a, b, c, d, e, f, g });
}

int32_t __imported_wasi_snapshot_preview1_path_link(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f, uint32_t g) {
    return ask(SANDBOX_SYS_PATH_LINK, (const uint64_t[9]){ a, b, c, d, e, f, g });
}

int32_t __imported_wasi_snapshot_preview1_path_open(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint64_t f, uint64_t g, uint32_t h, uint32_t i) {
    return ask(SANDBOX_SYS_PATH_OPEN, (const uint64_t[9]){ a, b, c, d, e, f, g, h, i });
}

int32_t __imported_wasi_snapshot_preview1_path_readlink(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f) {
    return ask(SANDBOX_SYS_PATH_READLINK, (const uint64_t[9]){ a, b, c, d, e, f });
}

int32_t __imported_wasi_snapshot_preview1_path_remove_directory(uint32_t a, uint32_t b, uint32_t c) {
    return ask(SANDBOX_SYS_PATH_REMOVE_DIRECTORY, (const uint64_t[9]){ a, b, c });
}

int32_t __imported_wasi_snapshot_preview1_path_rename(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f) {
    return ask(SANDBOX_SYS_PATH_RENAME, (const uint64_t[9]){ a, b, c, d, e, f });
}

int32_t __imported_wasi_snapshot_preview1_path_symlink(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e) {
    return ask(SANDBOX_SYS_PATH_SYMLINK, (const uint64_t[9]){ a, b, c, d, e });
}

int32_t __imported_wasi_snapshot_preview1_path_unlink_file(uint32_t a, uint32_t b, uint32_t c) {
    return ask(SANDBOX_SYS_PATH_UNLINK_FILE, (const uint64_t[9]){ a, b, c });
}

// zig's own part of libc imports this one under another symbol.
int32_t sandbox_fd_close(uint32_t fd) __asm__("fd_close|wasi_snapshot_preview1");
int32_t sandbox_fd_close(uint32_t fd) { return __imported_wasi_snapshot_preview1_fd_close(fd); }
