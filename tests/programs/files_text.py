"""Text files: modes, line ends, positions and what each refuses."""
import io
import os
import tempfile

folder = tempfile.mkdtemp()
path = os.path.join(folder, "a.txt")


def shown(error):
    return type(error).__name__, str(error).split("] ")[-1].replace(folder, "")


with open(path, "w") as f:
    print(f.write("one\ntwo\nthree"), f.mode, f.closed, f.readable(), f.writable(), f.seekable())
    print(f.name == path, isinstance(f, io.TextIOWrapper), isinstance(f, io.TextIOBase))
print(f.closed)
with open(path) as f:
    print(f.read(), f.read(), f.seek(0), f.read(5), f.tell(), f.readline(), f.readline(), f.readline())
with open(path) as f:
    print(list(f))
with open(path) as f:
    print(next(f), f.readlines(), f.readlines())
with open(path, "a") as f:
    print(f.tell(), f.write("\nfour"), f.tell())
with open(path, "r+") as f:
    print(f.readline())
    f.seek(0)
    f.write("ONE")
    f.seek(0)
    print(f.read().split("\n"))
    f.seek(4)
    print(f.truncate(), f.read())
    f.seek(0)
    print(repr(f.read()))
with open(path, "w+") as f:
    f.writelines(["é\n", "€\n", "😀 x\n"])
    f.seek(0)
    print(f.read(3), f.read(2), f.read(100), f.read(1) == "")
    f.seek(0)
    print([len(line) for line in f])
    f.seek(0, 2)
    f.write("end")
    f.seek(0)
    print(f.readlines(3), f.readline(2), f.readline(1), f.readline())
print(open(path, encoding="utf-8").read() == "é\n€\n😀 x\nend")

with open(path, "wb") as f:
    f.write(b"a\r\nb\rc\n\rd\r\n\r\ne\r")
for newline in (None, "", "\n", "\r", "\r\n"):
    with open(path, newline=newline) as f:
        lines = list(f)
    with open(path, newline=newline) as f:
        print(repr(newline), lines, repr(f.read()), "".join(lines) == open(path, newline=newline).read())
for newline in (None, "", "\n", "\r", "\r\n"):
    with open(path, "w", newline=newline) as f:
        print(f.write("a\nb\r\nc"))
    print(open(path, "rb").read())
with open(path, "wb") as f:
    f.write(b"x" * 8190 + b"\r\ny\r" + b"z" * 9000 + b"\r\n")
print([len(line) for line in open(path)], [len(line) for line in open(path, newline="")])

with open(path, "w", encoding="utf-8-sig") as f:
    f.write("a")
    f.write("b")
print(open(path, "rb").read(), open(path, encoding="utf-8-sig").read(), ascii(open(path, encoding="utf-8").read()))
with open(path, "w", encoding="latin-1") as f:
    f.write("é\n")
print(open(path, "rb").read(), open(path, encoding="latin-1").read(), open(path, encoding="latin-1").readline())
with open(path, "wb") as f:
    f.write(b"ok \xff\xfe \xe2\x82 \xe2\x82\xac\n")
for errors in ("replace", "ignore", "backslashreplace"):
    with open(path, errors=errors) as f:
        print(errors, f.read())
with open(path, errors="surrogateescape") as f:
    text = f.read()
with open(path, "w", errors="surrogateescape") as f:
    f.write(text)
print(open(path, "rb").read())
for make in (
    lambda: open(path).read(),
    lambda: open(path, encoding="ascii").read(),
    lambda: open(path, "w", encoding="ascii").write("é"),
    lambda: open(path, "w", encoding="latin-1").write("€"),
    lambda: open(path, encoding="klingon"),
    lambda: open(path, "q"),
    lambda: open(path, "rw"),
    lambda: open(path, "rbt"),
    lambda: open(path, ""),
    lambda: open(path, "rr"),
    lambda: open(path, "rb", encoding="utf-8"),
    lambda: open(path, "rb", newline=""),
    lambda: open(path, "rb", errors="strict"),
    lambda: open(path, "r", 0),
    lambda: open(path, newline="x"),
    lambda: open(path, 5),
    lambda: open(path + "\0"),
    lambda: open(1.5),
    lambda: open(None),
    lambda: open(folder),
    lambda: open(folder, "w"),
    lambda: open(path + "/x"),
    lambda: open(path + "no"),
    lambda: open(folder + "/no/x", "w"),
    lambda: open(path, "x"),
    lambda: open(path, "w").read(),
    lambda: open(path).write("x"),
    lambda: open(path, "w").write(b"x"),
    lambda: open(path, "wb").write("x"),
    lambda: open(path, "wb").read(),
    lambda: open(path, "rb").write(b"x"),
    lambda: open(path).seek(-1),
    lambda: open(path).seek(1, 1),
    lambda: f.read(),
    lambda: f.write("x"),
    lambda: list(f),
    lambda: f.__enter__(),
):
    try:
        print(make())
    except (OSError, ValueError, LookupError, TypeError) as error:
        print(*shown(error))
f = open(path, "w")
f.write("first ")
f.flush()
print(open(path).read())
print("and", 2, "more", sep="-", file=f)
f.close()
f.close()
print(open(path).read())
os.remove(path)
os.rmdir(folder)
