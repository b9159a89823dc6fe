"""CPython's pathlib. Path is in _filepath.py, loaded when it is asked for."""

from _files import fspath as _fspath
from fnmatch import fnmatchcase as _matches


def _text(p):
    p = _fspath(p)
    if isinstance(p, bytes):
        raise TypeError(
            "argument should be a str or an os.PathLike object where __fspath__ returns a str, "
            "not 'bytes'"
        )
    return p


class PurePath:
    def __init__(self, *segments):
        root = ""
        parts = []
        for segment in segments:
            segment = _text(segment)
            if segment.startswith("/"):
                two = segment.startswith("//") and not segment.startswith("///")
                root = "//" if two else "/"
                parts = []
            parts += [part for part in segment.split("/") if part and part != "."]
        self.root = root
        self._parts = parts

    def _made(self, root, parts):
        made = type(self)()
        made.root = root
        made._parts = parts
        return made

    drive = ""

    @property
    def anchor(self):
        return self.root

    @property
    def parts(self):
        return tuple([self.root] + self._parts if self.root else self._parts)

    @property
    def name(self):
        return self._parts[-1] if self._parts else ""

    def _dot(self):
        """Where in the name its suffix begins: at the end if it has none."""
        name = self.name
        i = name.rfind(".")
        return i if 0 < i < len(name) - 1 and name[:i].strip(".") else len(name)

    @property
    def suffix(self):
        return self.name[self._dot() :]

    @property
    def stem(self):
        return self.name[: self._dot()]

    @property
    def suffixes(self):
        name = self.name
        if name.endswith("."):
            return []
        return ["." + part for part in name.lstrip(".").split(".")[1:]]

    @property
    def parent(self):
        return self._made(self.root, self._parts[:-1])

    @property
    def parents(self):
        count = len(self._parts)
        return tuple([self._made(self.root, self._parts[:i]) for i in range(count - 1, -1, -1)])

    def __truediv__(self, other):
        try:
            return type(self)(self, other)
        except TypeError:
            return NotImplemented

    def __rtruediv__(self, other):
        try:
            return type(self)(other, self)
        except TypeError:
            return NotImplemented

    def joinpath(self, *others):
        return type(self)(self, *others)

    def with_name(self, name):
        if not self.name:
            raise ValueError("%r has an empty name" % self)
        if not name or "/" in name or name == ".":
            raise ValueError("Invalid name %r" % name)
        return self._made(self.root, self._parts[:-1] + [name])

    def with_stem(self, stem):
        return self.with_name(stem + self.suffix)

    def with_suffix(self, suffix):
        if "/" in suffix or suffix and not suffix.startswith(".") or suffix == ".":
            raise ValueError("Invalid suffix %r" % suffix)
        if not self.name:
            raise ValueError("%r has an empty name" % self)
        return self.with_name(self.stem + suffix)

    def is_absolute(self):
        return self.root != ""

    def is_reserved(self):
        return False

    def is_relative_to(self, *other):
        other = PurePath(*other)
        return self.root == other.root and self._parts[: len(other._parts)] == other._parts

    def relative_to(self, *other):
        if not self.is_relative_to(*other):
            other = str(PurePath(*other))
            raise ValueError("%r is not in the subpath of %r" % (str(self), other))
        return self._made("", self._parts[len(PurePath(*other)._parts) :])

    def match(self, pattern):
        pattern = PurePath(pattern)
        if not pattern.parts:
            raise ValueError("empty pattern")
        mine, theirs = list(self.parts), list(pattern.parts)
        if pattern.root and len(mine) != len(theirs) or len(theirs) > len(mine):
            return False
        return all(_matches(n, p) for n, p in zip(mine[len(mine) - len(theirs) :], theirs))

    def as_posix(self):
        return str(self)

    def as_uri(self):
        if not self.root:
            raise ValueError("relative path can't be expressed as a file URI")
        from urllib.parse import quote

        return "file://" + quote(str(self))

    def __fspath__(self):
        return str(self)

    def __str__(self):
        return self.root + "/".join(self._parts) or "."

    def __bytes__(self):
        return str(self).encode()

    def __repr__(self):
        return "%s(%r)" % (type(self).__name__, str(self))

    def __hash__(self):
        return hash(str(self))

    def __eq__(self, other):
        return self.parts == other.parts if isinstance(other, PurePath) else NotImplemented

    def __lt__(self, other):
        return self.parts < other.parts if isinstance(other, PurePath) else NotImplemented

    def __le__(self, other):
        return self.parts <= other.parts if isinstance(other, PurePath) else NotImplemented

    def __gt__(self, other):
        return self.parts > other.parts if isinstance(other, PurePath) else NotImplemented

    def __ge__(self, other):
        return self.parts >= other.parts if isinstance(other, PurePath) else NotImplemented


class PurePosixPath(PurePath):
    pass


def __getattr__(name):
    if name in ("Path", "PosixPath"):
        from _filepath import PosixPath

        return PosixPath
    raise AttributeError("module 'pathlib' has no attribute %r" % name)
