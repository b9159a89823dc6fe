// Where libc's idea of a path is not what programs expect: it takes an empty path for the
// current directory, and keeps the current directory as it was spelled.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int __real___wasilibc_find_relpath_alloc(const char *path, const char **prefix, char **relative, size_t *size, int grow);
int __real_chdir(const char *path);

int __wrap___wasilibc_find_relpath_alloc(const char *path, const char **prefix, char **relative, size_t *size, int grow) {
    if (path[0] == 0) {
        errno = ENOENT;
        return -1;
    }
    return __real___wasilibc_find_relpath_alloc(path, prefix, relative, size, grow);
}

// Takes ".", ".." and empty names out of an absolute path, in place. There are no links, so
// that ".." is the name before it.
static void normalize(char *path) {
    char *end = path;
    const char *next = path;
    while (*next) {
        while (*next == '/') {
            next++;
        }
        size_t length = strcspn(next, "/");
        if (length == 2 && next[0] == '.' && next[1] == '.') {
            while (end > path && *--end != '/') {
            }
        } else if (length > 0 && !(length == 1 && next[0] == '.')) {
            *end++ = '/';
            memmove(end, next, length);
            end += length;
        }
        next += length;
    }
    if (end == path) {
        *end++ = '/';
    }
    *end = 0;
}

int __wrap_chdir(const char *path) {
    if (path[0] == 0) {
        errno = ENOENT;
        return -1;
    }
    if (__real_chdir(path)) { // which finds out whether all of it is there
        return -1;
    }
    char *here = getcwd(NULL, 0);
    if (here == NULL) {
        return -1;
    }
    normalize(here);
    int failed = __real_chdir(here);
    free(here);
    return failed;
}
