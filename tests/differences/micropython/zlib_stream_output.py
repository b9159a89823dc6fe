"""
Difference: the output of a compression stream comes with `flush`; `compress` returns nothing before.
Cause: the compressor works on the whole of what it was given since the last flush.
Workaround: join the results of all calls, as with any stream.
"""
import hashlib
import zlib

noise = b"".join(hashlib.sha512(b"%d" % i).digest() for i in range(3000))
print(len(zlib.compressobj().compress(noise)) > 2)
