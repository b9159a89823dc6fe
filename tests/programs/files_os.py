"""os and os.path on a folder of our own."""
import errno
import os
import stat
import tempfile

folder = tempfile.mkdtemp()
os.chdir(folder)
print(os.path.samefile(os.getcwd(), folder), os.listdir(), os.listdir("."))


def refused(function, *args, **options):
    try:
        print("no error", function(*args, **options))
    except (OSError, ValueError, TypeError) as error:
        name = errno.errorcode.get(getattr(error, "errno", None))
        text = "" if isinstance(error, (TypeError, ValueError)) else str(error).split("] ")[-1].replace(folder, "")
        print(type(error).__name__, name, text)
        if isinstance(error, OSError):
            print("  ", error.strerror, error.filename, error.filename2, len(error.args))


def write(path, text="x"):
    with open(path, "w") as f:
        f.write(text)


os.mkdir("d")
os.makedirs("d/e/f")
os.makedirs("d/e/f", exist_ok=True)
write("d/one")
write("d/e/two.txt", "hello")
print(sorted(os.listdir("d")), sorted(os.listdir(b"d")), os.listdir("d/e/f"))
for top in ("d", "d/", "."):
    print([(r, sorted(d), sorted(f)) for r, d, f in os.walk(top)])
print([(r, sorted(d), sorted(f)) for r, d, f in os.walk("d", topdown=False)], list(os.walk("no")))
with os.scandir("d") as entries:
    for entry in sorted(entries, key=lambda e: e.name):
        print(entry.name, entry.path, entry.is_dir(), entry.is_file(), entry.is_symlink(), entry.stat().st_mtime > 1e9, entry)
found = os.stat("d/e/two.txt")
print(found.st_size, found[6], stat.S_ISREG(found.st_mode), stat.S_ISDIR(os.stat("d").st_mode), len(found))
print(found.st_mtime > 1e9, found.st_mtime_ns > 10**18, abs(found.st_mtime - found.st_mtime_ns / 1e9) < 1)
print(os.path.exists("d"), os.path.exists("no"), os.path.isdir("d"), os.path.isfile("d"), os.path.isfile("d/one"))
print(os.path.getsize("d/e/two.txt"), os.path.islink("d"), os.path.lexists("d/one"), os.path.exists("d/one/x"))
print(os.path.abspath("d/../x") == os.path.join(os.getcwd(), "x"), os.path.relpath("d/e/../one"), os.path.relpath("x", "d"))
print(os.access("d/one", os.R_OK), os.access("no", os.F_OK))
os.rename("d/one", "d/uno")
os.replace("d/e/two.txt", "d/uno")
print(sorted(os.listdir("d")), open("d/uno").read())
os.utime("d/uno", (1000, 2000))
print(os.stat("d/uno").st_mtime, os.path.getmtime("d/uno"))
os.truncate("d/uno", 2)
print(open("d/uno").read())
os.chdir("d/e")
print(os.path.relpath(os.getcwd(), folder), os.listdir(".."), os.path.exists("../uno"), open("../uno").read())
os.chdir("..")
print(os.path.samefile(os.getcwd(), os.path.join(folder, "d")), sorted(os.listdir()))
os.chdir(folder)

refused(os.listdir, "no")
refused(os.listdir, "d/uno")
refused(os.mkdir, "d")
refused(os.mkdir, "no/x")
refused(os.mkdir, "d/uno/x")
refused(os.makedirs, "d/e")
refused(os.makedirs, "d/uno", exist_ok=True)
refused(os.rmdir, "d")
refused(os.rmdir, "d/uno")
refused(os.rmdir, "no")
refused(os.remove, "no")
refused(os.unlink, "no")
refused(os.rename, "no", "x")
refused(os.rename, "d", "d/e/x")
refused(os.stat, "no")
refused(os.lstat, "no/x")
refused(os.chdir, "no")
refused(os.chdir, "d/uno")
refused(os.stat, "a\0b")
refused(os.stat, None)
refused(os.path.getsize, "no")
refused(os.scandir, "no")
refused(os.truncate, "no", 1)

os.remove("d/uno")
os.removedirs("d/e/f")
print(os.listdir())
os.makedirs("p/q")
write("p/q/x")
os.renames("p/q/x", "r/s/x")
print([(r, d, f) for r, d, f in os.walk(".")])
print(os.fspath("a"), os.fsencode("é"), os.fsdecode(b"\xc3\xa9"), os.sep, os.linesep, os.name, os.curdir, os.extsep)


class Named:
    def __fspath__(self):
        return "r/s/x"


print(os.fspath(Named()), open(Named()).read(), os.path.exists(Named()), os.path.join("a", Named()))
refused(os.fspath, 5)
error = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "a", None, "b")
print(str(error).split("] ")[1], error.args[1:], error.filename, error.filename2)
error = OSError(errno.EEXIST, "There", "name")
print(type(error).__name__, len(error.args), error.filename, error.filename2, OSError("x").filename)
os.remove("r/s/x")
os.removedirs("r/s")
os.chdir("/")
os.rmdir(folder)
print(os.path.exists(folder))
