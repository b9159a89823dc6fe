"""CPython's io. StringIO and BytesIO are written here, because those of MicroPython count
bytes where CPython counts characters; what is about files is loaded when it is asked for.
"""

from _iobase import (
    DEFAULT_BUFFER_SIZE,
    SEEK_CUR,
    SEEK_END,
    SEEK_SET,
    BufferedIOBase,
    IOBase,
    RawIOBase,
    TextIOBase,
    UnsupportedOperation,
)
from uio import IOBase as _Stream

_OF_FILES = "BufferedRandom BufferedReader BufferedWriter FileIO TextIOWrapper open".split()


def __getattr__(name):
    if name in _OF_FILES:
        import _fileio

        return getattr(_fileio, name)
    raise AttributeError("module 'io' has no attribute %r" % name)


class _Memory(_Stream):
    """What the two have in common. The value is in pieces until someone reads.

    The base is of C, so that sys.print_exception can write here.
    """

    def _start(self, value):
        self._parts = [value] if value else []
        self._size = len(value)
        self._pos = 0
        self.closed = False

    def _value(self):
        parts = self._parts
        if len(parts) != 1:
            self._parts = parts = [self._empty.join(parts)]
        return parts[0]

    def _put(self, piece):
        n = len(piece)
        pos = self._pos
        if pos == self._size:
            self._parts.append(piece)
            self._size += n
        elif n:
            value = self._value()
            if pos > self._size:
                value += self._zero * (pos - self._size)
            value = value[:pos] + piece + value[pos + n :]
            self._parts = [value]
            self._size = len(value)
        self._pos = pos + n
        return n

    def read(self, size=-1):
        self._check()
        start = self._pos
        end = self._size if size is None or size < 0 else min(self._size, start + size)
        if start >= end:
            return self._empty
        self._pos = end
        return self._value()[start:end]

    def readline(self, size=-1):
        self._check()
        start = self._pos
        if start >= self._size:
            return self._empty
        end = self._value().find(self._line, start) + 1 or self._size
        if size is not None and size >= 0:
            end = min(end, start + size)
        self._pos = end
        return self._value()[start:end]

    def getvalue(self):
        self._check()
        return self._value()

    def tell(self):
        self._check()
        return self._pos

    def truncate(self, size=None):
        self._check()
        if size is None:
            size = self._pos
        if size < 0:
            raise ValueError("Negative size value %d" % size)
        if size < self._size:
            self._parts = [self._value()[:size]]
            self._size = size
        return size

    def readable(self):
        self._check()
        return True

    writable = seekable = readable

    def close(self):
        self.closed = True
        self._parts = []


class StringIO(_Memory, TextIOBase):
    _empty = ""
    _zero = "\0"
    _line = "\n"
    encoding = None
    errors = None
    line_buffering = False

    def __init__(self, initial_value="", newline="\n"):
        if initial_value is None:
            initial_value = ""
        if not isinstance(initial_value, str):
            raise TypeError(
                "initial_value must be str or None, not " + type(initial_value).__name__
            )
        self._universal = newline is None
        self._start(self._translated(initial_value))

    def _translated(self, s):
        if self._universal and "\r" in s:
            s = s.replace("\r\n", "\n").replace("\r", "\n")
        return s

    def write(self, s):
        self._check()
        if not isinstance(s, str):
            # print hands its text over as the bytes of a stream.
            if not isinstance(s, bytearray):
                raise TypeError("string argument expected, got %r" % type(s).__name__)
            self._put(self._translated(str(s, "utf-8")))
            return len(s)
        self._put(self._translated(s))
        return len(s)

    def seek(self, pos, whence=0):
        self._check()
        if whence not in (0, 1, 2):
            raise ValueError("Invalid whence (%d, should be 0, 1 or 2)" % whence)
        if whence and pos:
            raise OSError("Can't do nonzero cur-relative seeks")
        if pos < 0:
            raise ValueError("Negative seek position %d" % pos)
        self._pos = (pos, self._pos, self._size)[whence]
        return self._pos


class BytesIO(_Memory, BufferedIOBase):
    _empty = b""
    _zero = b"\0"
    _line = b"\n"

    def __init__(self, initial_bytes=b""):
        if isinstance(initial_bytes, str):
            raise TypeError("a bytes-like object is required, not 'str'")
        self._start(b"" if initial_bytes is None else bytes(initial_bytes))

    def write(self, b):
        self._check()
        if not isinstance(b, (bytes, bytearray, memoryview)):
            raise TypeError(
                "a bytes-like object is required, not %r" % type(b).__name__
            )
        return self._put(bytes(b))

    def readinto(self, buffer):
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def getbuffer(self):
        return memoryview(self.getvalue())

    read1 = _Memory.read
    readinto1 = readinto

    def seek(self, pos, whence=0):
        self._check()
        if whence not in (0, 1, 2):
            raise ValueError("invalid whence (%d, should be 0, 1 or 2)" % whence)
        pos += (0, self._pos, self._size)[whence]
        if pos < 0:
            if whence == 0:
                raise ValueError("negative seek value %d" % pos)
            pos = 0
        self._pos = pos
        return pos
