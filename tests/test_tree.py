"""Trees in memory: as a real directory does, with states that never change."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from sandbox_wasm._content import Content
from sandbox_wasm._files import Files
from sandbox_wasm._filesystem import MAX_DEPTH, ROOT, Errno, FileError, How, Kind
from sandbox_wasm._host import HostVolume
from sandbox_wasm._host_file import Quota
from sandbox_wasm._overlay import Overlay
from sandbox_wasm._recorded import Recorded

NAMES = st.sampled_from(["a", "b", "ü", "c.txt"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
ODD = (
    st.lists(st.sampled_from(["a", "b", ".", "..", ""]), min_size=1, max_size=4)
    .map("/".join)
    .filter(lambda path: path and not path.startswith("/"))
)
BLOCKS = st.sampled_from([b"", b"x", b"hello", b"\0" * 10, b"y" * 70_000, b"z" * 140_000])
OFFSETS = st.sampled_from([0, 1, 5, 65_535, 65_536, 65_540, 131_072, 200_000])
FLAGS = st.sampled_from(
    [
        os.O_RDONLY,
        os.O_RDWR,
        os.O_WRONLY,
        os.O_RDWR | os.O_CREAT,
        os.O_RDWR | os.O_CREAT | os.O_EXCL,
        os.O_RDWR | os.O_CREAT | os.O_TRUNC,
        os.O_RDWR | os.O_CREAT | os.O_APPEND,
        os.O_WRONLY | os.O_TRUNC,
        os.O_RDONLY | os.O_DIRECTORY,
    ]
)


def as_how(flags: int) -> int:
    how = {os.O_RDONLY: How.READ, os.O_WRONLY: How.WRITE, os.O_RDWR: How.READ | How.WRITE}[
        flags & os.O_ACCMODE
    ]
    for flag, bit in (
        (os.O_CREAT, How.CREATE),
        (os.O_EXCL, How.EXCLUSIVE),
        (os.O_TRUNC, How.TRUNCATE),
        (os.O_APPEND, How.APPEND),
        (os.O_DIRECTORY, How.DIRECTORY),
    ):
        how |= bit if flags & flag else 0
    return how


class Outcome:
    """What came of a call: a value, or the name of an error."""

    @staticmethod
    def ours(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except FileError as error:
            return error.errno.name

    @staticmethod
    def real(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except OSError as error:
            return errno.errorcode[error.errno or 0].removeprefix("E")


class AgainstARealDirectory(RuleBasedStateMachine):
    """Does the same things to a `Files` and to a directory of the host."""

    fds: Bundle[tuple[int, int]] = Bundle("fds")
    prefix = ""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.root = self.home / "root"
        self.root.mkdir()
        self.open_fds: set[int] = set()
        self.files = self.make_files()

    def make_files(self) -> Files:
        files = Files(1 << 30, 10_000)
        files.remove_directory(ROOT, "tmp")
        return files

    def teardown(self) -> None:
        for fd in self.open_fds:
            os.close(fd)
        try:
            self.check_tree()
        finally:
            self.files.release()
            shutil.rmtree(self.home)

    def real(self, path: str) -> str:
        return f"{self.root}/{path}"

    def both(self, ours: Callable[[], Any], real: Callable[[], Any]) -> Any:
        mine, theirs = Outcome.ours(ours), Outcome.real(real)
        assert theirs == mine
        return mine

    @rule(target=fds, path=PATHS | ODD, flags=FLAGS)
    def open(self, path: str, flags: int) -> tuple[int, int] | Any:
        if self.leaves_root(path) or not self.may_open(flags):
            return (-1, -1)
        mine = Outcome.ours(lambda: self.files.open(ROOT, self.prefix + path, as_how(flags))[0])
        theirs = Outcome.real(lambda: os.open(self.real(path), flags))
        if isinstance(mine, str) or isinstance(theirs, str):
            assert theirs == mine
            return (-1, -1)
        self.open_fds.add(theirs)
        return (mine, theirs)

    def may_open(self, flags: int) -> bool:
        return True

    def leaves_root(self, path: str) -> bool:
        """Whether the host's kernel would go above our root."""
        depth = 0
        for name in path.split("/"):
            depth += {"..": -1, ".": 0, "": 0}.get(name, 1)
            if depth < 0:
                return True
        return False

    @rule(fds=consumes(fds))
    def close(self, fds: tuple[int, int]) -> None:
        if fds != (-1, -1):
            self.files.close(fds[0])
            os.close(fds[1])
            self.open_fds.remove(fds[1])

    @rule(fds=fds, data=BLOCKS)
    def write(self, fds: tuple[int, int], data: bytes) -> None:
        if fds != (-1, -1) and self.is_file(fds):
            self.both(lambda: self.files.write(fds[0], data), lambda: os.write(fds[1], data))

    @rule(fds=fds, size=OFFSETS)
    def read(self, fds: tuple[int, int], size: int) -> None:
        if fds != (-1, -1):
            self.both(lambda: self.files.read(fds[0], size), lambda: os.read(fds[1], size))

    @rule(fds=fds, data=BLOCKS, at=OFFSETS)
    def pwrite(self, fds: tuple[int, int], data: bytes, at: int) -> None:
        if fds != (-1, -1) and self.is_file(fds):
            self.both(
                lambda: self.files.pwrite(fds[0], data, at), lambda: os.pwrite(fds[1], data, at)
            )

    @rule(fds=fds, size=OFFSETS, at=OFFSETS)
    def pread(self, fds: tuple[int, int], size: int, at: int) -> None:
        if fds != (-1, -1):
            self.both(
                lambda: self.files.pread(fds[0], size, at), lambda: os.pread(fds[1], size, at)
            )

    @rule(fds=fds, offset=OFFSETS | st.integers(-10, -1), whence=st.integers(0, 2))
    def seek(self, fds: tuple[int, int], offset: int, whence: int) -> None:
        if fds != (-1, -1) and self.is_file(fds):
            self.both(
                lambda: self.files.seek(fds[0], offset, whence),
                lambda: os.lseek(fds[1], offset, whence),
            )

    @rule(fds=fds, size=OFFSETS)
    def truncate(self, fds: tuple[int, int], size: int) -> None:
        if fds != (-1, -1) and self.is_file(fds):
            self.both(lambda: self.files.truncate(fds[0], size), lambda: os.ftruncate(fds[1], size))

    def is_file(self, fds: tuple[int, int]) -> bool:
        return self.files.describe(fds[0])[0] == Kind.FILE

    @rule(path=PATHS | ODD)
    def mkdir(self, path: str) -> None:
        if not self.leaves_root(path):
            self.both(
                lambda: self.files.make_directory(ROOT, self.prefix + path),
                lambda: os.mkdir(self.real(path)),
            )

    @rule(path=PATHS)
    def rmdir(self, path: str) -> None:
        self.both(
            lambda: self.files.remove_directory(ROOT, self.prefix + path),
            lambda: os.rmdir(self.real(path)),
        )

    @rule(path=PATHS)
    def unlink(self, path: str) -> None:
        self.both(
            lambda: self.files.unlink(ROOT, self.prefix + path), lambda: os.unlink(self.real(path))
        )

    @rule(old=PATHS, new=PATHS)
    def rename(self, old: str, new: str) -> None:
        self.both(
            lambda: self.files.rename(ROOT, self.prefix + old, ROOT, self.prefix + new),
            lambda: os.rename(self.real(old), self.real(new)),
        )

    @rule(path=PATHS | ODD)
    def stat(self, path: str) -> None:
        def ours() -> tuple[bool, int]:
            stat = self.files.stat_path(ROOT, self.prefix + path, True)
            return stat.kind == Kind.DIRECTORY, stat.size

        def real() -> tuple[bool, int]:
            where = Path(self.real(path))
            size = os.stat(self.real(path)).st_size
            return where.is_dir(), 0 if where.is_dir() else size

        if not self.leaves_root(path):
            self.both(ours, real)

    def check_tree(self) -> None:
        found = {}
        for at, node in self.files.tree.walk():
            content = node.content
            found["/".join(at)] = None if content is None else content.read(0, content.size)
        expected = {}
        for where in self.root.rglob("*"):
            expected[str(where.relative_to(self.root))] = (
                None if where.is_dir() else where.read_bytes()
            )
        assert expected == found


def test_a_tree_does_as_a_real_directory_does() -> None:
    """
    The same calls give the same results, errors and files.
    """
    run_state_machine_as_test(
        AgainstARealDirectory, settings=settings(max_examples=100, stateful_step_count=40)
    )


class MountAgainstARealDirectory(AgainstARealDirectory):
    """Does the same to a directory that is mounted as `Files` and to another."""

    prefix = "m/"

    def make_files(self) -> Files:
        self.mounted = self.home / "mounted"
        self.mounted.mkdir()
        volume = HostVolume(str(self.mounted), Quota(1 << 30, 10_000), 2)
        return Files(0, 10, volumes={("m",): volume})

    def check_tree(self) -> None:
        subprocess.run(["diff", "-r", self.root, self.mounted], check=True)


def test_a_mount_does_as_a_real_directory_does() -> None:
    """
    The wall around it does not show from within.
    """
    run_state_machine_as_test(
        MountAgainstARealDirectory, settings=settings(max_examples=50, stateful_step_count=40)
    )


class OverlayAgainstARealDirectory(AgainstARealDirectory):
    """Does the same to a directory that is mounted for commits, and commits at the end."""

    prefix = "m/"

    def make_files(self) -> Files:
        self.mounted = self.home / "mounted"
        for root in (self.root, self.mounted):
            (root / "a" / "b").mkdir(parents=True)
            (root / "a" / "c.txt").write_text("there before")
            (root / "b").write_bytes(b"y" * 70_000)
            (root / "ü").mkdir()
        lower = HostVolume(str(self.mounted), None, 2)
        self.overlay = Overlay(Recorded(lower, lambda: None), 1 << 30, 10_000, lambda: 0, 500)
        return Files(0, 10, volumes={("m",): self.overlay})

    def both(self, ours: Callable[[], Any], real: Callable[[], Any]) -> Any:
        mine = Outcome.ours(ours)
        if mine == "XDEV":  # a directory that was there before is not moved
            return mine
        assert Outcome.real(real) == mine
        return mine

    def may_open(self, flags: int) -> bool:
        # A file that is only read shows what it held when it was opened.
        return flags & os.O_ACCMODE != os.O_RDONLY or bool(flags & os.O_DIRECTORY)

    def check_tree(self) -> None:
        self.overlay.commit()
        subprocess.run(["diff", "-r", self.root, self.mounted], check=True)


def test_an_overlay_does_as_a_real_directory_does() -> None:
    """
    Before its changes are made, and when they are.
    """
    run_state_machine_as_test(
        OverlayAgainstARealDirectory, settings=settings(max_examples=60, stateful_step_count=40)
    )


class States(RuleBasedStateMachine):
    """Marks and resets states of a `Files` between changes to it, and forks it."""

    states: Bundle[tuple[Any, dict[str, bytes]]] = Bundle("states")

    def __init__(self) -> None:
        super().__init__()
        self.files = Files(1 << 22, 50)

    def contents(self, files: Files) -> dict[str, bytes]:
        found = {
            "/".join(at): node.content.read(0, node.content.size)
            for at, node in files.tree.walk()
            if node.content is not None
        }
        return found | {"used": str(files.tree.mark().used).encode()} | self.opened(files)

    def opened(self, files: Files) -> dict[str, bytes]:
        found = {}
        for fd in range(4, 70):
            if isinstance(Outcome.ours(lambda fd=fd: files.describe(fd)), tuple):
                place = str(Outcome.ours(lambda fd=fd: files.seek(fd, 0, 1))).encode()
                found[f"fd{fd}"] = place + b"|" + files.pread(fd, 1 << 20, 0)
        return found

    @rule(path=PATHS, data=BLOCKS, at=OFFSETS)
    def write(self, path: str, data: bytes, at: int) -> None:
        fd = Outcome.ours(lambda: self.files.open(ROOT, path, How.CREATE | How.WRITE | How.READ)[0])
        if isinstance(fd, int):
            Outcome.ours(lambda: self.files.pwrite(fd, data, at))
            self.files.seek(fd, len(data), 0)

    @rule(fd=st.integers(4, 10), size=OFFSETS)
    def truncate(self, fd: int, size: int) -> None:
        Outcome.ours(lambda: self.files.truncate(fd, size))

    @rule(fd=st.integers(4, 10))
    def close(self, fd: int) -> None:
        Outcome.ours(lambda: self.files.close(fd))

    @rule(path=PATHS)
    def mkdir(self, path: str) -> None:
        Outcome.ours(lambda: self.files.make_directory(ROOT, path))

    @rule(path=PATHS)
    def unlink(self, path: str) -> None:
        Outcome.ours(lambda: self.files.unlink(ROOT, path))

    @rule(old=PATHS, new=PATHS)
    def rename(self, old: str, new: str) -> None:
        Outcome.ours(lambda: self.files.rename(ROOT, old, ROOT, new))

    @rule(target=states)
    def mark(self) -> tuple[Any, dict[str, bytes]]:
        return self.files.mark(), self.contents(self.files)

    @rule(state=states)
    def reset(self, state: tuple[Any, dict[str, bytes]]) -> None:
        self.files.reset(state[0])
        assert state[1] == self.contents(self.files)

    @rule(state=states)
    def fork(self, state: tuple[Any, dict[str, bytes]]) -> None:
        other = Files(1 << 22, 50)
        other.reset(state[0])
        fd, _ = other.open(ROOT, "forked", How.CREATE | How.WRITE)
        other.write(fd, b"forked")
        other.close(fd)
        other.unlink(ROOT, "forked")
        assert state[1] == self.contents(other)

    @invariant()
    def the_account_is_right(self) -> None:
        state = self.files.tree.mark()
        assert state.used == sum(n.content.size for n in state.nodes.values() if n.content)


def test_states_never_change() -> None:
    """
    Whatever happens after a mark, a reset brings back what was, in this session or in another.
    """
    run_state_machine_as_test(States, settings=settings(max_examples=100, stateful_step_count=40))


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_contents_share_what_did_not_change(size: int) -> None:
    """
    A copy costs its pages, and what is written to it does not show in the other.
    """
    first = Content(b"a" * size)
    second = first.copy()
    second.write(size, b"b")

    assert first.same(first.copy())
    assert not first.same(second)
    assert b"a" * size == first.read(0, 1 << 20)
    assert b"a" * size + b"b" == second.read(0, 1 << 20)


def test_what_was_cut_off_is_not_held() -> None:
    """
    Files cut to a byte do not keep the host's memory full.
    """
    content = Content(b"a" * 1_000_000)
    content.write(500_000, b"b")
    content.truncate(1)

    assert 1 == len(content._base) + sum(map(len, content._pages.values()))


def deep(files: Files, count: int, prefix: str = "") -> None:
    for i in range(1, count + 1):
        files.make_directory(ROOT, prefix + "/".join(["d"] * i))


def test_directories_are_not_nested_for_ever() -> None:
    """
    Neither by making them nor by moving them: whoever walks a tree may recurse.
    """
    files = Files(1000, 1000)
    deep(files, MAX_DEPTH)

    for make in (
        lambda: files.make_directory(ROOT, "/".join(["d"] * (MAX_DEPTH + 1))),
        lambda: files.open(ROOT, "/".join(["d"] * (MAX_DEPTH + 1)), How.CREATE),
    ):
        with pytest.raises(FileError) as info:
            make()
        assert Errno.NAMETOOLONG == info.value.errno
    files.make_directory(ROOT, "e")
    with pytest.raises(FileError) as info:
        files.rename(ROOT, "d", ROOT, "e/d")
    assert Errno.NAMETOOLONG == info.value.errno
    files.make_directory(ROOT, "e/d")  # nor in place of an empty one
    with pytest.raises(FileError) as info:
        files.rename(ROOT, "d", ROOT, "e/d")
    assert Errno.NAMETOOLONG == info.value.errno
    files.rename(ROOT, "d/d", ROOT, "e/d")


def test_files_and_directories_are_counted() -> None:
    """
    EDQUOT at the last one too many; what is removed makes room.
    """
    files = Files(1000, 10)
    for i in range(9):  # /tmp is the tenth
        files.make_directory(ROOT, f"d{i}")

    with pytest.raises(FileError) as info:
        files.open(ROOT, "f", How.CREATE)
    assert Errno.DQUOT == info.value.errno
    files.remove_directory(ROOT, "d3")
    files.open(ROOT, "f", How.CREATE)
