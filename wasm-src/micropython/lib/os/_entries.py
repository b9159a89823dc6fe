"""What os.stat and os.scandir give."""

import _files

# The type of a file, as WASI numbers them, in the bits of st_mode. A file of the session
# has no permissions; it shows what a new one usually has.
_MODES = {3: 0o040755, 4: 0o100644, 7: 0o120777, 2: 0o020620}
_FIELDS = "st_mode st_ino st_dev st_nlink st_uid st_gid st_size st_atime st_mtime st_ctime".split()


class stat_result(tuple):
    @property
    def st_atime_ns(self):
        return self._times[0]

    @property
    def st_mtime_ns(self):
        return self._times[1]

    @property
    def st_ctime_ns(self):
        return self._times[2]

    st_atime = property(lambda self: self._times[0] / 1000000000)
    st_mtime = property(lambda self: self._times[1] / 1000000000)
    st_ctime = property(lambda self: self._times[2] / 1000000000)
    st_blksize = 4096
    st_blocks = property(lambda self: (self[6] + 511) // 512)
    st_mode = property(lambda self: self[0])
    st_ino = property(lambda self: self[1])
    st_dev = property(lambda self: self[2])
    st_nlink = property(lambda self: self[3])
    st_uid = property(lambda self: self[4])
    st_gid = property(lambda self: self[5])
    st_size = property(lambda self: self[6])

    def __repr__(self):
        pairs = ["%s=%r" % pair for pair in zip(_FIELDS, self)]
        return "os.stat_result(" + ", ".join(pairs) + ")"


def stat_result_of(found):
    """The stat_result of what _files.stat gave."""
    kind, inode, device, links, size = found[:5]
    times = found[5:]
    seconds = [ns // 1000000000 for ns in times]
    made = stat_result([_MODES.get(kind, 0), inode, device, links, 0, 0, size] + seconds)
    made._times = times
    return made


class DirEntry:
    def __init__(self, folder, name, kind):
        self.name = name
        self.path = folder + name
        self._kind = kind

    def _is(self, kind, follow):
        if self._kind != 7 or not follow:
            return self._kind == kind
        try:
            return _files.stat(self.path, True)[0] == kind
        except OSError:
            return False

    def is_dir(self, *, follow_symlinks=True):
        return self._is(3, follow_symlinks)

    def is_file(self, *, follow_symlinks=True):
        return self._is(4, follow_symlinks)

    def is_symlink(self):
        return self._kind == 7

    def is_junction(self):
        return False

    def stat(self, *, follow_symlinks=True):
        return stat_result_of(_files.stat(self.path, follow_symlinks))

    def inode(self):
        return self.stat(follow_symlinks=False).st_ino

    def __fspath__(self):
        return self.path

    def __repr__(self):
        return "<DirEntry %r>" % self.name


class scandir:
    def __init__(self, path="."):
        folder = _files.fspath(path)
        found = _files.list(folder, True)
        folder = folder if folder.endswith("/") or not folder else folder + "/"
        self._entries = iter(
            [DirEntry(folder, found[i], found[i + 1]) for i in range(0, len(found), 2)]
        )

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._entries)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        self._entries = iter(())
