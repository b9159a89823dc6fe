"""tempfile, shutil, glob, fnmatch, csv, json and import on files."""
import csv
import fnmatch
import glob
import io
import json
import os
import shutil
import sys
import tempfile

print(tempfile.gettempdir() == os.path.abspath(tempfile.gettempdir()), tempfile.gettempprefix())
with tempfile.TemporaryDirectory(prefix="pre", suffix="suf") as folder:
    print(os.path.isdir(folder), os.path.basename(folder)[:3], folder[-3:], os.path.dirname(folder) == tempfile.gettempdir())
    join = os.path.join

    with tempfile.NamedTemporaryFile("w+", dir=folder, suffix=".txt") as f:
        f.write("text")
        f.flush()
        print(os.path.exists(f.name), f.name.endswith(".txt"), open(f.name).read(), f.seek(0), f.read())
    print(os.path.exists(f.name), os.listdir(folder))
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as f:
        print(f.write(b"kept"))
    print(open(f.name, "rb").read())
    os.remove(f.name)
    with tempfile.TemporaryFile() as f:
        f.write(b"abc")
        f.seek(0)
        print(f.read())
    fd, name = tempfile.mkstemp(".x", "y", folder)
    with os.fdopen(fd, "w") as f:
        f.write("fd")
    print(open(name).read(), os.path.basename(name)[0], name[-2:])
    os.remove(name)

    rows = [["name", "n"], ["a,b", 1], ['say "hi"', 2.5], ["two\nlines", ""], ["é", None]]
    with open(join(folder, "t.csv"), "w", newline="") as f:
        csv.writer(f).writerows(rows)
    print(open(join(folder, "t.csv"), "rb").read())
    with open(join(folder, "t.csv"), newline="") as f:
        print(list(csv.reader(f)))
    with open(join(folder, "d.csv"), "w", newline="") as f:
        writer = csv.DictWriter(f, ["x", "y"])
        writer.writeheader()
        writer.writerows([{"x": i, "y": i * i} for i in range(3)])
    with open(join(folder, "d.csv")) as f:
        print([dict(row) for row in csv.DictReader(f)])
    with open(join(folder, "j.json"), "w") as f:
        json.dump({"a": [1, 2.5, None], "é": "ü"}, f, indent=1)
    with open(join(folder, "j.json")) as f:
        print(json.load(f), open(join(folder, "j.json")).read())
    with open(join(folder, "j.json"), "rb") as f:
        print(json.load(f))

    os.makedirs(join(folder, "src/in/deep"))
    for name, text in (("src/a.py", "A"), ("src/in/b.txt", "B"), ("src/in/deep/c.py", "C"), ("src/.h", "H")):
        with open(join(folder, name), "w") as f:
            f.write(text)

    def tree(top):
        return sorted(
            os.path.relpath(join(r, n), join(folder, top)) for r, ds, fs in os.walk(join(folder, top)) for n in ds + fs
        )

    def base(paths):
        return sorted(os.path.relpath(p, folder) for p in paths)

    print(base(glob.glob(join(folder, "*"))), base(glob.glob(join(folder, "src/*.py"))), base(glob.glob(join(folder, "*/*/*"))))
    print(base(glob.glob(join(folder, "src/**/*.py"), recursive=True)), base(glob.glob(join(folder, "src/**"), recursive=True)))
    print(base(glob.glob(join(folder, "s[rx]c/i?/b.txt"))), glob.glob(join(folder, "no*")), base(glob.iglob(join(folder, "src/.*"))))
    print(sorted(glob.glob("*.py", root_dir=join(folder, "src"))), glob.escape("a[b]*"), glob.has_magic("a*"))
    print(base(glob.glob(join(folder, "src/*/"))), base(glob.glob(join(folder, "src/a.py"))), glob.glob(""))
    print(shutil.copytree(join(folder, "src"), join(folder, "dst")) == join(folder, "dst"), tree("dst"))
    shutil.copytree(join(folder, "src"), join(folder, "some"), ignore=shutil.ignore_patterns("*.py", ".*"))
    print(tree("some"))
    shutil.rmtree(join(folder, "some"))
    print(os.path.relpath(shutil.copy(join(folder, "src/a.py"), join(folder, "dst/in")), folder), tree("dst"))
    print(os.path.relpath(shutil.move(join(folder, "dst/in"), join(folder, "dst/moved")), folder), tree("dst"))
    print(os.path.relpath(shutil.move(join(folder, "dst/a.py"), join(folder, "dst/moved/deep")), folder), tree("dst"))
    with open(join(folder, "src/a.py"), "rb") as one, open(join(folder, "copy"), "wb") as other:
        shutil.copyfileobj(one, other)
    print(open(join(folder, "copy")).read())
    for make in (
        lambda: shutil.copyfile(join(folder, "copy"), join(folder, "copy")),
        lambda: shutil.copyfile(join(folder, "no"), join(folder, "x")),
        lambda: shutil.rmtree(join(folder, "no")),
        lambda: shutil.copytree(join(folder, "src"), join(folder, "dst")),
        lambda: shutil.move(join(folder, "copy"), join(folder, "src/in/deep/no/x")),
    ):
        try:
            print(make())
        except OSError as error:
            print(type(error).__name__, str(error).split("] ")[-1].replace(folder, ""))
    shutil.rmtree(join(folder, "no"), ignore_errors=True)

    for name, pattern in (
        ("a.py", "*.py"), ("a.py", "?.??"), ("abc", "a[a-c]c"), ("abc", "a[!a-c]c"), ("a]c", "a[]]c"), ("a[c", "a[c"),
        ("", "*"), ("abc", "abc*"), ("x" * 50 + "y", "*x*x*x*x*x*z"), ("a-c", "a[a-]c"), ("A", "a"), ("a\nb", "a*b"), (".x", "*x"),
    ):
        print(fnmatch.fnmatch(name, pattern), end=" ")
    print(fnmatch.filter(["a.py", "b.txt", "c.py"], "*.py"))

    os.mkdir(join(folder, "package_of_ours"))
    for name, text in (
        ("module_of_ours.py", "import os\nvalue = 42\ndef f(x):\n    return x + value\n"),
        ("package_of_ours/__init__.py", "from .inner import g\nname = __name__\n"),
        ("package_of_ours/inner.py", "import module_of_ours\ndef g():\n    return module_of_ours.f(1), __name__\n"),
        ("bad_of_ours.py", "def f(:\n"),
        ("raises_of_ours.py", "x = 1\nraise KeyError('inside')\n"),
    ):
        with open(join(folder, name), "w") as f:
            f.write(text)
    sys.path.insert(0, folder)
    import module_of_ours
    import package_of_ours.inner
    from package_of_ours import g

    print(module_of_ours.f(1), g(), package_of_ours.name, os.path.relpath(module_of_ours.__file__, folder))
    for name in ("bad_of_ours", "raises_of_ours", "absent_of_ours", "package_of_ours.absent"):
        try:
            __import__(name)
        except (SyntaxError, KeyError, ImportError) as error:
            print(type(error).__name__, error if not isinstance(error, SyntaxError) else "")
    space = {}
    exec(open(join(folder, "module_of_ours.py")).read(), space)
    print(space["value"], eval("f(2)", space))
    sys.path.remove(folder)
    for i in range(300):
        open(join(folder, "many%d" % i), "w").write(str(i))
    print(sum(int(open(join(folder, "many%d" % i)).read()) for i in range(300)), len(glob.glob(join(folder, "many*"))))
print(os.path.exists(folder))
