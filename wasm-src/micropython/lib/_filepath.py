"""pathlib.Path: paths with what is done to the files behind them."""

import _files
from pathlib import PurePosixPath

_Matches = PurePosixPath.match


class PosixPath(PurePosixPath):
    @classmethod
    def cwd(cls):
        return cls(_files.getcwd())

    @classmethod
    def home(cls):
        return cls("~").expanduser()

    def expanduser(self):
        from os.path import expanduser

        text = str(self)
        found = expanduser(text)
        if text[:1] == "~" and found == text:
            raise RuntimeError("Could not determine home directory.")
        return type(self)(found)

    def absolute(self):
        return self if self.root else type(self)(_files.getcwd(), self)

    def resolve(self, strict=False):
        from os.path import realpath

        return type(self)(realpath(self, strict=strict))

    # ---- what is there

    def _kind(self, follow=True):
        """The type of the file as WASI numbers them, or 0."""
        try:
            return _files.stat(self, follow)[0]
        except (OSError, ValueError):
            return 0

    def exists(self, *, follow_symlinks=True):
        return self._kind(follow_symlinks) != 0

    def is_dir(self, *, follow_symlinks=True):
        return self._kind(follow_symlinks) == 3

    def is_file(self, *, follow_symlinks=True):
        return self._kind(follow_symlinks) == 4

    def is_symlink(self):
        return self._kind(False) == 7

    def is_mount(self):
        from os.path import ismount

        return ismount(self)

    def is_socket(self):
        return False

    is_fifo = is_block_device = is_char_device = is_junction = is_socket

    def stat(self, *, follow_symlinks=True):
        from os import stat

        return stat(self, follow_symlinks=follow_symlinks)

    def lstat(self):
        return self.stat(follow_symlinks=False)

    def samefile(self, other):
        from os.path import samefile

        return samefile(self, other)

    def readlink(self):
        return type(self)(_files.readlink(self))

    # ---- directories

    def iterdir(self):
        return iter([self._made(self.root, self._parts + [n]) for n in _files.list(self, False)])

    def _children(self):
        """Paths in this directory and whether they are directories themselves, no links."""
        try:
            found = _files.list(self, True)
        except OSError:
            return []
        return [
            (self._made(self.root, self._parts + [found[i]]), found[i + 1])
            for i in range(0, len(found), 2)
        ]

    def _below(self):
        yield self
        for child, kind in self._children():
            if kind == 3:
                yield from child._below()

    def _select(self, pattern, at, only_folders):
        """The paths that the rest of the pattern, from *at* on, leads to."""
        if at == len(pattern):
            if not only_folders or self.is_dir():
                yield self
            return
        part = pattern[at]
        if part == "**":
            seen = set()
            for folder in self._below():
                for found in folder._select(pattern, at + 1, True if at + 1 == len(pattern) else only_folders):
                    if found not in seen:
                        seen.add(found)
                        yield found
        elif part == "..":
            yield from self._made(self.root, self._parts + [part])._select(pattern, at + 1, only_folders)
        elif not any(c in part for c in "*?["):
            child = self._made(self.root, self._parts + [part])
            if child._kind(False):
                yield from child._select(pattern, at + 1, only_folders)
        else:
            last = at + 1 == len(pattern)
            from fnmatch import fnmatchcase

            for child, kind in self._children():
                if fnmatchcase(child.name, part) and (last or kind == 3 or kind == 7 and child.is_dir()):
                    yield from child._select(pattern, at + 1, only_folders)

    def glob(self, pattern, **options):
        pattern = str(pattern)
        parts = [part for part in pattern.split("/") if part and part != "."]
        if not parts:
            raise ValueError("Unacceptable pattern: %r" % pattern)
        if pattern.startswith("/"):
            raise NotImplementedError("Non-relative patterns are unsupported")
        return self._select(parts, 0, pattern.endswith("/"))

    def rglob(self, pattern, **options):
        pattern = str(pattern)
        if pattern.startswith("/"):
            raise NotImplementedError("Non-relative patterns are unsupported")
        return self.glob("**/" + pattern)

    def walk(self, top_down=True, on_error=None, follow_symlinks=False):
        from os import walk

        for root, folders, others in walk(self, top_down, on_error, follow_symlinks):
            yield type(self)(root), folders, others

    def mkdir(self, mode=0o777, parents=False, exist_ok=False):
        try:
            _files.mkdir(self)
        except FileNotFoundError:
            if not parents or self.parent == self:
                raise
            self.parent.mkdir(parents=True, exist_ok=True)
            self.mkdir(mode, exist_ok=exist_ok)
        except OSError:
            if not exist_ok or not self.is_dir():
                raise

    def rmdir(self):
        _files.rmdir(self)

    # ---- files

    def open(self, mode="r", buffering=-1, encoding=None, errors=None, newline=None):
        from _fileio import open

        return open(self, mode, buffering, encoding, errors, newline)

    def read_bytes(self):
        with self.open("rb") as file:
            return file.read()

    def read_text(self, encoding=None, errors=None, newline=None):
        with self.open("r", -1, encoding, errors, newline) as file:
            return file.read()

    def write_bytes(self, data):
        with self.open("wb") as file:
            return file.write(data)

    def write_text(self, data, encoding=None, errors=None, newline=None):
        if not isinstance(data, str):
            raise TypeError("data must be str, not " + type(data).__name__)
        with self.open("w", -1, encoding, errors, newline) as file:
            return file.write(data)

    def touch(self, mode=0o666, exist_ok=True):
        if exist_ok:
            try:
                _files.utime(self, None, None)
                return
            except FileNotFoundError:
                pass
        self.open("ab" if exist_ok else "xb").close()

    def unlink(self, missing_ok=False):
        try:
            _files.unlink(self)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def rename(self, target):
        _files.rename(self, target)
        return type(self)(target)

    replace = rename

    def symlink_to(self, target, target_is_directory=False):
        _files.symlink(target, self)

    def hardlink_to(self, target):
        _files.link(target, self)

    def chmod(self, mode, *, follow_symlinks=True):
        _files.stat(self, follow_symlinks)  # there are no permissions, but there must be a file

    def owner(self):
        raise NotImplementedError("Path.owner() is unsupported on this system")

    group = owner
