"""CPython's gzip. A file is packed and unpacked as a whole, in memory."""

import zlib

from _iobase import BufferedIOBase


class BadGzipFile(OSError):
    """The data is not gzip, or is damaged."""


def compress(data, compresslevel=9, *, mtime=None):
    """Compress *data*; *mtime* goes into the header (default 0: the sandbox has no wish to tell)."""
    out = zlib.compress(data, compresslevel, 31)
    return out[:4] + int(mtime or 0).to_bytes(4, "little") + out[8:]


def decompress(data):
    """Decompress *data*, which may be several gzip members one after another."""
    data = bytes(data)
    out = []
    while data:
        if data[:2] != b"\x1f\x8b":
            raise BadGzipFile("Not a gzipped file (%r)" % data[:2])
        member = zlib.decompressobj(31)
        try:
            out.append(member.decompress(data))
        except zlib.error as e:
            if "check" in str(e):
                raise BadGzipFile(str(e))
            raise
        if not member.eof:
            raise EOFError("Compressed file ended before the end-of-stream marker was reached")
        data = member.unused_data.lstrip(b"\0")
    return b"".join(out)


class GzipFile(BufferedIOBase):
    def __init__(self, filename=None, mode=None, compresslevel=9, fileobj=None, mtime=None):
        from io import BytesIO, open

        mode = (mode or "rb").replace("t", "").replace("b", "") + "b"
        if mode not in ("rb", "wb", "ab", "xb"):
            raise ValueError("Invalid mode: %r" % mode)
        self._file = open(filename, mode) if fileobj is None else fileobj
        self._owns = fileobj is None
        self.name = getattr(self._file, "name", "") if filename is None else filename
        self.mode = 1 if mode == "rb" else 2
        self._level = compresslevel
        self._mtime = mtime
        self._data = BytesIO()
        if self.mode == 1:
            try:
                self._data = BytesIO(decompress(self._file.read()))
            except BaseException:
                if self._owns:
                    self._file.close()
                raise

    def readable(self):
        return self.mode == 1

    def writable(self):
        return self.mode == 2

    def seekable(self):
        return True

    def _to_read(self):
        self._check()
        if self.mode != 1:
            raise OSError(9, "read() on write-only GzipFile object")
        return self._data

    def read(self, size=-1):
        return self._to_read().read(size)

    read1 = read

    def readinto(self, buffer):
        return self._to_read().readinto(buffer)

    def readline(self, size=-1):
        return self._to_read().readline(size)

    def peek(self, n=0):
        at = self._data.tell()
        data = self.read(8192)
        self._data.seek(at)
        return data

    def write(self, data):
        self._check()
        if self.mode != 2:
            raise OSError(9, "write() on read-only GzipFile object")
        return self._data.write(data)

    def tell(self):
        return self._data.tell()

    def seek(self, offset, whence=0):
        return self._data.seek(offset, whence)

    def close(self):
        if not self.closed:
            self.closed = True
            try:
                if self.mode == 2:
                    self._file.write(compress(self._data.getvalue(), self._level, mtime=self._mtime))
            finally:
                if self._owns:
                    self._file.close()


def open(filename, mode="rb", compresslevel=9, encoding=None, errors=None, newline=None):
    if "t" not in mode and (encoding, errors, newline) != (None, None, None):
        raise ValueError("Argument 'encoding' not supported in binary mode")
    path = filename if isinstance(filename, (str, bytes)) or hasattr(filename, "__fspath__") else None
    file = GzipFile(path, mode, compresslevel, None if path is not None else filename)
    if "t" in mode:
        from io import TextIOWrapper

        return TextIOWrapper(file, encoding, errors, newline)
    return file
