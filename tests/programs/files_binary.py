"""Binary files, buffered and not."""
import io
import os
import tempfile

folder = tempfile.mkdtemp()
path = os.path.join(folder, "a.bin")
data = bytes(range(256)) * 100
with open(path, "wb") as f:
    print(f.mode, f.write(data), f.write(bytearray(b"xyz")), f.write(memoryview(b"12345")[1:3]), f.tell())
    print(isinstance(f, io.BufferedWriter), isinstance(f, io.BufferedIOBase), isinstance(f, io.IOBase))
print(os.path.getsize(path))
with open(path, "rb") as f:
    print(f.read() == data + b"xyz23", f.read(), f.mode, isinstance(f, io.BufferedReader))
    print(f.seek(-5, 2), f.read(2), f.seek(-1, 1), f.read(), f.seek(255), f.read(3), f.tell())
    room = bytearray(10)
    print(f.readinto(room), room, f.seek(0, 2), f.readinto(room))
    f.seek(0)
    print(len(f.readline()), f.readline(5), f.peek(1)[:1], f.read1(3))
    print(f.seek(10), f.read(8000) == (data + b"xyz23")[10:8010], f.tell(), f.read(20000) == data[8010:28010])
    try:
        f.seek(-1)
    except (OSError, ValueError) as error:
        print(type(error).__name__)
with open(path, "r+b") as f:
    print(f.mode, f.read(4), f.write(b"ABCD"), f.tell(), f.read(2), f.seek(0), f.read(10))
    print(f.seek(30000), f.write(b"!"), f.tell(), f.seek(25600), f.read(8))
    print(f.truncate(10), f.tell(), f.seek(0), f.read(), isinstance(f, io.BufferedRandom))
with open(path, "ab") as f:
    print(f.mode, f.tell(), f.write(b"tail"), f.tell(), f.seek(0), f.write(b"!"))
with open(path, "a+b") as f:
    print(f.mode, f.tell(), f.read(), f.seek(3), f.read(2), f.write(b"?"), f.seek(0), f.read())
with open(path, "w+b") as f:
    print(f.mode, f.read(), f.write(b"a\nb\n\nc"), f.seek(0), list(f))
with open(path, "rb") as f:
    print(f.readlines(), f.readlines())
with open(path, "rb", 0) as f:
    print(type(f).__name__, f.mode, f.read(2), f.read(), f.seek(1), f.readall(), f.seek(0), f.readline())
os.remove(path)
with open(path, "xb", buffering=0) as f:
    print(f.mode, f.write(b"direct"), open(path, "rb").read())
with io.FileIO(path) as f:
    print(f.read(), f.mode, f.closefd, f.readable(), f.writable())

fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
print(os.write(fd, b"hello world"), os.lseek(fd, 6, os.SEEK_SET), os.read(fd, 3), os.read(fd, 100), os.read(fd, 1))
os.ftruncate(fd, 5)
print(os.fstat(fd).st_size, os.lseek(fd, 0, 0))
with open(fd, "rb", closefd=False) as f:
    print(f.name == fd, f.read())
with os.fdopen(fd, "r+") as f:
    print(f.seek(0), f.read(2), f.fileno() == fd)
for make in (
    lambda: os.read(fd, 1),
    lambda: os.close(fd),
    lambda: open(fd),
    lambda: open(-1),
    lambda: os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL),
    lambda: os.open(path + "no", os.O_RDONLY),
):
    try:
        print(make())
    except (OSError, ValueError) as error:
        print(type(error).__name__, str(error).split("] ")[-1].split(": ")[0])
text = io.TextIOWrapper(io.BytesIO(b"a\r\nb\xc3\xa9\nc"), encoding="utf-8")
print(text.readline(), text.read(1), text.read(), text.read())
raw = io.BytesIO()
text = io.TextIOWrapper(raw, encoding="utf-8", newline="\r\n")
text.write("é\nb")
text.flush()
print(raw.getvalue())
with open(path, "w+") as f:
    f.write("text é")
    f.flush()
    f.buffer.write(b"!")
    f.buffer.flush()
    f.buffer.seek(0)
    print(f.buffer.read())
os.remove(path)
os.rmdir(folder)
