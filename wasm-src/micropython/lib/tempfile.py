"""CPython's tempfile."""

import _files
import os

template = "tmp"
tempdir = None
TMP_MAX = 10000
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_"


def gettempdir():
    global tempdir
    if tempdir is None:
        for folder in (os.getenv("TMPDIR"), os.getenv("TEMP"), os.getenv("TMP"), "/tmp"):
            if folder and os.path.isdir(folder):
                tempdir = os.path.abspath(folder)
                break
        else:
            tempdir = "/"
    return tempdir


def gettempprefix():
    return template


def _made(make, suffix, prefix, dir):
    """What *make* gives for the first free name, and that name."""
    suffix = "" if suffix is None else suffix
    prefix = template if prefix is None else prefix
    folder = os.path.abspath(gettempdir() if dir is None else dir)
    for _ in range(TMP_MAX):
        letters = "".join([_LETTERS[b % len(_LETTERS)] for b in os.urandom(8)])
        path = os.path.join(folder, prefix + letters + suffix)
        try:
            return make(path), path
        except FileExistsError:
            pass
    raise FileExistsError(17, "No usable temporary file name found")


def mkdtemp(suffix=None, prefix=None, dir=None):
    return _made(_files.mkdir, suffix, prefix, dir)[1]


def _create(path):
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)


def mkstemp(suffix=None, prefix=None, dir=None, text=False):
    return _made(_create, suffix, prefix, dir)


def mktemp(suffix="", prefix=template, dir=None):
    def absent(path):
        if os.path.lexists(path):
            raise FileExistsError

    return _made(absent, suffix, prefix, dir)[1]


class _TemporaryFile:
    """A file with a name, which is removed when the file is closed."""

    def __init__(self, file, name, delete, delete_on_close):
        self.file = file
        self.name = name
        self._delete = delete
        self._delete_on_close = delete_on_close

    def __getattr__(self, name):
        return getattr(self.file, name)

    def _remove(self):
        if self._delete:
            self._delete = False
            try:
                os.unlink(self.name)
            except FileNotFoundError:
                pass

    def close(self):
        try:
            self.file.close()
        finally:
            if self._delete_on_close:
                self._remove()

    def __enter__(self):
        self.file.__enter__()
        return self

    def __exit__(self, *error):
        try:
            self.close()
        finally:
            self._remove()

    def __iter__(self):
        return iter(self.file)

    def __repr__(self):
        return "<tempfile._TemporaryFileWrapper %r>" % self.name


def NamedTemporaryFile(
    mode="w+b",
    buffering=-1,
    encoding=None,
    newline=None,
    suffix=None,
    prefix=None,
    dir=None,
    delete=True,
    *,
    errors=None,
    delete_on_close=True,
):
    fd, path = mkstemp(suffix, prefix, dir)
    try:
        file = open(fd, mode, buffering, encoding, errors, newline)
    except BaseException:
        os.close(fd)
        os.unlink(path)
        raise
    return _TemporaryFile(file, path, delete, delete_on_close)


def TemporaryFile(
    mode="w+b", buffering=-1, encoding=None, newline=None, suffix=None, prefix=None, dir=None, *, errors=None
):
    return NamedTemporaryFile(mode, buffering, encoding, newline, suffix, prefix, dir, errors=errors)


def SpooledTemporaryFile(max_size=0, mode="w+b", buffering=-1, encoding=None, newline=None, **options):
    return TemporaryFile(mode, buffering, encoding, newline, **options)


class TemporaryDirectory:
    def __init__(
        self, suffix=None, prefix=None, dir=None, ignore_cleanup_errors=False, *, delete=True
    ):
        self.name = mkdtemp(suffix, prefix, dir)
        self._ignore = ignore_cleanup_errors
        self._delete = delete

    def cleanup(self):
        from shutil import rmtree

        if os.path.lexists(self.name):
            rmtree(self.name, ignore_errors=self._ignore)

    def __enter__(self):
        return self.name

    def __exit__(self, *error):
        if self._delete:
            self.cleanup()

    def __repr__(self):
        return "<TemporaryDirectory %r>" % self.name
