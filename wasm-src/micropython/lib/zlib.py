"""Compression, with the interface of CPython's ``zlib``; the work is in the C module ``_zlib``.

The compressed bytes differ from those of the zlib library, and any inflater reads them.
"""

import _zlib

DEFLATED = 8
MAX_WBITS = 15
DEF_BUF_SIZE = 16384
DEF_MEM_LEVEL = 8
Z_NO_COMPRESSION = 0
Z_BEST_SPEED = 1
Z_BEST_COMPRESSION = 9
Z_DEFAULT_COMPRESSION = -1
Z_DEFAULT_STRATEGY = 0
Z_FILTERED = 1
Z_HUFFMAN_ONLY = 2
Z_RLE = 3
Z_FIXED = 4
Z_NO_FLUSH = 0
Z_PARTIAL_FLUSH = 1
Z_SYNC_FLUSH = 2
Z_FULL_FLUSH = 3
Z_FINISH = 4
ZLIB_VERSION = ZLIB_RUNTIME_VERSION = "1.2.13"

_DAMAGED = "Error -3 while decompressing data: "
_TRUNCATED = "Error -5 while decompressing data: incomplete or truncated stream"


class error(Exception):
    """The data is damaged, or an argument is impossible."""


def _bytes(data):
    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        raise TypeError("a bytes-like object is required, not 'str'")
    return bytes(memoryview(data))


def crc32(data, value=0):
    return _zlib.crc32(data, value)


def adler32(data, value=1):
    return _zlib.adler32(data, value)


def _kind(wbits):
    """The container that *wbits* asks for: raw, zlib, gzip or auto."""
    if -15 <= wbits <= -8:
        return "raw"
    if wbits == 0 or 8 <= wbits <= 15:
        return "zlib"
    if 24 <= wbits <= 31:
        return "gzip"
    if wbits == 32 or 40 <= wbits <= 47:
        return "auto"
    raise ValueError("Invalid initialization option")


class _Compress:
    def __init__(self, level, wbits):
        if not -1 <= level <= 9:
            raise ValueError("Invalid initialization option")
        self._level = level
        self._kind = _kind(wbits)
        if self._kind == "auto" or wbits == 0:
            raise ValueError("Invalid initialization option")
        # A window of 256 bytes is one that many inflaters do not take: the zlib library avoids it too.
        self._bits = max(9, -wbits if wbits < 0 else wbits & 15 if wbits & 15 else 15)
        self._waiting = []
        self._length = 0
        self._check = 1 if self._kind == "zlib" else 0
        self._begun = self._finished = False

    def compress(self, data):
        """Take *data*; the compressed bytes come with the next `flush`."""
        if self._finished:
            raise error("Error -2 while compressing data: inconsistent stream state")
        data = _bytes(data)
        if self._kind == "zlib":
            self._check = _zlib.adler32(data, self._check)
        elif self._kind == "gzip":
            self._check = _zlib.crc32(data, self._check)
        self._length += len(data)
        self._waiting.append(data)
        return b""

    def flush(self, mode=Z_FINISH):
        """Compress what `compress` took; unless *mode* says otherwise, end the stream."""
        if self._finished:
            raise error("Error -2 while flushing: inconsistent stream state")
        if mode == Z_NO_FLUSH:
            return b""
        last = mode == Z_FINISH
        out = b"" if self._begun else self._header()
        out += _zlib.deflate(b"".join(self._waiting), self._level, self._bits, last)
        self._begun = True
        self._waiting = []
        if last:
            self._finished = True
            if self._kind == "zlib":
                out += self._check.to_bytes(4, "big")
            elif self._kind == "gzip":
                out += self._check.to_bytes(4, "little")
                out += (self._length & 0xFFFFFFFF).to_bytes(4, "little")
        return out

    def _header(self):
        level = 6 if self._level < 0 else self._level
        if self._kind == "zlib":
            head = (self._bits - 8) << 12 | 0x800 | (0 if level < 2 else 1 if level < 6 else 2 if level == 6 else 3) << 6
            return (head + 31 - head % 31).to_bytes(2, "big")
        if self._kind == "gzip":
            return b"\x1f\x8b\x08\0\0\0\0\0" + (b"\x02" if level == 9 else b"\x04" if level == 1 else b"\0") + b"\x03"
        return b""

    def copy(self):
        other = object.__new__(_Compress)
        for name, value in self.__dict__.items():
            setattr(other, name, value)
        other._waiting = list(self._waiting)
        return other

    __copy__ = copy


def _skip_text(data, pos):
    """Return the place after the zero byte that ends a text at *pos*, or None."""
    end = data.find(b"\0", pos)
    return None if end < 0 else end + 1


def _gzip_header(data):
    """Return where the compressed data begins, or None if the header is not complete."""
    if data[:3] != b"\x1f\x8b\x08"[: len(data)]:
        raise error(_DAMAGED + "incorrect header check")
    if len(data) < 10:
        return None
    flags = data[3]
    if flags & 0xE0:
        raise error(_DAMAGED + "unknown header flags set")
    pos = 10
    if flags & 4:
        if len(data) < 12:
            return None
        pos += 2 + int.from_bytes(data[10:12], "little")
    for flag in (8, 16):
        if flags & flag:
            pos = _skip_text(data, pos)
            if pos is None:
                return None
    if flags & 2:
        pos += 2
    return pos if pos <= len(data) else None


class _Decompress:
    def __init__(self, wbits, zdict):
        self._kind = _kind(wbits)
        self._wbits = wbits
        self._zdict = _bytes(zdict)
        self._prefix = self._zdict if self._kind == "raw" else b""
        self._data = b""
        self._start = None
        self._given = 0
        self.unused_data = b""
        self.unconsumed_tail = b""
        self.eof = False

    def _find_start(self):
        data = self._data
        if self._kind == "auto" and data:
            self._kind = "gzip" if data[0] == 0x1F else "zlib"
        if self._kind == "raw":
            self._start = 0
        elif self._kind == "gzip":
            self._start = _gzip_header(data)
        elif len(data) >= 2:
            if (data[0] << 8 | data[1]) % 31:
                raise error(_DAMAGED + "incorrect header check")
            if data[0] & 15 != 8:
                raise error(_DAMAGED + "unknown compression method")
            if data[0] >> 4 > 7 or 0 < self._wbits % 16 < 8 + (data[0] >> 4):
                raise error(_DAMAGED + "invalid window size")
            if not data[1] & 32:
                self._start = 2
            elif len(data) >= 6:
                if not self._zdict:
                    raise error("Error 2 while decompressing data")
                if int.from_bytes(data[2:6], "big") != _zlib.adler32(self._zdict, 1):
                    raise error("Error -3 while setting dictionary")
                self._prefix = self._zdict
                self._start = 6

    def _finish(self, out, end):
        """Check what follows the compressed data. False if it has not all come."""
        size = {"raw": 0, "zlib": 4, "gzip": 8}[self._kind]
        tail = self._data[end : end + size]
        if len(tail) < size:
            return False
        if self._kind == "zlib" and int.from_bytes(tail, "big") != _zlib.adler32(out, 1):
            raise error(_DAMAGED + "incorrect data check")
        if self._kind == "gzip":
            if int.from_bytes(tail[:4], "little") != _zlib.crc32(out, 0):
                raise error(_DAMAGED + "incorrect data check")
            if int.from_bytes(tail[4:], "little") != len(out) & 0xFFFFFFFF:
                raise error(_DAMAGED + "incorrect length check")
        self.unused_data = self._data[end + size :]
        self.eof = True
        self._data = b""
        return True

    def decompress(self, data, max_length=0):
        """Return what *data* adds to the output, at most *max_length* bytes if that is not 0.

        The input so far is kept and gone through again by every call: give it in few pieces.
        """
        if max_length < 0:
            raise ValueError("max_length must be non-negative")
        if self.eof:
            self.unused_data += _bytes(data)
            return b""
        self._data += _bytes(data)
        self.unconsumed_tail = b""
        if self._start is None:
            self._find_start()
            if self._start is None:
                return b""
        limit = self._given + max_length if max_length else -1
        out, end, done = _zlib.inflate(self._data, self._start, limit, self._prefix)
        if done is None:
            raise error(_DAMAGED + "invalid data")
        new = out[self._given :]
        self._given = len(out)
        if done:
            self._finish(out, end)
        elif len(out) == limit:
            self.unconsumed_tail = self._data[end:]
            self._data = self._data[:end]
        return new

    def flush(self, length=DEF_BUF_SIZE):
        """Return the rest of the output."""
        if length <= 0:
            raise ValueError("length must be greater than zero")
        return b"" if self.eof else self.decompress(self.unconsumed_tail)

    def copy(self):
        other = object.__new__(_Decompress)
        for name, value in self.__dict__.items():
            setattr(other, name, value)
        return other

    __copy__ = copy


def compressobj(level=-1, method=DEFLATED, wbits=MAX_WBITS, memLevel=DEF_MEM_LEVEL, strategy=0, zdict=None):
    if method != DEFLATED:
        raise ValueError("Invalid initialization option")
    if zdict is not None:
        raise NotImplementedError("compression with a dictionary")
    return _Compress(level, wbits)


def decompressobj(wbits=MAX_WBITS, zdict=b""):
    return _Decompress(wbits, zdict)


def compress(data, level=-1, wbits=MAX_WBITS):
    """Compress *data* at once."""
    if not -1 <= level <= 9:
        raise error("Bad compression level")
    stream = _Compress(level, wbits)
    stream.compress(data)
    return stream.flush()


def decompress(data, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE):
    """Decompress *data* at once; what follows the end of the stream is left alone."""
    stream = _Decompress(wbits, b"")
    out = stream.decompress(data)
    if not stream.eof:
        raise error(_TRUNCATED)
    return out
