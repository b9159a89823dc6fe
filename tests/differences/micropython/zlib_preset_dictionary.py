"""
Difference: `zlib.compressobj` takes no dictionary (`decompressobj` does).
Cause: the sandbox's compressor begins with an empty window.
Workaround: leave `zdict` out.
"""
import zlib

try:
    print(len(zlib.compressobj(zdict=b"some words").compress(b"")))
except NotImplementedError:
    print("not available")
