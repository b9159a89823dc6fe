// What sqlite asks of its system (SQLITE_OS_OTHER): a clock, randomness, sleep, and no
// files. Databases are in memory: ":memory:", and the temporary ones.
#include <errno.h>
#include <time.h>
#include <unistd.h>
#include "sqlite3.h"

static int no_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out) {
    file->pMethods = 0;
    return SQLITE_CANTOPEN;
}
static int no_delete(sqlite3_vfs *vfs, const char *name, int sync) { return SQLITE_IOERR_DELETE; }
static int no_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
    *out = 0;
    return SQLITE_OK;
}
static int full_name(sqlite3_vfs *vfs, const char *name, int size, char *out) {
    sqlite3_snprintf(size, out, "%s", name);
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

static sqlite3_vfs memory_only = {
    .iVersion = 2,
    .szOsFile = sizeof(sqlite3_file),
    .mxPathname = 512,
    .zName = "none",
    .xOpen = no_open,
    .xDelete = no_delete,
    .xAccess = no_access,
    .xFullPathname = full_name,
    .xRandomness = randomness,
    .xSleep = wait,
    .xCurrentTime = time_days,
    .xGetLastError = last_error,
    .xCurrentTimeInt64 = time_ms,
};

int sqlite3_os_init(void) { return sqlite3_vfs_register(&memory_only, 1); }
int sqlite3_os_end(void) { return SQLITE_OK; }
