"""
Difference: compressed data is longer than what the zlib library makes of the same input, and differs.
Cause: the sandbox's compressor uses the fixed codes of DEFLATE only.
Workaround: compare data after decompressing it.
"""
import zlib

print(len(zlib.compress(b"".join(b"%d," % (i * i) for i in range(1000)))))
