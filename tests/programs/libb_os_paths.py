"""os.path's pure functions and what os says of the sandbox."""

import os
import os.path
from os.path import join, splitext

for p in ["", "/", "a", "/a", "a/b", "/a/b/", "a//b", "a.txt", ".bashrc", "x/.b.c", "a.tar.gz", "/a/./b/../c", "../x", "//a", "///a", "a/..", "a."]:
    print(repr(p), os.path.split(p), os.path.splitext(p), os.path.normpath(p), os.path.isabs(p), os.path.basename(p), os.path.dirname(p))
print(join("a", "b"), join("a/", "b"), join("a", "/b"), join("", "b"), join("a", ""), join("a", "b", "c.d"), splitext("f.x"))
print(os.path.commonprefix(["/usr/lib", "/usr/local"]), os.path.commonpath(["/usr/lib", "/usr/local/x"]), os.path.commonpath(["a/b", "a/c"]))
print(os.path.relpath("/a/b", "/a/c"), os.path.relpath("/a", "/a"), os.path.abspath("/a/../b"))
print(os.sep, os.linesep == "\n", os.pathsep, os.name, os.curdir, os.pardir, os.extsep)
print(os.getenv("SURELY_NOT_SET"), os.getenv("SURELY_NOT_SET", "d"), os.environ.get("SURELY_NOT_SET", 1), "SURELY_NOT_SET" in os.environ)
print(os.path.exists("/surely/not/there"), os.path.isfile("/surely/not"), os.path.isdir("/surely/not"), len(os.urandom(8)))
print(isinstance(os.getpid(), int), isinstance(os.getcwd(), str), os.fspath("x"), os.path.expanduser("x"), os.path.splitdrive("/a"))
os.environ["LIBB_NEW"] = "v"
print(os.environ["LIBB_NEW"], os.getenv("LIBB_NEW"), os.path.expandvars("$LIBB_NEW/${LIBB_NEW}x/$ $SURELY_NOT_SET"))
for f in [lambda: os.listdir("/surely/not"), lambda: os.stat("/surely/not"), lambda: os.mkdir("/surely/not/x"), lambda: os.remove("/surely/not")]:
    try:
        f()
    except OSError:
        print("OSError")
for f in [lambda: os.fspath(5), lambda: os.path.join("a", 5), lambda: os.environ["SURELY_NOT_SET"]]:
    try:
        f()
    except (TypeError, KeyError) as e:
        print(type(e).__name__)
