"""io.StringIO and io.BytesIO."""

import io

s = io.StringIO("a\nbc\nd")
print(s.read(1), s.readline(), s.readlines(), s.read(), s.tell())
print(s.seek(0), list(s), s.seek(2), s.read(2), s.seek(0, io.SEEK_END), s.tell())
print(s.write("é€"), s.tell(), s.getvalue().encode(), s.seek(1), s.write("XY"), s.getvalue().encode())
print(s.truncate(3), repr(s.getvalue()), s.tell(), s.closed)
out = io.StringIO()
print("x", 1, file=out)
print("y", end="", file=out)
out.writelines(["1\n", "2\n"])
print(repr(out.getvalue()), out.readable(), out.writable(), out.seekable())
with io.StringIO() as f:
    f.write("in")
    print(f.getvalue())
print(f.closed)
print(io.StringIO("l1\nl2\n").readlines(), [x for x in io.StringIO("p\nq")], next(io.StringIO("z")))
print(io.StringIO("abc\ndef").readline(2), io.StringIO("a\r\nb\rc", newline=None).readlines())
print(io.StringIO("a\n\nb").readlines(1), repr(io.StringIO("").readline()))
b = io.BytesIO(b"abc\ndef")
print(b.read(2), b.readline(), b.read(), b.tell(), b.seek(-2, 2), b.read())
print(b.seek(9), b.write(b"!"), b.getvalue(), bytes(b.getbuffer())[:3])
buffer = bytearray(4)
print(b.seek(0), b.readinto(buffer), buffer, list(io.BytesIO(b"1\n2")))
for f in [
    lambda: f.write("x"),
    lambda: io.StringIO().write(5),
    lambda: io.StringIO().write(b"x"),
    lambda: io.BytesIO().write("x"),
    lambda: io.StringIO(5),
    lambda: io.BytesIO("x"),
    lambda: s.seek(-1),
    lambda: s.seek(1, 5),
    lambda: s.truncate(-1),
]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)


class Log(io.StringIO):
    def write(self, text):
        return super().write(text.upper())


log = Log()
log.write("loud")
print(log.getvalue(), isinstance(log, io.StringIO), isinstance(log, io.IOBase))
