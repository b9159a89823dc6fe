"""CPython's os, as far as a sandbox without files has one.

Every function that would touch a file, a process or the environment of the host
raises PermissionError.
"""

from errno import EACCES as _EACCES

from . import path

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
O_RDONLY = 0
O_WRONLY = 1
O_RDWR = 2


class PathLike:
    pass


def fspath(p):
    if isinstance(p, (str, bytes)):
        return p
    if hasattr(p, "__fspath__"):
        return p.__fspath__()
    raise TypeError("expected str, bytes or os.PathLike object, not " + type(p).__name__)


def fsencode(p):
    p = fspath(p)
    return p.encode() if isinstance(p, str) else p


def fsdecode(p):
    p = fspath(p)
    return p if isinstance(p, str) else p.decode()


def getenv(key, default=None):
    return environ.get(key, default)


def putenv(key, value):
    environ[key] = value


def unsetenv(key):
    environ.pop(key, None)


def getcwd():
    return "/"


def getpid():
    return 1


def getppid():
    return 0


def getuid():
    return 1000


getgid = geteuid = getegid = getuid


def getlogin():
    return "sandbox"


def cpu_count():
    return 1


def urandom(n):
    from _mt19937 import urandom

    return urandom(n)


def access(p, mode):
    return False


def strerror(code):
    from errno import errorcode

    return errorcode.get(code, "Unknown error %d" % code)


class terminal_size(tuple):
    columns = property(lambda self: self[0])
    lines = property(lambda self: self[1])


def get_terminal_size(fd=1):
    return terminal_size((80, 24))


def walk(top, topdown=True, onerror=None, followlinks=False):
    return iter(())


def _denied(what):
    def function(*args, **options):
        raise PermissionError(_EACCES, "the sandbox has no " + what)

    return function


for _name in (
    "chdir chmod listdir lstat makedirs mkdir open readlink remove removedirs rename renames "
    "replace rmdir scandir stat symlink truncate unlink utime link"
).split():
    globals()[_name] = _denied("files: os." + _name)
for _name in "abort execv fork kill popen spawnv startfile system waitpid".split():
    globals()[_name] = _denied("processes: os." + _name)
