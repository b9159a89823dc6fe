"""open, and CPython's classes of files over _files.File.

That class has the buffer, so the layers here hold nothing back: what TextIOWrapper
writes is in the buffer of its file at once, and the collector flushes what nobody closed.
"""

from _codec import BOM, lookup
from _files import File, fspath
from _iobase import BufferedIOBase, RawIOBase, TextIOBase, UnsupportedOperation

# How a file is opened: the numbers of modules/files.h.
_READ = 1
_WRITE = 2
_NOT_DIRECTORY = 128
_UNBUFFERED = 256
_MODES = {"r": 1, "w": 2 | 4 | 16, "a": 2 | 4 | 32, "x": 2 | 4 | 8}
_TEXT = {
    "r": (_READ | _NOT_DIRECTORY, False),
    "w": (_WRITE | 4 | 16 | _NOT_DIRECTORY, True),
    "a": (_WRITE | 4 | 32 | _NOT_DIRECTORY, True),
}
_ENDS = {None: 1, "": 4, "\n": 0, "\r": 2, "\r\n": 3}


class _OnFile:
    """A layer over one File. The methods of reading and writing are checked by mode."""

    def _set(self, file, name, mode):
        self._file = file
        self.name = name
        self.mode = mode
        self._reads = "r" in mode or "+" in mode
        self._writes = "r" not in mode or "+" in mode

    @property
    def closed(self):
        return self._file.closed

    def _to_read(self):
        if not self._reads:
            self._check()
            raise UnsupportedOperation(self._refusal("read"))

    def _to_write(self):
        if not self._writes:
            self._check()
            raise UnsupportedOperation(self._refusal("write"))

    def _refusal(self, what):
        return what

    def readable(self):
        self._check()
        return self._reads

    def writable(self):
        self._check()
        return self._writes

    def seekable(self):
        self._check()
        return True

    def fileno(self):
        return self._file.fileno()

    def flush(self):
        self._file.flush()

    def close(self):
        self._file.close()

    def tell(self):
        return self._file.tell()

    def truncate(self, size=None):
        self._to_write()
        return self._file.truncate(size)

    def __repr__(self):
        return "<_io.%s name=%r%s>" % (type(self).__name__, self.name, self._described())

    def _described(self):
        return ""


class _Bytes(_OnFile):
    def read(self, size=-1):
        self._to_read()
        return self._file.read(size)

    def read1(self, size=-1):
        return self.read(8192 if size < 0 else size)

    def readinto(self, buffer):
        self._to_read()
        return self._file.readinto(buffer)

    readinto1 = readinto

    def readline(self, size=-1):
        self._to_read()
        return self._file.readline(size)

    def __iter__(self):
        self._to_read()
        if isinstance(self._file, File) and type(self).readline is _Bytes.readline:
            return self._file.lines(0, None)
        return self

    def peek(self, size=0):
        at = self.tell()
        data = self.read(8192)
        self._file.seek(at, 0)
        return data

    def write(self, data):
        self._to_write()
        if isinstance(data, str):
            raise TypeError("a bytes-like object is required, not 'str'")
        return self._file.write(data)

    def seek(self, offset, whence=0):
        return self._file.seek(offset, whence)


class FileIO(_Bytes, RawIOBase):
    def __init__(self, file, mode="r", closefd=True, opener=None):
        how, name, file = _opened(file, mode.replace("b", ""), closefd, opener, _UNBUFFERED)
        self._set(file, name, _raw_mode(mode))
        self.closefd = closefd

    def readall(self):
        return self.read()

    def _refusal(self, what):
        return "File not open for " + what.rstrip("e") + "ing"

    def _described(self):
        return " mode=%r closefd=%r" % (self.mode, self.closefd)


class _Buffered(_Bytes, BufferedIOBase):
    def __init__(self, raw, buffer_size=8192):
        if isinstance(raw, _OnFile):
            self._set(raw._file, raw.name, raw.mode)
        elif not isinstance(raw, File):
            self._set(_Adapter(raw), getattr(raw, "name", None), self._own_mode)

    @property
    def raw(self):
        return self

    def detach(self):
        return self


class BufferedReader(_Buffered):
    _own_mode = "rb"


class BufferedWriter(_Buffered):
    _own_mode = "wb"


class BufferedRandom(_Buffered):
    _own_mode = "rb+"


class TextIOWrapper(_OnFile, TextIOBase):
    # As most files have it: what is otherwise, __init__ sets.
    encoding = "utf-8"
    errors = "strict"
    line_buffering = False
    _buffer = None
    _codec = "utf-8"
    _plain = True
    _begins = False
    _ends = 1
    _translates = True
    _newline = None

    def __init__(
        self,
        buffer,
        encoding=None,
        errors=None,
        newline=None,
        line_buffering=False,
        write_through=False,
    ):
        if isinstance(buffer, File):
            self._file = buffer
            if encoding is errors is newline is None and not line_buffering:
                return
        elif isinstance(buffer, _OnFile):
            self._set(buffer._file, buffer.name, buffer.mode)
            self._buffer = buffer
        else:
            self._set(_Adapter(buffer), getattr(buffer, "name", None), "r+")
            self._buffer = buffer
        if newline not in _ENDS:
            raise ValueError("illegal newline value: %s" % newline)
        self.encoding = "utf-8" if encoding is None else encoding
        self.errors = "strict" if errors is None else errors
        self.line_buffering = line_buffering
        self._codec = _known(self.encoding)
        self._plain = self._codec == "utf-8" and self.errors == "strict"
        self._begins = self._codec == "utf-8-sig"
        self._ends = _ENDS[newline]
        self._translates = newline is None
        self._newline = newline

    def _hasten(self):
        """Let write be the method of the file, if it does what write would."""
        if self._plain and self._writes and not (self.line_buffering or self._newline in ("\r", "\r\n")):
            self.write = self._file.put

    @property
    def buffer(self):
        if self._buffer is None:
            self._buffer = _CLASSES[self._reads, self._writes](self._file)
            self._buffer._set(self._file, self.name, _raw_mode(self.mode.replace("t", "")))
        return self._buffer

    @property
    def newlines(self):
        return None

    def detach(self):
        return self.buffer

    def reconfigure(self, **options):
        if "write" in self.__dict__:
            del self.write
        for name in ("errors", "line_buffering"):
            if options.get(name) is not None:
                setattr(self, name, options[name])
        if options.get("encoding") is not None:
            self.encoding = options["encoding"]
            self._codec = _known(self.encoding)
        self._plain = self._codec == "utf-8" and self.errors == "strict"

    def _refusal(self, what):
        return "not " + what.rstrip("e") + "able"

    def _start(self):
        """Pass over the mark that utf-8-sig begins with."""
        if self._file.tell() == 0 and self._file.read(3) != BOM:
            self._file.seek(0, 0)
        self._begins = False

    def _text(self, text):
        """What the file gave as the text that it is: bytes are not UTF-8."""
        if isinstance(text, str):
            if self._codec in _OF_BYTES:
                text = text.encode().decode(self._codec, self.errors)
            return text
        text = text.decode("utf-8" if self._codec == "utf-8-sig" else self._codec, self.errors)
        if self._translates:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text

    def read(self, size=-1):
        self._to_read()
        if self._begins:
            self._start()
        ends = 1 if self._translates else 0
        if size is None or size < 0 or self._codec not in _OF_BYTES:
            text = self._file.text(size, ends)
            return text if self._plain and isinstance(text, str) else self._text(text)
        return self._text(self._file.read(size))

    def readline(self, size=-1):
        self._to_read()
        if self._begins:
            self._start()
        limited = size is not None and size >= 0
        at = self._file.tell() if limited else 0
        line = self._line()
        if limited and len(line) > size:
            self._file.seek(at, 0)
            line = self.read(size)
        return line

    def _line(self):
        line = self._file.line(self._ends)
        return line if self._plain and isinstance(line, str) else self._text(line)

    def __iter__(self):
        self._to_read()
        if self._begins:
            self._start()
        if self._plain and type(self) is TextIOWrapper and isinstance(self._file, File):
            return self._file.lines(self._ends, self._text)
        return self

    def write(self, text):
        self._to_write()
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not " + type(text).__name__)
        n = len(text)
        ends_line = self.line_buffering and ("\n" in text or "\r" in text)
        if self._newline and self._newline != "\n":
            text = text.replace("\n", self._newline)
        if self._codec == "utf-8-sig":
            if self._begins and self._file.tell() == 0:
                self._file.write(BOM)
            self._begins = False
            text = text.encode("utf-8", self.errors)
        elif not self._plain:
            text = text.encode(self._codec, self.errors)
        self._file.write(text)
        if ends_line:
            self._file.flush()
        return n

    def seek(self, cookie, whence=0):
        self._check()
        if whence == 1 and cookie:
            raise UnsupportedOperation("can't do nonzero cur-relative seeks")
        if whence == 2 and cookie:
            raise UnsupportedOperation("can't do nonzero end-relative seeks")
        if whence == 0 and cookie < 0:
            raise ValueError("negative seek position %r" % cookie)
        self._begins = self._codec == "utf-8-sig"
        return self._file.seek(cookie, whence)

    def _described(self):
        return " mode=%r encoding=%r" % (self.mode, self.encoding)


_CLASSES = {
    (True, False): BufferedReader,
    (False, True): BufferedWriter,
    (True, True): BufferedRandom,
}


def _known(encoding):
    """The encoding by its name here, if a file can be read in it line by line."""
    found = lookup(encoding)
    if found.startswith("utf-16"):
        raise LookupError("a file cannot be opened with encoding %r, only read as bytes" % encoding)
    return found


_OF_BYTES = "ascii", "latin-1", "cp1252"


def _raw_mode(mode):
    kind = mode[0] if mode else "r"
    plus = "+" in mode
    return ("rb" if kind in "rw" and plus else kind + "b") + ("+" if plus else "")


def _opened(file, mode, closefd, opener, flags):
    """The name of a file, and its File."""
    how = _MODES[mode[0]] | flags | _NOT_DIRECTORY
    if "+" in mode:
        how |= _READ | _WRITE
    if not isinstance(file, int):
        file = fspath(file)
        if not closefd:
            raise ValueError("Cannot use closefd=False with file name")
    elif file < 0:
        raise ValueError("negative file descriptor")
    name = file
    if opener is not None:
        file = opener(file, _flags(how))
        if file < 0:
            raise ValueError("opener returned %d" % file)
    return how, name, File(file, how, not closefd)


def _flags(how):
    """The flags of os.open, which an opener gets."""
    flags = (0, 0, 1, 2)[how & 3]
    for bit, flag in ((4, 64), (8, 128), (16, 512), (32, 1024)):
        if how & bit:
            flags |= flag
    return flags


def open(
    file,
    mode="r",
    buffering=-1,
    encoding=None,
    errors=None,
    newline=None,
    closefd=True,
    opener=None,
):
    if (
        type(mode) is str
        and mode in _TEXT
        and encoding in (None, "utf-8")
        and errors is newline is opener is None
        and buffering == -1
        and closefd
        and not isinstance(file, int)
    ):
        # As most files are opened: nothing has to be looked at.
        how, writes = _TEXT[mode]
        name = fspath(file)
        opened = File(name, how, False)
        made = TextIOWrapper(opened)
        made.name = name
        made.mode = mode
        made._reads = not writes
        made._writes = writes
        if writes:
            made.write = opened.put
        return made
    if not isinstance(mode, str):
        raise TypeError("open() argument 'mode' must be str, not " + type(mode).__name__)
    if not isinstance(buffering, int):
        raise TypeError("%r object cannot be interpreted as an integer" % type(buffering).__name__)
    kinds = [c for c in mode if c in "rwax"]
    if len(set(mode)) != len(mode) or mode.strip("rwaxbt+"):
        raise ValueError("invalid mode: %r" % mode)
    binary = "b" in mode
    if binary and "t" in mode:
        raise ValueError("can't have text and binary mode at once")
    if not kinds:
        raise ValueError(
            "Must have exactly one of create/read/write/append mode and at most one plus"
        )
    if len(kinds) != 1:
        raise ValueError("must have exactly one of create/read/write/append mode")
    if binary:
        for what, given in (("an encoding", encoding), ("an errors", errors), ("a newline", newline)):
            if given is not None:
                raise ValueError("binary mode doesn't take %s argument" % what)
    elif buffering == 0:
        raise ValueError("can't have unbuffered text I/O")
    else:
        if newline not in _ENDS:
            raise ValueError("illegal newline value: %s" % newline)
        if encoding is not None:
            _known(encoding)
    plus = "+" in mode
    plain_mode = kinds[0] + ("+" if plus else "")
    if binary and buffering == 0:
        return FileIO(file, plain_mode, closefd, opener)
    how, name, opened = _opened(file, plain_mode, closefd, opener, 0)
    if binary:
        made = _CLASSES[bool(how & _READ), bool(how & _WRITE)](opened)
        made._set(opened, name, _raw_mode(plain_mode))
    else:
        made = TextIOWrapper(opened, encoding, errors, newline, buffering == 1)
        made._set(opened, name, mode)
        made._hasten()
    return made


class _Adapter:
    """What File has, over any object with read and write of bytes."""

    def __init__(self, stream):
        self._stream = stream
        self._ahead = b""

    @property
    def closed(self):
        return getattr(self._stream, "closed", False)

    def _more(self):
        data = self._stream.read(8192)
        self._ahead += data or b""
        return bool(data)

    def read(self, size=-1):
        if size is None or size < 0:
            while self._more():
                pass
            size = len(self._ahead)
        while len(self._ahead) < size and self._more():
            pass
        data = self._ahead[:size]
        self._ahead = self._ahead[size:]
        return data

    def readinto(self, buffer):
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readline(self, size=-1):
        at = self._ahead.find(b"\n")
        while at < 0 and self._more():
            at = self._ahead.find(b"\n")
        end = at + 1 if at >= 0 else len(self._ahead)
        return self.read(end if size is None or size < 0 else min(end, size))

    def line(self, ends):
        data = self.readline()
        if ends in (1, 2, 4):
            at = data.find(b"\r")
            if 0 <= at < len(data) - 1 and (ends == 2 or data[at + 1] != 10):
                self._ahead = data[at + 1 :] + self._ahead
                data = data[: at + 1]
        return self._as_text(data, ends)

    def text(self, size, ends):
        data = self.read(-1)
        text = self._as_text(data, ends)
        if size is not None and 0 <= size < len(text):
            self._ahead = text[size:] if isinstance(text, bytes) else bytes(text[size:], "utf-8")
            text = text[:size]
        return text

    def _as_text(self, data, ends):
        try:
            text = str(data, "utf-8")
        except UnicodeError:
            return bytes(data)
        return text.replace("\r\n", "\n").replace("\r", "\n") if ends == 1 else text

    def write(self, data):
        return self._stream.write(bytes(data, "utf-8") if isinstance(data, str) else data)

    def seek(self, offset, whence=0):
        self._ahead = b""
        return self._stream.seek(offset, whence)

    def tell(self):
        return self._stream.tell() - len(self._ahead)

    def truncate(self, size=None):
        return self._stream.truncate(size)

    def fileno(self):
        return self._stream.fileno()

    def flush(self):
        if hasattr(self._stream, "flush"):
            self._stream.flush()

    def close(self):
        self._stream.close()
