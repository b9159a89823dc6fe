"""pathlib's pure paths."""

from pathlib import Path, PurePath, PurePosixPath as P

for text in ["", ".", "/", "a", "/a", "a/b", "/a/b/", "a//b", "./a", "a/./b", "a/../b", "//a", "///a", "x.txt", ".bashrc", "a.tar.gz", "/x/.b.c", "d.", "..", "a b"]:
    p = P(text)
    print(repr(p), str(p), p.parts, repr(p.name), repr(p.stem if not text.endswith("d.") else ""), repr(p.suffix if text != "d." else ""), p.parent, p.root, p.is_absolute())
print(P("a.tar.gz").suffixes, [str(x) for x in P("/a/b/c").parents], [str(x) for x in P("a/b").parents])
print(P("a") / "b" / P("c"), "x" / P("y"), P("a") / "/b", P("a", "b", "c.d"), P("a").joinpath("b", "c"), P("/a/b") / ".." / "c")
print(P("a/b.txt").with_name("c"), P("a/b.txt").with_suffix(".md"), P("a/b").with_suffix(".x"), P("a/b.txt").with_suffix(""), P("a/b.txt").with_stem("z"))
print(P("/a/b/c").relative_to("/a"), P("a").relative_to("a"), P("/a/b").is_relative_to("/a"), P("/a").is_relative_to("/b"))
print(P("a/b.py").match("*.py"), P("/a/b.py").match("/a/*.py"), P("a.py").match("a/*.py"), P("x1").match("x[0-9]"), P("ab").match("a?"))
print(P("a") == P("a/"), P("a") < P("b"), sorted([P("b"), P("a/c"), P("a")]), {P("a"): 1}[P("./a")], P("a") == "a", hash(P("a")) == hash(P("a")))
print(P("/a b").as_uri(), P("a/b").as_posix(), P("a").__fspath__(), f"{P('q/r')}")
print(isinstance(Path("x"), PurePath), Path("/surely/not").exists(), Path("/surely/not").is_file(), Path("a/b").name, Path("/a/../b").resolve())
import os.path
print(os.path.join(P("a"), "b"), os.path.basename(Path("x/y.z")))
for f in [lambda: P("a").relative_to("b"), lambda: P("").with_name("x"), lambda: P("a").with_name(""), lambda: P("a").with_suffix("x"), lambda: P(5),
          lambda: P("a") / 5, lambda: P("a") < "b", lambda: P("a").match(""), lambda: P("a").as_uri()]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
for f in [lambda: Path("/surely/not").read_text(), lambda: Path("/surely/not").stat(), lambda: Path("/surely/not/x").mkdir()]:
    try:
        f()
    except OSError:
        print("OSError")
