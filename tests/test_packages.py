"""Packages: pure wheels can be imported inside, and nothing else comes in with them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import stat
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from sandbox_wasm import (
    ConfigError,
    NetworkPolicy,
    Session,
    _resolve,
    _wheels,
    build_wheels,
    cli,
    run,
)

CODE = b"def double(x):\n    return 2 * x\n"
METADATA = b"Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n"
WHEEL = b"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
INFO = "toy-1.0.dist-info"


def hashed(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def make_wheel(
    folder: Path,
    files: dict[str, bytes] | None = None,
    *,
    name: str = "toy-1.0-py3-none-any.whl",
    record: Callable[[list[str]], list[str]] = lambda rows: rows,
    info: Callable[[zipfile.ZipInfo], None] = lambda info: None,
) -> Path:
    """Write a wheel with *files* beside its metadata."""
    files = {
        "toy/__init__.py": CODE,
        f"{INFO}/METADATA": METADATA,
        f"{INFO}/WHEEL": WHEEL,
        **(files or {}),
    }
    rows = [f"{name},sha256={hashed(data)},{len(data)}" for name, data in files.items()]
    files[f"{INFO}/RECORD"] = "\n".join(record([*rows, f"{INFO}/RECORD,,", ""])).encode()
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in files.items():
            entry = zipfile.ZipInfo(member)
            entry.compress_type = zipfile.ZIP_DEFLATED
            info(entry)
            archive.writestr(entry, data)
    return path


def test_import(tmp_path: Path, make_session: Callable[..., Session]) -> None:
    """
    A wheel's modules can be imported, on every interpreter.
    """
    session = make_session(packages=[make_wheel(tmp_path)])

    assert 42 == session.run("import toy\ntoy.double(21)").value


def test_source_of_a_traceback(tmp_path: Path) -> None:
    """
    The bytecode was made ahead, and tracebacks show the source all the same.
    """
    wheel = make_wheel(tmp_path, {"toy/__init__.py": b"def fail():\n    return 1 / 0  # here\n"})
    with Session(packages=[str(wheel)]) as session:
        error = session.run("import toy\ntoy.fail()", check=False).error
        cached = session.run("toy.__cached__, __import__('os').path.exists(toy.__cached__)").value

    assert "/packages/toy/__init__.py" in error.traceback  # type: ignore[union-attr]
    assert "# here" in error.traceback  # type: ignore[union-attr]
    assert ("/packages/toy/__pycache__/__init__.cpython-313.pyc", True) == cached


def test_process_isolation(tmp_path: Path) -> None:
    """
    A guest in a worker process has them, too.
    """
    result = run("import toy\ntoy.double(4)", packages=[make_wheel(tmp_path)], isolation="process")

    assert 8 == result.value


WRITES = """
import os
def refused(act):
    try:
        act()
    except OSError as error:
        return error.errno
[refused(act) for act in (
    lambda: open("/packages/toy/__init__.py", "w"),
    lambda: open("/packages/toy/new.py", "w"),
    lambda: os.remove("/packages/toy/__init__.py"),
    lambda: os.rename("/packages/toy", "/packages/boy"),
    lambda: os.rename("/packages", "/elsewhere"),
    lambda: os.mkdir("/packages/new"),
)]
"""


def test_read_only_and_shared(tmp_path: Path) -> None:
    """
    Sessions have the same tree, and none can change it.
    """
    wheel = make_wheel(tmp_path)
    with Session(packages=[wheel]) as first, Session(packages=[wheel]) as second:
        assert None not in first.run(WRITES).value
        assert 6 == second.run("import toy\ntoy.double(3)").value
        trees = [each._files.kept._volumes[("packages",)]._nodes for each in (first, second)]

    assert trees[0] is trees[1]


def test_no_packages(session: Session) -> None:
    """
    The counter-test: without the argument there is nothing to import.
    """
    assert session.run("import toy", check=False).error.type_name == "ImportError" or (
        session.run("import toy", check=False).error.type_name == "ModuleNotFoundError"
    )


def test_data_folder(tmp_path: Path) -> None:
    """
    Of what a wheel spreads over a system, the modules come in and the rest does not.
    """
    wheel = make_wheel(
        tmp_path,
        {
            "toy-1.0.data/purelib/more.py": b"value = 5\n",
            "toy-1.0.data/scripts/run": b"#!python\n",
            "toy-1.0.data/data/etc/passwd": b"root\n",
        },
    )

    assert {("more.py",), ("toy", "__init__.py")} <= set(_wheels.read(wheel).files)
    assert not any("passwd" in parts or "run" in parts for parts in _wheels.read(wheel).files)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.py",
        "toy/../../evil.py",
        "/evil.py",
        "toy//evil.py",
        "./evil.py",
        "toy\\..\\evil.py",
        "C:/evil.py",
        "toy/e\nvil.py",
        "x" * 256,
        "a/" * 40 + "evil.py",
    ],
)
def test_names_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    """
    A path that is not plainly below the folder is refused, with its name.
    """
    with pytest.raises(ConfigError, match="has a file of the name"):
        _wheels.read(make_wheel(tmp_path, {name: b"evil"}))


def test_null_in_a_name(tmp_path: Path) -> None:
    """
    The zip reader would cut the name there.
    """
    wheel = make_wheel(tmp_path, {"toy/evil0.py": b""})
    wheel.write_bytes(wheel.read_bytes().replace(b"toy/evil0.py", b"toy/evil\0.py"))

    with pytest.raises(ConfigError, match=r"has a file of the name|is damaged"):
        _wheels.read(wheel)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices(tmp_path: Path, kind: int) -> None:
    """
    Only files and folders are in a wheel.
    """

    def change(info: zipfile.ZipInfo) -> None:
        if info.filename == "toy/link":
            info.external_attr = (kind | 0o777) << 16

    with pytest.raises(ConfigError, match="no plain file"):
        _wheels.read(make_wheel(tmp_path, {"toy/link": b"/etc/passwd"}, info=change))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_name_that_is_there_twice(tmp_path: Path) -> None:
    """
    Who checks one and takes the other is fooled.
    """
    wheel = make_wheel(tmp_path)
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("toy/__init__.py", b"evil = True\n")

    with pytest.raises(ConfigError, match="twice"):
        _wheels.read(wheel)


def test_zip_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Unpacking ends at the bound, whatever the archive says of sizes.
    """
    wheel = make_wheel(tmp_path, {"toy/big": bytes(5 << 20)})
    assert wheel.stat().st_size < 20_000
    monkeypatch.setattr(_wheels, "MAX_BYTES", 1 << 20)

    with pytest.raises(ConfigError, match="unpacks to more"):
        _wheels.read(wheel)


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Their number is bounded, too: of one wheel, and of all.
    """
    many = make_wheel(tmp_path, {f"toy/{n}": b"" for n in range(50)})
    monkeypatch.setattr(_wheels, "MAX_FILES", 40)
    with pytest.raises(ConfigError, match="more than 40 files"):
        _wheels.read(many)
    monkeypatch.setattr(_wheels, "MAX_FILES", 55)
    with pytest.raises(ConfigError, match="or 55 files"):
        run("1", interpreter="micropython", packages=[many, other(tmp_path)])


def test_size_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What fits one by one need not fit together.
    """
    wheel = make_wheel(tmp_path, {"toy/big": bytes(900_000)})
    monkeypatch.setattr(_wheels, "MAX_BYTES", 901_000)

    with pytest.raises(ConfigError, match="packages are more than 901000 bytes"):
        run("1", interpreter="micropython", packages=[wheel, other(tmp_path)])


def other(folder: Path, files: dict[str, bytes] | None = None) -> Path:
    """Another distribution."""
    (folder / "other").mkdir()
    wheel = make_wheel(folder / "other")
    with zipfile.ZipFile(wheel) as archive:
        found = {
            i.filename.replace(INFO, "boy-2.dist-info"): archive.read(i) for i in archive.infolist()
        }
    del found["boy-2.dist-info/RECORD"]
    found |= {"boy/__init__.py": b"x" * 2000, **(files or {})}
    del found["toy/__init__.py"]
    rows = [f"{name},sha256={hashed(data)},{len(data)}" for name, data in found.items()]
    found["boy-2.dist-info/RECORD"] = "\n".join([*rows, "boy-2.dist-info/RECORD,,"]).encode()
    path = folder / "boy-2-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in found.items():
            archive.writestr(name, data)
    return path


def test_file_that_two_packages_have(tmp_path: Path) -> None:
    """
    Which one counts must not depend on the order.
    """
    first, second = make_wheel(tmp_path, {"shared.py": b"1"}), other(tmp_path, {"shared.py": b"2"})

    with pytest.raises(ConfigError, match=r"'boy' and another have 'shared.py'"):
        run("1", interpreter="micropython", packages=[first, second])


def test_file_where_another_has_a_folder(tmp_path: Path) -> None:
    """
    Two packages must fit together.
    """
    first, second = make_wheel(tmp_path), other(tmp_path, {"toy": b"no folder"})

    with pytest.raises(ConfigError, match="do not fit together"):
        run("1", interpreter="micropython", packages=[first, second])


def test_package_that_is_there_twice(tmp_path: Path) -> None:
    """
    Two versions of one distribution are a mistake.
    """
    first = make_wheel(tmp_path)
    second = first.with_name("toy-2.0-py3-none-any.whl")
    second.write_bytes(first.read_bytes())

    with pytest.raises(ConfigError, match="'toy' is there twice"):
        run("1", interpreter="micropython", packages=[first, second])


def drop(rows: list[str]) -> list[str]:
    return rows[1:]


def another_hash(rows: list[str]) -> list[str]:
    return [rows[0].replace("sha256=", "sha256=A"), *rows[1:]]


def weak_hash(rows: list[str]) -> list[str]:
    digest = base64.urlsafe_b64encode(hashlib.md5(CODE).digest()).rstrip(b"=").decode()
    return [f"toy/__init__.py,md5={digest},{len(CODE)}", *rows[1:]]


def no_hash(rows: list[str]) -> list[str]:
    return ["toy/__init__.py,,", *rows[1:]]


def one_more(rows: list[str]) -> list[str]:
    return ["toy/missing.py,sha256=x,1", *rows]


def twice(rows: list[str]) -> list[str]:
    return [rows[0], *rows]


def no_table(rows: list[str]) -> list[str]:
    return ['"']


@pytest.mark.parametrize(
    "change", [drop, another_hash, weak_hash, no_hash, one_more, twice, no_table]
)
def test_record_that_does_not_hold(
    tmp_path: Path, change: Callable[[list[str]], list[str]]
) -> None:
    """
    Every file is listed with a good hash, and nothing else is.
    """
    with pytest.raises(ConfigError, match="RECORD"):
        _wheels.read(make_wheel(tmp_path, record=change))


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"toy/_fast.cpython-313-x86_64-linux-gnu.so": b"\x7fELF"}, "toy-1.0-py3-none-any.whl"),
        ({"toy/_fast.pyd": b"MZ"}, "toy-1.0-py3-none-any.whl"),
        ({"toy.libs/libz.so.1.2": b"\x7fELF"}, "toy-1.0-py3-none-any.whl"),
        ({}, "toy-1.0-cp313-cp313-manylinux_2_17_x86_64.whl"),
        ({}, "toy-1.0-py3-none-win_amd64.whl"),
        ({}, "toy-1.0-cp313-abi3-any.whl"),
        ({f"{INFO}/WHEEL": WHEEL.replace(b"true", b"false")}, "toy-1.0-py3-none-any.whl"),
        ({f"{INFO}/WHEEL": WHEEL.replace(b"any", b"linux_x86_64")}, "toy-1.0-py3-none-any.whl"),
    ],
)
def test_native_code(tmp_path: Path, files: dict[str, bytes], name: str) -> None:
    """
    It is refused with its name, and with what to do.
    """
    with pytest.raises(ConfigError, match=r"package 'toy'.*sandbox-wasm wheel toy"):
        _wheels.read(make_wheel(tmp_path, files, name=name))


@pytest.mark.parametrize(
    "files",
    [
        {f"{INFO}/WHEEL": b""},
        {f"{INFO}/WHEEL": WHEEL.replace(b"Wheel-Version: 1", b"Wheel-Version: 2")},
        {f"{INFO}/WHEEL": b"\xff\xfe"},
        {"boy-2.0.dist-info/WHEEL": WHEEL},
    ],
)
def test_metadata_that_makes_no_sense(tmp_path: Path, files: dict[str, bytes]) -> None:
    """
    What a wheel does not say plainly is not guessed.
    """
    with pytest.raises(ConfigError, match="package 'toy'"):
        _wheels.read(make_wheel(tmp_path, files))


def test_wheel_of_another_name(tmp_path: Path) -> None:
    """
    The file's name and what is inside are the same distribution.
    """
    with pytest.raises(ConfigError, match="another distribution"):
        _wheels.read(make_wheel(tmp_path).rename(tmp_path / "other-1.0-py3-none-any.whl"))


def test_damaged_at_every_place(tmp_path: Path) -> None:
    """
    Cut or altered bytes are a ConfigError, or change nothing; no other error comes out.
    """
    wheel = make_wheel(tmp_path)
    whole, files = wheel.read_bytes(), _wheels.read(wheel).files
    for at in range(len(whole)):
        for data in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x81]) + whole[at + 1 :]):
            wheel.write_bytes(data)
            with contextlib.suppress(ConfigError):
                assert files == _wheels.read(wheel).files


@pytest.mark.parametrize(
    "packages",
    [
        "attrs",
        b"attrs",
        [3],
        [None],
        ["--index-url=http://evil"],
        ["-r requirements.txt"],
        ["toy @ file:///etc/passwd"],
        ["https://evil/toy.tar.gz"],
        ["toy; python_version > '3'"],
        ["toy==1.0 --no-deps"],
        [""],
        ["toy\n--pre"],
        ["/no/such/toy-1.0-py3-none-any.whl"],
        ["toy.whl"],
        [Path("toy")],
    ],
)
def test_packages_that_are_none(packages: object) -> None:
    """
    A package is a path or a name; nothing reaches pip as an option or an address.
    """
    with pytest.raises(ConfigError, match="package"):
        Session("micropython", packages=packages)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["attrs", "ruamel.yaml", "a>=1,<2", "a[b,c]==1.*", "a ~= 1.0"])
def test_requirements(name: str) -> None:
    """
    The counter-test: what a name with version specifiers is.
    """
    assert name.replace(" ", "") == _resolve.check(name)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels in place of a package index, and an empty cache."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("SANDBOX_WASM_CACHE", str(tmp_path / "cache"))
    return folder


def test_names_bring_what_they_need(index: Path, tmp_path: Path) -> None:
    """
    pip resolves once, and the answer stays; the tree has the dependencies.
    """
    metadata = METADATA + b"Requires-Dist: boy>=2\n"
    make_wheel(index, {f"{INFO}/METADATA": metadata})
    boy = b"Metadata-Version: 2.1\nName: boy\nVersion: 2\n"
    other(index, {"boy/__init__.py": b"name = 'boy'\n", "boy-2.dist-info/METADATA": boy})

    found = _resolve.resolve(["toy"], "3.13")
    assert ["boy-2-py3-none-any.whl", "toy-1.0-py3-none-any.whl"] == [p.name for p in found]
    for wheel in index.glob("*.whl"):
        wheel.unlink()
    code = "import boy, toy\nboy.name, toy.double(2)"
    assert ("boy", 4) == run(code, packages=["toy"]).value
    with pytest.raises(ConfigError, match="cannot be resolved"):
        _resolve.resolve(["toy<1"], "3.13")


def test_name_of_native_code(index: Path) -> None:
    """
    It is refused with its name; an older release that is pure is not taken instead.
    """
    python = f"cp{sys.version_info.major}13"
    native = f"toy-1.0-{python}-{python}-manylinux_2_17_x86_64.whl"
    wheel = WHEEL.replace(b"py3-none-any", b"cp313-cp313-manylinux_2_17_x86_64")
    make_wheel(index, {f"{INFO}/WHEEL": wheel}, name=native)
    old = make_wheel(index, name="toy-0.9-py3-none-any.whl")
    text = old.read_bytes().replace(b"toy-1.0.dist-info", b"toy-0.9.dist-info")
    old.write_bytes(text)

    with pytest.raises(ConfigError, match=r"package 'toy' has native code.*sandbox-wasm wheel toy"):
        _resolve.resolve(["toy"], "3.13")


def test_wheel_that_was_built_is_found(index: Path, tmp_path: Path) -> None:
    """
    What `build_wheels` has left stands for the native release of the same name.
    """
    native = "toy-1.0-cp313-cp313-manylinux_2_17_x86_64.whl"
    make_wheel(
        index, {f"{INFO}/WHEEL": WHEEL.replace(b"py3-none-any", b"cp313-cp313-any")}, name=native
    )
    built = tmp_path / "cache" / "packages" / "built"
    built.mkdir(mode=0o700, parents=True)
    (tmp_path / "cache").chmod(0o700)
    (tmp_path / "cache" / "packages").chmod(0o700)
    make_wheel(built)

    assert ["toy-1.0-py3-none-any.whl"] == [p.name for p in _resolve.resolve(["toy"], "3.13")]


def test_no_folder_for_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Names need a place to keep wheels, and the error says so.
    """
    monkeypatch.setenv("SANDBOX_WASM_CACHE", "")

    for act in (lambda: _resolve.resolve(["toy"], "3.13"), lambda: build_wheels(["toy"])):
        with pytest.raises(ConfigError, match="SANDBOX_WASM_CACHE"):
            act()


def test_uv_in_place_of_pip(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Where this Python has no pip, uv brings one.
    """
    tool = tmp_path / "bin" / "uv"
    tool.parent.mkdir()
    tool.write_text(
        f'#!/bin/sh\n[ "$*" != "${{*#tool run --from pip pip }}" ] || exit 9\n'
        f'shift 5\nexec {sys.executable} -m pip "$@"\n'
    )
    tool.chmod(0o755)
    make_wheel(index)
    monkeypatch.setattr(_resolve.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    assert ["toy-1.0-py3-none-any.whl"] == [p.name for p in _resolve.resolve(["toy"], "3.13")]

    monkeypatch.setenv("PATH", str(index))
    with pytest.raises(ConfigError, match="need pip or uv"):
        _resolve.resolve(["toy>0"], "3.13")


def test_build_declares_what_is_pure(tmp_path: Path) -> None:
    """
    A wheel without native code that is marked for a platform is written anew; with some
    it is refused.
    """
    name = "toy-1.0-cp311-cp311-linux_x86_64.whl"
    marked = WHEEL.replace(b"true", b"false").replace(b"py3-none-any", b"cp311-cp311-linux_x86_64")
    pure = _wheels.declare_pure(make_wheel(tmp_path, {f"{INFO}/WHEEL": marked}, name=name))
    assert CODE == _wheels.read(pure).files["toy", "__init__.py"]

    files = {f"{INFO}/WHEEL": marked, "toy/_c.so": b"\x7fELF"}
    native = _wheels.declare_pure(make_wheel(tmp_path, files, name=name))
    with pytest.raises(ConfigError, match=r"native code, toy/_c\.so"):
        _wheels.read(native)


def test_command_line(tmp_path: Path) -> None:
    """
    ``--with`` may be given several times, and takes paths.
    """
    wheels = [make_wheel(tmp_path), other(tmp_path, {"boy/__init__.py": b"name = 'boy'"})]
    options = [word for wheel in wheels for word in ("--with", str(wheel))]
    code = "import boy, toy; print(boy.name, toy.double(2))"

    done = CliRunner().invoke(cli.main, [*options, "-c", code])
    assert (0, "boy 4\n") == (done.exit_code, done.output)
    assert 2 == CliRunner().invoke(cli.main, ["--with", "-x", "-c", "1"]).exit_code


def test_bytecode_that_is_none(tmp_path: Path) -> None:
    """
    Source that does not compile is an error of who imports it, and of nobody else.
    """
    wheel = make_wheel(tmp_path, {"toy/bad.py": b"def (:\n", "toy/odd.py": b"\xff\0"})
    with Session(packages=[wheel]) as session:
        assert 2 == session.run("import toy\ntoy.double(1)").value
        assert "SyntaxError" == session.run("import toy.bad", check=False).error.type_name  # type: ignore[union-attr]


def test_fork(tmp_path: Path) -> None:
    """
    A second session from a live one has the same packages, imported or not.
    """
    wheel = make_wheel(tmp_path, {"toy/later.py": b"value = 7\n"})
    with Session(packages=iter([wheel])) as session:
        session.run("import toy")
        with session.fork() as fork:
            assert (8, 7) == fork.run("import toy.later\ntoy.double(4), toy.later.value").value


def test_beside_a_network(tmp_path: Path) -> None:
    """
    Packages are imported beside what a network brings.
    """
    pytest.importorskip("httpx")
    wheel = make_wheel(tmp_path)
    with Session(packages=[wheel], network=NetworkPolicy()) as session:
        assert session.run("import toy\ncallable(fetch), toy.double(1)").value == (True, 2)
