"""What `importlib.resources` finds in the frozen tzdata packages."""

import io
from importlib.resources.abc import Traversable


class _Node(Traversable):
    """A file or folder of the database, by its path below ``tzdata``."""

    def __init__(self, path):
        self._path = path

    @property
    def name(self):
        return self._path.rpartition("/")[2]

    def _children(self):
        from tzdata._data import PLACE

        start = self._path + "/" if self._path else ""
        return sorted({p[len(start) :].partition("/")[0] for p in PLACE if p.startswith(start)})

    def iterdir(self):
        return (self.joinpath(name) for name in self._children())

    def is_file(self):
        from tzdata._data import PLACE

        return self._path in PLACE

    def is_dir(self):
        return not self.is_file() and bool(self._children())

    def joinpath(self, *parts):
        path = self._path
        for part in parts:
            path = f"{path}/{part}".strip("/")
        return _Node(path)

    def read_bytes(self):
        from tzdata._data import BLOB, PLACE

        if self._path not in PLACE:
            raise FileNotFoundError(2, "No such file or directory", self._path)
        start, end = PLACE[self._path]
        return BLOB[start:end]

    def open(self, mode="r", *args, **kwargs):
        file = io.BytesIO(self.read_bytes())
        return file if "b" in mode else io.TextIOWrapper(file, *args, **kwargs)


class _Loader:
    """A frozen module's loader, which has no resources, with some."""

    def __init__(self, loader, path):
        self._loader = loader
        self._path = path

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def get_resource_reader(self, name):
        return self

    def files(self):
        return _Node(self._path)


def attach(spec):
    """Give the package of *spec* its resources."""
    spec.loader = _Loader(spec.loader, "/".join(spec.name.split(".")[1:]))
