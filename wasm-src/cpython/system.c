// WASI preview 1, which libc is written for, over the boundary's one import.
//
// libc calls these functions by the names under which it would import them; defined
// here, they are no imports any more. Pointers are the guest's own.
#include <time.h>
#include "guest.h"

__attribute__((import_module("sandbox"), import_name("sys"))) void sandbox_import_sys(void);

enum { E_INVAL = 28, E_BADF = 8, E_IO = 29, E_NOTDIR = 54, E_SPIPE = 70 };

#define ROOT 3 // the preopened directory

enum { DIRECTORY = 3, REGULAR_FILE = 4, APPEND = 1, FROM_HERE = 1 };
#define ALL_RIGHTS ((UINT64_C(1) << 30) - 1)
#define RIGHT_TO_READ (UINT64_C(1) << 1)
#define RIGHT_TO_WRITE (UINT64_C(1) << 6)

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

// ---- what is known of open files

// Each open() of Python's asks whether it got a directory or a terminal, how large the file is
// and where in it it stands, some of it twice. The host tells all of that when a file is
// opened; asking again would take longer than the file itself.

struct fdstat {
    uint8_t type;
    uint16_t flags;
    uint64_t rights, inherited;
};

static struct open_file {
    bool is_known, has_place;
    struct fdstat stat;
    uint64_t place; // of the next byte
} open_files[64];

// What is not in the table is asked about.
static struct open_file *open_file(uint32_t fd) {
    static struct open_file unknown;
    unknown = (struct open_file){ 0 };
    uint32_t at = fd - ROOT - 1;
    return at < sizeof open_files / sizeof *open_files ? &open_files[at] : &unknown;
}

// The filestat that came with the last opening, good until the next crossing, and no more often
// than open() and read() look at it: who waits for a file to grow must see it grow.
static uint32_t told_fd, told_left;

static void note_opened(uint32_t fd, uint64_t rights, uint16_t flags) {
    uint8_t kind = (uint8_t)X.sys_args[3];
    uint64_t lost = kind == DIRECTORY ? 0 : (RIGHT_TO_READ | RIGHT_TO_WRITE) & ~rights;
    *open_file(fd) = (struct open_file){
        .is_known = X.sys_opened,
        .has_place = X.sys_opened && kind == REGULAR_FILE,
        .stat = { kind, flags & APPEND, ALL_RIGHTS & ~lost, ALL_RIGHTS & ~lost },
    };
    told_fd = fd;
    told_left = X.sys_opened ? 2 : 0;
}

static bool was_told(uint32_t fd, void *to) {
    if (fd != told_fd || told_left == 0 || X.sys_op != SANDBOX_SYS_PATH_OPEN) {
        return false;
    }
    told_left--;
    memcpy(to, &X.sys_args[1], 8 * sizeof(uint64_t));
    return true;
}

static void note_moved(uint32_t fd, uint32_t bytes, bool is_write) {
    struct open_file *file = open_file(fd);
    file->place += bytes;
    // What is appended goes where the end is, which the host knows.
    file->has_place = file->has_place && !(is_write && file->stat.flags & APPEND);
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

static int32_t stream_fdstat(struct fdstat *to) {
    // A character device that could seek is no terminal in the eyes of libc.
    *to = (struct fdstat){ 2, 0, UINT64_MAX, 0 };
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
    *open_file(a) = (struct open_file){ 0 };
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
    struct fdstat *to = (struct fdstat *)(uintptr_t)b;
    if (a == ROOT) { // which every path is relative to
        *to = (struct fdstat){ DIRECTORY, 0, ALL_RIGHTS, ALL_RIGHTS };
        return 0;
    }
    if (open_file(a)->is_known) {
        *to = open_file(a)->stat;
        return 0;
    }
    return ask(SANDBOX_SYS_FD_FDSTAT_GET, (const uint64_t[9]){ a, b });
}

int32_t __imported_wasi_snapshot_preview1_fd_fdstat_set_flags(uint32_t a, uint32_t b) {
    if (a <= 2) {
        return E_INVAL;
    }
    *open_file(a) = (struct open_file){ 0 };
    return ask(SANDBOX_SYS_FD_FDSTAT_SET_FLAGS, (const uint64_t[9]){ a, b });
}

int32_t __imported_wasi_snapshot_preview1_fd_filestat_get(uint32_t a, uint32_t b) {
    if (a <= 2) {
        return stream_filestat((void *)(uintptr_t)b);
    }
    if (was_told(a, (void *)(uintptr_t)b)) {
        return 0;
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
    int32_t error = ask(SANDBOX_SYS_FD_READ, (const uint64_t[9]){ a, b, c, d });
    if (error == 0) {
        note_moved(a, *(uint32_t *)(uintptr_t)d, false);
    }
    return error;
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
    struct open_file *file = open_file(a);
    if (file->has_place && b == 0 && c == FROM_HERE) {
        *(uint64_t *)(uintptr_t)d = file->place;
        return 0;
    }
    int32_t error = ask(SANDBOX_SYS_FD_SEEK, (const uint64_t[9]){ a, b, c, d });
    if (error == 0 && file->is_known) {
        file->place = *(uint64_t *)(uintptr_t)d;
        file->has_place = true;
    }
    return error;
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
    if (open_file(a)->has_place) {
        *(uint64_t *)(uintptr_t)b = open_file(a)->place;
        return 0;
    }
    return ask(SANDBOX_SYS_FD_TELL, (const uint64_t[9]){ a, b });
}

int32_t __imported_wasi_snapshot_preview1_fd_write(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    if (a <= 2) {
        return stream_write(a, (const struct span *)(uintptr_t)b, c, (uint32_t *)(uintptr_t)d);
    }
    int32_t error = ask(SANDBOX_SYS_FD_WRITE, (const uint64_t[9]){ a, b, c, d });
    if (error == 0) {
        note_moved(a, *(uint32_t *)(uintptr_t)d, true);
    }
    return error;
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
    int32_t error = ask(SANDBOX_SYS_PATH_OPEN, (const uint64_t[9]){ a, b, c, d, e, f, g, h, i });
    if (error == 0) {
        note_opened(*(uint32_t *)(uintptr_t)i, f, h);
    }
    return error;
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
