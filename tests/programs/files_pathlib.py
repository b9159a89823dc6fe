"""pathlib on a folder of our own."""
import os
import tempfile
from pathlib import Path, PurePath, PurePosixPath

base = Path(tempfile.mkdtemp())


def names(paths):
    return sorted(str(p.relative_to(base)) for p in paths)


def refused(function, *args, **options):
    try:
        print("no error", function(*args, **options))
    except (OSError, ValueError, TypeError) as error:
        print(type(error).__name__, str(error).split("] ")[-1].replace(str(base), ""))


print(type(base).__name__, isinstance(base, PurePosixPath), isinstance(base, PurePath), isinstance(base, os.PathLike))
a = base / "a.txt"
print(a.exists(), a.write_text("héllo\nworld\n"), a.read_text(), a.read_bytes(), a.stat().st_size)
print(a.write_bytes(b"\x00\x01"), a.read_bytes(), a.is_file(), a.is_dir(), base.is_dir(), a.is_symlink())
with a.open("w") as f:
    f.write("opened")
print(a.read_text(encoding="utf-8"), a.open().read())
d = base / "one" / "two"
d.mkdir(parents=True)
d.mkdir(parents=True, exist_ok=True)
(d / "x.py").write_text("1")
(d / "y.txt").touch()
(base / "one" / "z.py").touch()
(base / "one" / ".hidden").touch()
print(names(base.iterdir()), names(base.glob("*")), names(base.glob("*.txt")), names(base.glob("one/*.py")))
print(names(base.rglob("*.py")), names(base.glob("**/*.py")), names(base.glob("one/**/x.*")), names(base.rglob("*")))
print(names(base.glob("*/two")), names(base.glob("o?e/t[a-z]o/[!x]*")), names(base.glob("no/*")), names(base.glob("one")))
refused(d.mkdir)
refused((base / "no" / "x").mkdir)
refused((base / "no").read_text)
refused((base / "no").unlink)
refused((base / "no").stat)
refused(base.joinpath("one").rmdir)
refused((base / "one").read_bytes)
refused(a.write_text, b"x")
refused(a.touch, exist_ok=False)
(base / "no").unlink(missing_ok=True)
b = a.rename(base / "b.txt")
print(b.name, a.exists(), b.replace(base / "c.txt").name, b.exists())
c = base / "c.txt"
print(c.samefile(base / "one" / ".." / "c.txt"), c.resolve() == (base / "one" / ".." / "c.txt").resolve())
os.chdir(base)
print(Path.cwd() == base.resolve(), Path("c.txt").absolute() == Path.cwd() / "c.txt", Path("c.txt").read_text())
print(sorted(map(str, Path(".").iterdir())), sorted(map(str, Path().glob("*.txt"))), sorted(map(str, Path("one").rglob("*.py"))))
print(open(c).read(), os.path.getsize(c), os.path.exists(base / "no"), os.path.join(c, "x") == str(c / "x"))
for path in sorted(base.rglob("*"), reverse=True):
    path.rmdir() if path.is_dir() else path.unlink()
print(list(base.iterdir()))
os.chdir("/")
base.rmdir()
print(base.exists())
