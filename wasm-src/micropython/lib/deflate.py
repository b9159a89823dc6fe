"""MicroPython's ``deflate``: a stream that decompresses what it reads and compresses what is written.

Written on ``zlib``. The data is compressed, or decompressed, as a whole.
"""

import zlib
from io import BytesIO

AUTO = 0
RAW = 1
ZLIB = 2
GZIP = 3

_OFFSETS = {AUTO: 32, RAW: 0, ZLIB: 0, GZIP: 16}


class DeflateIO:
    def __init__(self, stream, format=AUTO, wbits=0, close=False):
        bits = wbits or 15
        if format not in _OFFSETS or not 8 <= bits <= 15:
            raise ValueError("invalid format or wbits")
        self._stream = stream
        self._bits = -bits if format == RAW else bits + _OFFSETS[format]
        self._close = close
        self._plain = None  # what is read from
        self._packer = None  # what is written to

    def _source(self):
        if self._plain is None:
            self._plain = BytesIO(zlib.decompress(self._stream.read(), self._bits))
        return self._plain

    def read(self, size=-1):
        return self._source().read(size)

    def readinto(self, buffer):
        return self._source().readinto(buffer)

    def readline(self):
        return self._source().readline()

    def write(self, data):
        if self._packer is None:
            # what is to be told apart on reading only is zlib on writing
            bits = self._bits - 32 if self._bits > 32 else self._bits
            self._packer = zlib.compressobj(wbits=bits)
        self._stream.write(self._packer.compress(data))
        return len(data)

    def close(self):
        if self._packer is not None:
            self._stream.write(self._packer.flush())
            self._packer = None
        if self._close:
            self._stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
