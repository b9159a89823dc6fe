"""CPython's io, as far as memory goes: StringIO and BytesIO.

They are written here, on the C IOBase that makes print accept them, because
the C ones count bytes where CPython counts characters, and must not be derived
from.
"""

from uio import IOBase

SEEK_SET = 0
SEEK_CUR = 1
SEEK_END = 2
DEFAULT_BUFFER_SIZE = 8192


class UnsupportedOperation(OSError):
    pass


# One class stands for CPython's tree of them: isinstance is what they are for.
RawIOBase = BufferedIOBase = TextIOBase = IOBase


class _Memory(IOBase):
    """What the two have in common. The value is in pieces until someone reads."""

    def _start(self, value):
        self._parts = [value] if value else []
        self._size = len(value)
        self._pos = 0
        self.closed = False

    def _check(self):
        if self.closed:
            raise ValueError("I/O operation on closed file.")

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

    def readlines(self, hint=-1):
        lines = []
        total = 0
        line = self.readline()
        while line:
            lines.append(line)
            total += len(line)
            if hint is not None and 0 < hint <= total:
                break
            line = self.readline()
        return lines

    def writelines(self, lines):
        for line in lines:
            self.write(line)

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

    def isatty(self):
        self._check()
        return False

    def fileno(self):
        raise UnsupportedOperation("fileno")

    def flush(self):
        self._check()

    def close(self):
        self.closed = True
        self._parts = []

    def __enter__(self):
        self._check()
        return self

    def __exit__(self, *error):
        self.close()

    def __iter__(self):
        self._check()
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line


class StringIO(_Memory):
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


class BytesIO(_Memory):
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
