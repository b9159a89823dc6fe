"""``gzip.compress`` and ``gzip.decompress``, with the interface of CPython's."""

import zlib


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
