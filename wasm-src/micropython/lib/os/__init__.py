"""CPython's os, over the files of the session. There are no processes and no users."""

import _files
from _files import chdir, close, fspath, getcwd, link, read, readlink, symlink, unlink, write

from . import path
from ._entries import DirEntry, scandir, stat_result, stat_result_of

name = "posix"
sep = "/"
altsep = None
extsep = "."
pathsep = ":"
linesep = "\n"
curdir = "."
pardir = ".."
devnull = "/dev/null"
environ = {}
error = OSError
F_OK = 0
X_OK = 1
W_OK = 2
R_OK = 4
SEEK_SET = 0
SEEK_CUR = 1
SEEK_END = 2
O_RDONLY = 0
O_WRONLY = 1
O_RDWR = 2
O_ACCMODE = 3
O_CREAT = 64
O_EXCL = 128
O_TRUNC = 512
O_APPEND = 1024
O_DIRECTORY = 65536
O_NOFOLLOW = 131072
O_CLOEXEC = 524288
# How _files opens for each of them: the numbers of modules/files.h.
_HOW = {O_CREAT: 4, O_EXCL: 8, O_TRUNC: 16, O_APPEND: 32, O_DIRECTORY: 64, O_NOFOLLOW: 512}

remove = unlink
ftruncate = _files.truncate
lseek = _files.seek
fsync = fdatasync = _files.sync


class PathLike:
    """What has __fspath__ is one, whatever its class derives from."""

    @classmethod
    def __subclasscheck__(cls, subclass):
        return cls is PathLike and hasattr(subclass, "__fspath__")

    @classmethod
    def __instancecheck__(cls, instance):
        return cls.__subclasscheck__(type(instance))

    @classmethod
    def __class_getitem__(cls, item):
        return cls


def fsencode(p):
    p = fspath(p)
    return p.encode() if isinstance(p, str) else p


def fsdecode(p):
    p = fspath(p)
    return p if isinstance(p, str) else p.decode()


# ---- files and directories


def open(path, flags, mode=0o777, *, dir_fd=None):
    how = (1, 2, 3, 3)[flags & O_ACCMODE]
    for flag, bit in _HOW.items():
        if flags & flag:
            how |= bit
    return _files.open(path, how)


def fdopen(fd, *args, **options):
    from _fileio import open

    if not isinstance(fd, int):
        raise TypeError("invalid fd type (%s, expected integer)" % type(fd).__name__)
    return open(fd, *args, **options)


def mkdir(path, mode=0o777, *, dir_fd=None):
    _files.mkdir(path)


def rmdir(path, *, dir_fd=None):
    _files.rmdir(path)


def rename(src, dst, *, src_dir_fd=None, dst_dir_fd=None):
    _files.rename(src, dst)


replace = rename


def listdir(path="."):
    if isinstance(path, bytes):
        return [name.encode() for name in _files.list(path, False)]
    return _files.list(path, False)


def stat(path, *, dir_fd=None, follow_symlinks=True):
    return stat_result_of(_files.stat(path, follow_symlinks))


def lstat(path, *, dir_fd=None):
    return stat_result_of(_files.stat(path, False))


def fstat(fd):
    return stat_result_of(_files.stat(fd, True))


def access(path, mode, **options):
    try:
        found = stat(path)
    except OSError:
        return False
    return not mode & X_OK or found.st_mode & 0o111 != 0


def chmod(path, mode, **options):
    _files.stat(path, True)  # there are no permissions, but there must be a file


def truncate(path, length):
    if isinstance(path, int):
        return ftruncate(path, length)
    fd = open(path, O_WRONLY)
    try:
        ftruncate(fd, length)
    finally:
        close(fd)


def utime(path, times=None, *, ns=None, **options):
    if times is not None and ns is not None:
        raise ValueError("utime: you may specify either 'times' or 'ns' but not both")
    if times is not None:
        ns = [int(seconds * 1000000000) for seconds in times]
    _files.utime(path, *([None, None] if ns is None else ns))


def makedirs(name, mode=0o777, exist_ok=False):
    head, tail = path.split(name)
    if not tail:
        head, tail = path.split(head)
    if head and tail and not path.exists(head):
        try:
            makedirs(head, exist_ok=exist_ok)
        except FileExistsError:
            pass
        if tail == curdir:
            return
    try:
        mkdir(name, mode)
    except OSError:
        if not exist_ok or not path.isdir(name):
            raise


def _remove_empty(name):
    """Remove *name* and what is above it, as far as there is nothing in it."""
    while name:
        try:
            rmdir(name)
        except OSError:
            return
        name = path.split(name)[0]


def removedirs(name):
    rmdir(name)
    _remove_empty(path.split(name.rstrip("/"))[0])


def renames(old, new):
    head = path.dirname(new)
    if head and not path.exists(head):
        makedirs(head)
    rename(old, new)
    _remove_empty(path.dirname(old))


def walk(top, topdown=True, onerror=None, followlinks=False):
    top = fspath(top)
    folders = []
    others = []
    try:
        for entry in scandir(top):
            (folders if entry.is_dir() else others).append(entry.name)
    except OSError as error:
        if onerror is not None:
            onerror(error)
        return
    if topdown:
        yield top, folders, others
    for folder in folders:
        inner = path.join(top, folder)
        if followlinks or not path.islink(inner):
            yield from walk(inner, topdown, onerror, followlinks)
    if not topdown:
        yield top, folders, others


def get_exec_path(env=None):
    return []


# ---- what is around the program


def getenv(key, default=None):
    return environ.get(key, default)


def putenv(key, value):
    environ[key] = value


def unsetenv(key):
    environ.pop(key, None)


def getpid():
    return 1


def getppid():
    return 0


def getuid():
    return 1000


getgid = geteuid = getegid = getuid


def getlogin():
    return "sandbox"


def umask(mask):
    return 0o22


def cpu_count():
    return 1


def urandom(n):
    from _mt19937 import urandom

    return urandom(n)


def strerror(code):
    return _files.strerror(code) or "Unknown error %d" % code


class terminal_size(tuple):
    columns = property(lambda self: self[0])
    lines = property(lambda self: self[1])


def get_terminal_size(fd=1):
    return terminal_size((80, 24))


def isatty(fd):
    return False


def _denied(what):
    def function(*args, **options):
        raise PermissionError(1, "the sandbox has no " + what)

    return function


for _name in "abort execv fork kill popen spawnv startfile system waitpid".split():
    globals()[_name] = _denied("processes: os." + _name)
