// What sqlite asks of its system (SQLITE_OS_OTHER): files by libc's calls, which lead to the
// session's own, a clock, randomness and sleep. Temporary databases stay in memory.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "sqlite3.h"

#define PATH_BYTES 1024

// A database that connections of this session have open: their locks meet here. Nobody
// else is asked, for there is no way to lock a file.
typedef struct place {
    struct place *next;
    int users, readers;
    struct file *writer; // has the reserved lock, or more
    int closed_to_readers;
    char path[PATH_BYTES];
} place;

typedef struct file {
    sqlite3_file base;
    int fd, level, delete_on_close;
    place *place; // of a main database
    char path[PATH_BYTES];
} file;

static place *places;

static place *place_of(const char *path) {
    place *p = places;
    while (p && strcmp(p->path, path)) {
        p = p->next;
    }
    if (p == NULL && (p = sqlite3_malloc(sizeof *p))) {
        memset(p, 0, sizeof *p);
        sqlite3_snprintf(sizeof p->path, p->path, "%s", path);
        p->next = places;
        places = p;
    }
    if (p) {
        p->users++;
    }
    return p;
}

static void leave(place *left) {
    if (--left->users == 0) {
        place **at = &places;
        while (*at != left) {
            at = &(*at)->next;
        }
        *at = left->next;
        sqlite3_free(left);
    }
}

static int unlock(sqlite3_file *base, int level) {
    file *f = (file *)base;
    if (f->place && level < f->level) {
        if (f->place->writer == f) {
            f->place->writer = NULL;
            f->place->closed_to_readers = 0;
        }
        if (level == SQLITE_LOCK_NONE) {
            f->place->readers--;
        }
        f->level = level;
    }
    return SQLITE_OK;
}

static int lock(sqlite3_file *base, int level) {
    file *f = (file *)base;
    place *p = f->place;
    if (p == NULL || level <= f->level) {
        return SQLITE_OK;
    }
    if (level == SQLITE_LOCK_SHARED) {
        if (p->closed_to_readers) {
            return SQLITE_BUSY;
        }
        p->readers++;
    } else {
        if (p->writer && p->writer != f) {
            return SQLITE_BUSY;
        }
        p->writer = f;
        if (level == SQLITE_LOCK_EXCLUSIVE) {
            p->closed_to_readers = 1;
            if (p->readers > 1) {
                f->level = SQLITE_LOCK_PENDING;
                return SQLITE_BUSY;
            }
        }
    }
    f->level = level;
    return SQLITE_OK;
}

static int is_reserved(sqlite3_file *base, int *out) {
    *out = ((file *)base)->place && ((file *)base)->place->writer;
    return SQLITE_OK;
}

static int close_file(sqlite3_file *base) {
    file *f = (file *)base;
    unlock(base, SQLITE_LOCK_NONE);
    if (f->place) {
        leave(f->place);
    }
    close(f->fd);
    if (f->delete_on_close) {
        unlink(f->path);
    }
    return SQLITE_OK;
}

static int read_file(sqlite3_file *base, void *to, int size, sqlite3_int64 at) {
    int done = 0;
    while (done < size) {
        ssize_t n = pread(((file *)base)->fd, (char *)to + done, size - done, at + done);
        if (n < 0) {
            return SQLITE_IOERR_READ;
        }
        if (n == 0) { // the rest counts as zeros
            memset((char *)to + done, 0, size - done);
            return SQLITE_IOERR_SHORT_READ;
        }
        done += n;
    }
    return SQLITE_OK;
}

static int write_file(sqlite3_file *base, const void *from, int size, sqlite3_int64 at) {
    int done = 0;
    while (done < size) {
        ssize_t n = pwrite(((file *)base)->fd, (const char *)from + done, size - done, at + done);
        if (n <= 0) {
            return n < 0 && errno != ENOSPC && errno != EDQUOT ? SQLITE_IOERR_WRITE : SQLITE_FULL;
        }
        done += n;
    }
    return SQLITE_OK;
}

static int truncate_file(sqlite3_file *base, sqlite3_int64 size) {
    return ftruncate(((file *)base)->fd, size) ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

static int sync_file(sqlite3_file *base, int flags) {
    return fsync(((file *)base)->fd) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int size_of_file(sqlite3_file *base, sqlite3_int64 *size) {
    struct stat found;
    if (fstat(((file *)base)->fd, &found)) {
        return SQLITE_IOERR_FSTAT;
    }
    *size = found.st_size;
    return SQLITE_OK;
}

static int control(sqlite3_file *base, int operation, void *argument) { return SQLITE_NOTFOUND; }
static int sector_size(sqlite3_file *base) { return 4096; }
static int characteristics(sqlite3_file *base) { return 0; }

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_of_file,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = is_reserved,
    .xFileControl = control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
};

static int open_file(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *base, int flags, int *out) {
    file *f = (file *)base;
    base->pMethods = NULL;
    if (name == NULL) {
        return SQLITE_CANTOPEN; // temporary ones stay in memory
    }
    int mode = flags & SQLITE_OPEN_READWRITE ? O_RDWR : O_RDONLY;
    mode |= (flags & SQLITE_OPEN_CREATE ? O_CREAT : 0) | (flags & SQLITE_OPEN_EXCLUSIVE ? O_EXCL : 0);
    int fd = open(name, mode, 0644);
    if (fd < 0 && mode & O_RDWR && (errno == EACCES || errno == EROFS || errno == EPERM)) {
        flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
        fd = open(name, O_RDONLY);
    }
    struct stat found;
    if (fd < 0 || fstat(fd, &found) || S_ISDIR(found.st_mode)) {
        close(fd);
        return SQLITE_CANTOPEN;
    }
    f->fd = fd;
    f->level = SQLITE_LOCK_NONE;
    f->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    sqlite3_snprintf(sizeof f->path, f->path, "%s", name);
    f->place = NULL;
    if (flags & SQLITE_OPEN_MAIN_DB && (f->place = place_of(f->path)) == NULL) {
        close(fd);
        return SQLITE_NOMEM;
    }
    if (out) {
        *out = flags;
    }
    base->pMethods = &methods;
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync) {
    if (unlink(name) == 0) {
        return SQLITE_OK;
    }
    return errno == ENOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
    struct stat found;
    *out = stat(name, &found) == 0;
    return SQLITE_OK;
}

static int full_name(sqlite3_vfs *vfs, const char *name, int size, char *out) {
    char here[PATH_BYTES] = "";
    if (name[0] != '/' && getcwd(here, sizeof here) == NULL) {
        return SQLITE_CANTOPEN;
    }
    const char *between = name[0] == '/' || strcmp(here, "/") == 0 ? "" : "/";
    const char *before = strcmp(here, "/") == 0 ? "/" : here;
    if (strlen(before) + strlen(name) + 16 > PATH_BYTES) { // room for "-journal"
        return SQLITE_CANTOPEN;
    }
    sqlite3_snprintf(size, out, "%s%s%s", before, between, name);
    return SQLITE_OK;
}

static int randomness(sqlite3_vfs *vfs, int size, char *out) {
    int done = 0;
    while (done < size) {
        int part = size - done < 256 ? size - done : 256; // as much as getentropy gives
        if (getentropy(out + done, part)) {
            break;
        }
        done += part;
    }
    return done;
}
static int wait(sqlite3_vfs *vfs, int microseconds) {
    struct timespec time = { microseconds / 1000000, microseconds % 1000000 * 1000 };
    nanosleep(&time, 0);
    return microseconds;
}
static int time_ms(sqlite3_vfs *vfs, sqlite3_int64 *out) {
    static const sqlite3_int64 epoch = 210866760000000; // 1970 in milliseconds of the Julian day
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    *out = epoch + (sqlite3_int64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    return SQLITE_OK;
}
static int time_days(sqlite3_vfs *vfs, double *out) {
    sqlite3_int64 now;
    time_ms(vfs, &now);
    *out = now / 86400000.0;
    return SQLITE_OK;
}
static int last_error(sqlite3_vfs *vfs, int size, char *out) { return 0; }

static sqlite3_vfs over_libc = {
    .iVersion = 2,
    .szOsFile = sizeof(file),
    .mxPathname = PATH_BYTES,
    .zName = "libc",
    .xOpen = open_file,
    .xDelete = delete_file,
    .xAccess = access_file,
    .xFullPathname = full_name,
    .xRandomness = randomness,
    .xSleep = wait,
    .xCurrentTime = time_days,
    .xGetLastError = last_error,
    .xCurrentTimeInt64 = time_ms,
};

int sqlite3_os_init(void) { return sqlite3_vfs_register(&over_libc, 1); }
int sqlite3_os_end(void) { return SQLITE_OK; }
