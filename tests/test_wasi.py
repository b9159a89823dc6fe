"""The file functions of WASI one by one, over the memory of no guest at all."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from fake_memory import FakeMemory

from sandbox_wasm._files import Files
from sandbox_wasm._filesystem import MAX_NAME, MAX_OPEN, MAX_PATH, ROOT, Errno, FileError
from sandbox_wasm._wasi import FUNCTIONS
from sandbox_wasm.interpreters import _abi as abi

CREATE, DIRECTORY, EXCLUSIVE, TRUNCATE = 1, 2, 4, 8
READ, WRITE = 1 << 1, 1 << 6
APPEND = 1
FILE, FOLDER = 4, 3


class Libc:
    """Calls the functions as a guest's libc does: everything by address."""

    def __init__(self, files: Files) -> None:
        self.memory = FakeMemory(1 << 16)
        self._files = files

    def ask(self, name: str, *args: int) -> int:
        padded = (*args, *(0 for _ in range(9 - len(args))))
        try:
            FUNCTIONS[name](self._files, self.memory, padded)
        except FileError as error:
            return int(error.errno)
        return 0

    def do(self, name: str, *args: int) -> None:
        assert self.ask(name, *args) == 0

    def path(self, text: str | bytes, at: int = 1024) -> tuple[int, int]:
        data = text.encode() if isinstance(text, str) else text
        self.memory.write(at, data)
        return at, len(data)

    def word(self, address: int) -> int:
        return int.from_bytes(self.memory.read(address, 4), "little")

    def long(self, address: int) -> int:
        return int.from_bytes(self.memory.read(address, 8), "little")

    def try_open(
        self, path: str | bytes, how: int = 0, rights: int = READ, flags: int = 0, at: int = ROOT
    ) -> int:
        return self.ask("path_open", at, 1, *self.path(path), how, rights, rights, flags, 8)

    def open(
        self, path: str, how: int = 0, rights: int = READ, flags: int = 0, at: int = ROOT
    ) -> int:
        assert self.try_open(path, how, rights, flags, at) == 0
        return self.word(8)

    def spans(self, *spans: tuple[int, int]) -> tuple[int, int]:
        self.memory.write(512, b"".join(struct.pack("<2I", *span) for span in spans))
        return 512, len(spans)

    def write(self, fd: int, data: bytes) -> int:
        self.memory.write(8192, data)
        self.do("fd_write", fd, *self.spans((8192, len(data))), 8)
        return self.word(8)

    def read(self, fd: int, size: int) -> bytes:
        self.do("fd_read", fd, *self.spans((8192, size)), 8)
        return self.memory.read(8192, self.word(8))

    def make(self, path: str, data: bytes = b"") -> None:
        fd = self.open(path, CREATE | TRUNCATE, WRITE)
        self.write(fd, data)
        self.do("fd_close", fd)

    def stat(self, path: str) -> tuple[int, ...]:
        self.do("path_filestat_get", ROOT, 1, *self.path(path), 64)
        return struct.unpack("<8Q", self.memory.read(64, 64))

    def exists(self, path: str) -> bool:
        return self.ask("path_filestat_get", ROOT, 1, *self.path(path), 64) == 0


@pytest.fixture
def files() -> Files:
    return Files(10_000, 100, clock=lambda: 1_700_000_000_000_000_000)


@pytest.fixture
def libc(files: Files) -> Libc:
    return Libc(files)


def test_every_function_of_the_boundary_is_served() -> None:
    """
    What the ABI has a number for, and nothing else.
    """
    numbered = {name[4:].lower() for name in vars(abi) if name.startswith(("SYS_FD_", "SYS_PATH_"))}
    assert numbered == set(FUNCTIONS)


# ---- descriptors


@pytest.mark.parametrize("name", [n for n in sorted(FUNCTIONS) if n != "path_symlink"])
def test_no_function_takes_a_descriptor_that_is_not_open(libc: Libc, name: str) -> None:
    """
    EBADF, whatever the other arguments are.
    """
    for fd in (4, 2, 1 << 31, (1 << 32) - 1, (1 << 64) - 1):
        where = libc.path("f")
        args = [fd, *where, 0, 0, 0]
        if name in {"path_filestat_get", "path_filestat_set_times", "path_open"}:
            args = [fd, 0, *where, 0]
        elif name == "path_link":
            args = [ROOT, 0, *where, fd, *where]
        elif name == "path_rename":
            args = [fd, *where, ROOT, *where]
        elif name.startswith("fd_"):
            args = [fd, 0, 0, 0, 0]

        # An absent source of writing is nothing written; what is open is looked at first.
        if name == "fd_readdir":
            args = [fd, 0, 8, 0, 0]
        assert Errno.BADF == libc.ask(name, *args)


def test_reading_and_writing(libc: Libc) -> None:
    """
    Several pieces of memory make one write, and one read fills several.
    """
    fd = libc.open("f", CREATE, READ | WRITE)
    libc.memory.write(8192, b"abcdef")
    libc.do("fd_write", fd, *libc.spans((8192, 2), (8196, 2), (8194, 0)), 8)

    assert 4 == libc.word(8)
    libc.do("fd_seek", fd, 0, 0, 16)
    libc.do("fd_read", fd, *libc.spans((9000, 1), (9100, 0), (9200, 10)), 8)
    assert (4, b"a", b"bef\0") == (
        libc.word(8),
        libc.memory.read(9000, 1),
        libc.memory.read(9200, 4),
    )
    assert b"" == libc.read(fd, 10)


def test_reading_and_writing_at_a_place(libc: Libc) -> None:
    """
    pread and pwrite leave the descriptor where it is.
    """
    fd = libc.open("f", CREATE, READ | WRITE)
    libc.write(fd, b"0123456789")
    libc.memory.write(8192, b"XY")
    libc.do("fd_pwrite", fd, *libc.spans((8192, 2)), 3, 8)
    libc.do("fd_pread", fd, *libc.spans((8192, 4)), 2, 8)

    assert b"2XY5" == libc.memory.read(8192, 4)
    libc.do("fd_tell", fd, 16)
    assert 10 == libc.long(16)
    assert Errno.INVAL == libc.ask("fd_pread", fd, *libc.spans((8192, 4)), 1 << 63, 8)
    assert Errno.INVAL == libc.ask("fd_pwrite", fd, *libc.spans((8192, 4)), 1 << 63, 8)


@pytest.mark.parametrize("count", [513, 1 << 31, (1 << 32) - 1])
def test_too_many_pieces_are_refused(libc: Libc, count: int) -> None:
    """
    They are not even read.
    """
    fd = libc.open("f", CREATE, READ | WRITE)

    assert Errno.INVAL == libc.ask("fd_write", fd, 512, count, 8)
    assert Errno.INVAL == libc.ask("fd_read", fd, 512, count, 8)


def test_what_is_open_for_one_thing_refuses_the_other(libc: Libc) -> None:
    """
    Reading and writing are rights that a descriptor has or has not.
    """
    libc.make("f", b"x")
    reader, writer = libc.open("f"), libc.open("f", 0, WRITE)
    span = libc.spans((8192, 1))

    assert Errno.BADF == libc.ask("fd_write", reader, *span, 8)
    assert Errno.BADF == libc.ask("fd_pwrite", reader, *span, 0, 8)
    assert Errno.INVAL == libc.ask("fd_filestat_set_size", reader, 0)
    assert Errno.BADF == libc.ask("fd_read", writer, *span, 8)
    assert Errno.BADF == libc.ask("fd_pread", writer, *span, 0, 8)


@pytest.mark.parametrize(
    ("offset", "whence", "expected"),
    [
        (3, 0, 3),
        (2, 1, 7),
        (-2, 1, 3),
        (0, 2, 10),
        (-10, 2, 0),
        (90, 2, 100),
        ((1 << 62), 0, 1 << 62),
    ],
)
def test_seeking(libc: Libc, offset: int, whence: int, expected: int) -> None:
    """
    From the beginning, from here at 5, and from the end at 10.
    """
    fd = libc.open("f", CREATE, READ | WRITE)
    libc.write(fd, b"0123456789")
    libc.do("fd_seek", fd, 5, 0, 16)

    libc.do("fd_seek", fd, offset % (1 << 64), whence, 16)

    assert expected == libc.long(16)


@pytest.mark.parametrize(
    ("offset", "whence"), [(-1, 0), (-6, 1), (-11, 2), (0, 3), (0, 255), ((1 << 63) - 1, 1)]
)
def test_seeking_nowhere(libc: Libc, offset: int, whence: int) -> None:
    """
    EINVAL, and the descriptor stays where it is.
    """
    fd = libc.open("f", CREATE, READ | WRITE)
    libc.write(fd, b"0123456789")
    libc.do("fd_seek", fd, 5, 0, 16)

    assert Errno.INVAL == libc.ask("fd_seek", fd, offset % (1 << 64), whence, 16)
    libc.do("fd_tell", fd, 16)
    assert 5 == libc.long(16)


def test_writing_beyond_every_end(libc: Libc) -> None:
    """
    A place that no number can name is EFBIG; one beyond the quota ENOSPC.
    """
    fd = libc.open("f", CREATE, READ | WRITE)
    libc.do("fd_seek", fd, (1 << 63) - 1, 0, 16)

    assert Errno.FBIG == libc.ask("fd_write", fd, *libc.spans((8192, 2)), 8)
    assert Errno.NOSPC == libc.ask("fd_pwrite", fd, *libc.spans((8192, 2)), 1 << 40, 8)
    assert 0 == libc.stat("f")[4]


def test_appending(libc: Libc) -> None:
    """
    Each write goes to the end, for as long as the flag is set.
    """
    libc.make("f", b"abc")
    fd = libc.open("f", 0, READ | WRITE, APPEND)
    libc.do("fd_fdstat_get", fd, 64)
    assert (FILE, APPEND) == struct.unpack("<BxH", libc.memory.read(64, 4))

    libc.write(fd, b"d")
    libc.do("fd_fdstat_set_flags", fd, 0)
    libc.do("fd_seek", fd, 0, 0, 16)
    libc.write(fd, b"X")
    libc.do("fd_seek", fd, 0, 0, 16)

    assert b"Xbcd" == libc.read(fd, 10)
    assert Errno.INVAL == libc.ask("fd_fdstat_set_flags", fd, 32)
    assert Errno.ISDIR == libc.ask("fd_fdstat_set_flags", ROOT, 0)


def test_rights_tell_how_a_file_is_open(libc: Libc) -> None:
    """
    libc makes O_RDONLY, O_WRONLY and O_RDWR of them again.
    """
    libc.make("f")
    for rights in (READ, WRITE, READ | WRITE):
        fd = libc.open("f", 0, rights)
        libc.do("fd_fdstat_get", fd, 64)
        _, _, base, _ = struct.unpack("<BxH4xQQ", libc.memory.read(64, 24))
        assert rights == base & (READ | WRITE)
    libc.do("fd_fdstat_get", ROOT, 64)
    kind, _, base, inheriting = struct.unpack("<BxH4xQQ", libc.memory.read(64, 24))
    assert (FOLDER, READ | WRITE) == (kind, base & inheriting & (READ | WRITE))


def test_sizes(libc: Libc) -> None:
    """
    Growing fills up with zeros; what was cut off does not come back.
    """
    fd = libc.open("f", CREATE, READ | WRITE)
    libc.write(fd, b"secret")
    libc.do("fd_filestat_set_size", fd, 2)
    libc.do("fd_filestat_set_size", fd, 6)
    libc.do("fd_seek", fd, 0, 0, 16)

    assert b"se\0\0\0\0" == libc.read(fd, 10)
    assert Errno.INVAL == libc.ask("fd_filestat_set_size", fd, 1 << 63)
    assert Errno.NOSPC == libc.ask("fd_filestat_set_size", fd, 10_001)
    assert Errno.INVAL == libc.ask("fd_filestat_set_size", ROOT, 0)
    libc.do("fd_filestat_get", fd, 64)
    assert 6 == struct.unpack("<8Q", libc.memory.read(64, 64))[4]


@pytest.mark.parametrize(
    ("flags", "accessed", "modified"),
    [(0, 1, 2), (1, 10, 2), (4, 1, 20), (5, 10, 20), (2, None, 2), (8, 1, None), (10, None, None)],
)
def test_times(libc: Libc, flags: int, accessed: int | None, modified: int | None) -> None:
    """
    Each is set, set to now (None here), or left; by descriptor, and by path.
    """
    fd = libc.open("f", CREATE, READ | WRITE)
    by_path = ("path_filestat_set_times", ROOT, 1, *libc.path("f"))
    by_fd: tuple[str | int, ...] = ("fd_filestat_set_times", fd)
    for call in (by_path, by_fd):
        name, *where = call
        libc.do("fd_filestat_set_times", fd, 1, 2, 5)
        libc.do(str(name), *map(int, where), 10, 20, flags)
        _, _, _, _, _, atime, mtime, ctime = libc.stat("f")

        assert atime == accessed if accessed is not None else atime > 10**18
        assert mtime == modified if modified is not None else mtime > 10**18
        assert ctime == mtime
        libc.path("f")


@pytest.mark.parametrize("flags", [3, 12, 15, 16, 1 << 31])
def test_times_that_contradict(libc: Libc, flags: int) -> None:
    """
    To a value and to now at once is EINVAL.
    """
    libc.make("f")

    assert Errno.INVAL == libc.ask("fd_filestat_set_times", ROOT, 0, 0, flags)
    where = libc.path("f")
    assert Errno.INVAL == libc.ask("path_filestat_set_times", ROOT, 1, *where, 0, 0, flags)


def test_syncing_and_advising(libc: Libc) -> None:
    """
    Memory needs neither, and says yes to both.
    """
    fd = libc.open("f", CREATE, WRITE)
    for at in (fd, ROOT):
        libc.do("fd_sync", at)
        libc.do("fd_datasync", at)
        libc.do("fd_advise", at, 0, 0, 5)

    assert Errno.INVAL == libc.ask("fd_advise", fd, 0, 0, 6)


def test_closing(libc: Libc) -> None:
    """
    A number is free again at once; the root's never is.
    """
    first, second = libc.open("f", CREATE, WRITE), libc.open("f")
    libc.do("fd_close", first)

    assert Errno.BADF == libc.ask("fd_close", first)
    assert first == libc.open("f")
    assert second == first + 1
    libc.do("fd_close", ROOT)
    libc.open("f")


def test_no_more_than_so_many_are_open(libc: Libc) -> None:
    """
    EMFILE, until one is closed. Nothing is made for an open that fails.
    """
    fds = [libc.open("f", CREATE) for _ in range(MAX_OPEN)]

    assert Errno.MFILE == libc.try_open("g", CREATE)
    assert not libc.exists("g")
    libc.do("fd_close", fds[7])
    assert fds[7] == libc.open("g", CREATE)


# ---- directories


def entries(libc: Libc, fd: int, size: int) -> list[tuple[str, int]]:
    """Read a directory as libc does, with a buffer of *size*."""
    found, cookie = [], 0
    while True:
        libc.do("fd_readdir", fd, 8192, size, cookie, 8)
        used = libc.word(8)
        data = libc.memory.read(8192, used)
        at = 0
        while at + 24 <= used:
            following, inode, length, kind = struct.unpack_from("<QQIB3x", data, at)
            if at + 24 + length > used:
                break
            assert inode
            found.append((data[at + 24 : at + 24 + length].decode(), kind))
            cookie = following
            at += 24 + length
        if used < size:
            return found


@pytest.mark.parametrize("size", [64, 100, 4096])
def test_reading_a_directory(libc: Libc, size: int) -> None:
    """
    All entries once, whatever the size of the buffer.
    """
    names = ["tmp", "file", "ü" * 10, *(f"d{i}" for i in range(30))]
    for name in names[3:]:
        libc.do("path_create_directory", ROOT, *libc.path(name))
    libc.make("file")
    libc.make(names[2])
    expected = [(".", FOLDER), ("..", FOLDER)]
    expected += [(n, FILE if n in (names[1], names[2]) else FOLDER) for n in names]

    assert sorted(expected) == sorted(entries(libc, ROOT, size))
    fd = libc.open("file")
    assert Errno.NOTDIR == libc.ask("fd_readdir", fd, 8192, size, 0, 8)


@pytest.mark.parametrize("cookie", [2, 99, 1 << 63, (1 << 64) - 1])
def test_reading_a_directory_from_anywhere(libc: Libc, cookie: int) -> None:
    """
    A cookie that nobody gave out is the end, or at most a place in the list.
    """
    libc.do("fd_readdir", ROOT, 8192, 100, cookie, 8)

    assert libc.word(8) == (24 + 3 if cookie == 2 else 0)


def test_a_listing_is_of_one_moment(libc: Libc) -> None:
    """
    Removing while reading neither repeats an entry nor leaves one out.
    """
    for i in range(20):
        libc.make(f"f{i}")
    fd = libc.open(".")
    libc.do("fd_readdir", fd, 8192, 100, 0, 8)
    for i in range(20):
        libc.do("path_unlink_file", ROOT, *libc.path(f"f{i}"))

    libc.do("fd_readdir", fd, 8192, 4096, 3, 8)
    assert libc.word(8) > 400
    libc.do("fd_readdir", fd, 8192, 4096, 0, 8)
    assert libc.word(8) == 3 * 24 + len("." + ".." + "tmp")


# ---- paths


@pytest.mark.parametrize(
    ("path", "errno"),
    [
        ("", Errno.NOENT),
        ("nothing", Errno.NOENT),
        ("nothing/x", Errno.NOENT),
        ("f/x", Errno.NOTDIR),
        ("f/", Errno.NOTDIR),
        ("f/.", Errno.NOTDIR),
        ("f/..", Errno.NOTDIR),
        ("nothing/..", Errno.NOENT),
        ("f\0", Errno.INVAL),
        ("/f", Errno.NOTCAPABLE),
        (b"\xff\xfe", Errno.ILSEQ),
        (b"\xed\xa0\x80", Errno.ILSEQ),
        ("n" * (MAX_NAME + 1), Errno.NAMETOOLONG),
        ("ü" * 128, Errno.NAMETOOLONG),
        ("d/" + "n" * (MAX_NAME + 1), Errno.NAMETOOLONG),
        ("./" * MAX_PATH, Errno.NAMETOOLONG),
    ],
)
def test_paths_that_lead_nowhere(libc: Libc, path: str | bytes, errno: Errno) -> None:
    """
    The same error from whatever looks the path up.
    """
    libc.make("f")
    libc.do("path_create_directory", ROOT, *libc.path("d"))
    where = libc.path(path)

    assert errno == libc.ask("path_filestat_get", ROOT, 1, *where, 64)
    assert errno == libc.ask("path_open", ROOT, 1, *where, 0, READ, 0, 0, 8)
    assert errno == libc.ask("path_filestat_set_times", ROOT, 1, *where, 0, 0, 5)
    assert errno == libc.ask("path_readlink", ROOT, *where, 8192, 100, 8)


@pytest.mark.parametrize("length", [MAX_PATH, 1 << 31, (1 << 32) - 1])
def test_a_path_too_long_is_not_even_read(libc: Libc, length: int) -> None:
    """
    Whatever its address is.
    """
    assert Errno.NAMETOOLONG == libc.ask("path_filestat_get", ROOT, 1, 1 << 30, length, 64)


@pytest.mark.parametrize(
    "path", ["f", "./f", "d/../f", "d/./../f", ".//f", "../f", "../../f", "d/../../f", "tmp/../f"]
)
def test_paths_that_lead_to_a_file(libc: Libc, path: str) -> None:
    """
    Above the root there is the root, as in any system.
    """
    libc.make("f", b"here")
    libc.do("path_create_directory", ROOT, *libc.path("d"))

    assert b"here" == libc.read(libc.open(path), 10)


def test_paths_from_a_directory_do_not_leave_it(libc: Libc) -> None:
    """
    An open directory is a capability for what is below it.
    """
    libc.do("path_create_directory", ROOT, *libc.path("d"))
    libc.make("d/f", b"here")
    libc.make("g")
    fd = libc.open("d", DIRECTORY)

    assert b"here" == libc.read(libc.open("f", at=fd), 10)
    assert b"here" == libc.read(libc.open("./f", at=fd), 10)
    for path in ("..", "../g", "./../g", "../d/f"):
        assert Errno.NOTCAPABLE == libc.try_open(path, at=fd)
    assert Errno.NOTDIR == libc.try_open("x", at=libc.open("g"))


def test_opening(libc: Libc) -> None:
    """
    What the bits of an open ask for, each with what it refuses.
    """
    libc.make("f", b"abc")

    assert Errno.NOTDIR == libc.try_open("f", DIRECTORY)
    assert Errno.EXIST == libc.try_open("f", CREATE | EXCLUSIVE)
    assert Errno.ISDIR == libc.try_open("tmp", 0, WRITE)
    assert Errno.ISDIR == libc.try_open("tmp", CREATE)
    assert Errno.ISDIR == libc.try_open("tmp", TRUNCATE)
    assert Errno.ISDIR == libc.try_open("new/", CREATE)
    assert Errno.ISDIR == libc.try_open(".", CREATE)
    assert Errno.INVAL == libc.try_open("new", CREATE | DIRECTORY)
    assert Errno.INVAL == libc.try_open("f", 16)
    assert Errno.INVAL == libc.try_open("f", 0, READ, 32)
    assert b"abc" == libc.read(libc.open("f", CREATE), 10)
    libc.open("f", TRUNCATE, WRITE)
    assert 0 == libc.stat("f")[4]
    libc.open("new", CREATE | EXCLUSIVE, WRITE)
    assert libc.exists("new")
    assert Errno.ISDIR == libc.ask("fd_read", libc.open("tmp"), *libc.spans((8192, 1)), 8)
    assert Errno.ISDIR == libc.ask("fd_seek", ROOT, 0, 0, 16)


def test_making_and_removing_directories(libc: Libc) -> None:
    """
    One level at a time, and only what is empty goes.
    """
    for name in ("d", "d/e/", "d/e/f"):
        libc.do("path_create_directory", ROOT, *libc.path(name))
    libc.make("file")

    def remove(path: str) -> int:
        return libc.ask("path_remove_directory", ROOT, *libc.path(path))

    for path in ("d", "d/", "file", ".", "..", "d/e/..", "tmp"):
        assert Errno.EXIST == libc.ask("path_create_directory", ROOT, *libc.path(path))
    assert Errno.NOENT == libc.ask("path_create_directory", ROOT, *libc.path("x/y"))
    assert Errno.NOTDIR == libc.ask("path_create_directory", ROOT, *libc.path("file/y"))
    assert Errno.NOTEMPTY == remove("d")
    assert Errno.NOTDIR == remove("file")
    assert Errno.NOENT == remove("x")
    assert Errno.INVAL == remove("d/e/f/.")
    assert Errno.NOTEMPTY == remove("d/e/f/..")
    assert Errno.INVAL == remove(".")
    assert 0 == remove("d/e/f/")
    assert 0 == remove("d/e")
    assert 0 == remove("d")


def test_unlinking(libc: Libc) -> None:
    """
    A file goes; a directory and what is not there do not.
    """
    libc.make("f")

    def unlink(path: str) -> int:
        return libc.ask("path_unlink_file", ROOT, *libc.path(path))

    assert Errno.ISDIR == unlink("tmp")
    assert Errno.ISDIR == unlink("tmp/")
    assert Errno.ISDIR == unlink(".")
    assert Errno.NOTDIR == unlink("f/")
    assert Errno.NOENT == unlink("x")
    assert 0 == unlink("f")
    assert Errno.NOENT == unlink("f")


def test_a_file_without_a_name_lives_until_it_is_closed(libc: Libc, files: Files) -> None:
    """
    It is still read, written and counted.
    """
    fd = libc.open("f", CREATE, READ | WRITE)
    libc.write(fd, b"x" * 6000)
    libc.do("path_unlink_file", ROOT, *libc.path("f"))
    libc.make("f", b"other")

    libc.do("fd_seek", fd, 0, 0, 16)
    assert b"xxx" == libc.read(fd, 3)
    libc.do("fd_filestat_get", fd, 64)
    assert (0, 6000) == struct.unpack("<8Q", libc.memory.read(64, 64))[3:5]
    other = libc.open("f", 0, WRITE)
    assert Errno.NOSPC == libc.ask("fd_filestat_set_size", other, 5000)
    libc.do("fd_close", fd)
    assert 0 == libc.ask("fd_filestat_set_size", other, 5000)


def test_no_links(libc: Libc) -> None:
    """
    None can be made, so that there are none to read.
    """
    libc.make("f")
    f, x = libc.path("f"), libc.path("x", 2048)

    assert Errno.PERM == libc.ask("path_symlink", *f, ROOT, *x)
    assert Errno.EXIST == libc.ask("path_symlink", *x, ROOT, *f)
    assert Errno.PERM == libc.ask("path_link", ROOT, 0, *f, ROOT, *x)
    assert Errno.EXIST == libc.ask("path_link", ROOT, 0, *x, ROOT, *f)
    assert Errno.INVAL == libc.ask("path_readlink", ROOT, *f, 8192, 100, 8)
    assert Errno.BADF == libc.ask("path_symlink", *f, 99, *x)


def rename(libc: Libc) -> Callable[[str, str], int]:
    def call(old: str, new: str) -> int:
        return libc.ask("path_rename", ROOT, *libc.path(old), ROOT, *libc.path(new, 8192))

    return call


def test_renaming(libc: Libc) -> None:
    """
    Over a file or an empty directory of its own kind, never into itself.
    """
    move = rename(libc)
    for name in ("d", "d/e", "empty"):
        libc.do("path_create_directory", ROOT, *libc.path(name))
    libc.make("f", b"f")
    libc.make("g", b"g")

    assert Errno.NOENT == move("x", "y")
    assert Errno.NOENT == move("f", "x/y")
    assert Errno.NOTDIR == move("f", "g/y")
    assert Errno.ISDIR == move("f", "empty")
    assert Errno.NOTDIR == move("empty", "f")
    assert Errno.NOTEMPTY == move("empty", "d")
    assert Errno.INVAL == move("d", "d/e/x")
    assert Errno.NOTEMPTY == move("d/e", "d")
    assert Errno.NOTDIR == move("f/", "x")
    assert Errno.NOTDIR == move("f", "x/")
    assert Errno.BUSY == move(".", "x")
    assert Errno.BUSY == move("d/..", "x")
    assert 0 == move("f", "f")
    assert 0 == move("f", "g")
    assert b"f" == libc.read(libc.open("g"), 10)
    assert not libc.exists("f")
    assert 0 == move("d", "empty")
    assert libc.exists("empty/e")
    assert 0 == move("empty/", "tmp/new/")
    assert libc.exists("tmp/new/e")


def test_descriptors_follow_a_rename(libc: Libc) -> None:
    """
    What is open stays open under the new name.
    """
    libc.do("path_create_directory", ROOT, *libc.path("d"))
    libc.make("d/f", b"f")
    directory, file = libc.open("d"), libc.open("d/f", 0, READ | WRITE)
    rename(libc)("d", "e")

    libc.write(file, b"F")
    assert b"F" == libc.read(libc.open("f", at=directory), 10)
    libc.do("path_unlink_file", ROOT, *libc.path("e/f"))
    libc.do("path_remove_directory", ROOT, *libc.path("e"))
    assert Errno.NOENT == libc.try_open("f", at=directory)
    assert Errno.NOENT == libc.ask("fd_filestat_get", directory, 64)


def test_opening_tells_what_was_opened(libc: Libc, files: Files) -> None:
    """
    The same as asking for it: guests that look at the exchange struct need not ask.
    """
    libc.make("f", b"some bytes")
    for path, how in (("f", 0), ("new", CREATE), (".", DIRECTORY)):
        where = libc.path(path)
        told = FUNCTIONS["path_open"](files, libc.memory, (ROOT, 1, *where, how, READ, READ, 0, 8))
        libc.do("fd_filestat_get", libc.word(8), 64)
        assert told == struct.unpack("<8Q", libc.memory.read(64, 64))
