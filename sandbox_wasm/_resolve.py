"""From names of packages to wheels: what pip resolves, kept in the user's cache folder.

pip is asked for what the name means on a CPython of the guest's version; what it answers
with is taken only if it is pure. Without that order of things pip would go back to ever
older releases until one was pure. Nothing is built here and no code of a package runs,
except in `build_wheels`, which is asked for by name.

Which dependencies apply is pip's decision, and it decides for the Python that runs it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from . import _wheels
from ._checks import listed, shown
from ._errors import ConfigError
from ._wasm._cache import default_folder, private_folder

# A name, extras, and conditions on the version. No address, no option of pip, no marker.
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?"
    r"(?:\s*\[[\w.,\s-]*\])?"
    r"\s*(?:(?:[=!~<>]=|===|[<>])\s*[\w.*+!-]+\s*(?:,\s*(?:[=!~<>]=|===|[<>])\s*[\w.*+!-]+\s*)*)?",
    re.ASCII,
)
_PATIENCE = 600.0
_ONLY_PURE = ["--platform", "any", "--implementation", "py", "--abi", "none"]


def check(requirement: object) -> str:
    """Return *requirement* without spaces.

    Raises:
        ConfigError: It is not a name with version specifiers.
    """
    if (
        not isinstance(requirement, str)
        or len(requirement) > 500
        or not _REQUIREMENT.fullmatch(requirement)
    ):
        raise ConfigError(
            f"a package is a path of a wheel, or a name such as 'attrs' or 'attrs>=24,<26'; "
            f"got {shown(requirement)}"
        )
    return re.sub(r"\s", "", requirement)


def resolve(requirements: Iterable[str], language: str) -> list[Path]:
    """Return the wheels of *requirements* and of all that they need.

    The first time asks the package index; the answer is kept until its folder is deleted.

    Args:
        language: The version of Python that the guest speaks, as ``"3.13"``.

    Raises:
        ConfigError: One is not there, not pure, or cannot be had.
    """
    wanted = sorted(set(map(check, requirements)))
    home = _home()
    built = sorted(path.name for path in (home / "built").glob("*.whl"))
    key = hashlib.sha256(json.dumps([wanted, language, built]).encode()).hexdigest()
    kept = home / key[:32]
    if not kept.is_dir():
        with tempfile.TemporaryDirectory(prefix=".new-", dir=home) as name:
            made = Path(name, "wheels")
            made.mkdir(mode=0o700)
            _fetch(wanted, language, home / "built", made, Path(name))
            try:
                made.rename(kept)
            except OSError:
                if not kept.is_dir():  # another process was quicker
                    raise
    return sorted(kept.glob("*.whl"))


def _home() -> Path:
    folder = default_folder()
    home = private_folder(folder and folder / "packages") if private_folder(folder) else None
    if home is None:
        raise ConfigError(
            "names of packages need a folder to keep wheels in: let SANDBOX_WASM_CACHE name "
            "one that belongs to this user alone, or give paths of wheels"
        )
    return home


def _fetch(wanted: list[str], language: str, built: Path, to: Path, scratch: Path) -> None:
    ours = {_wheels.tags(path.name)[:2]: path for path in built.glob("*.whl")}
    constraints = scratch / "constraints.txt"
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in ours))
    report = scratch / "report.json"
    source = ["--only-binary", ":all:", "--find-links", str(built), "--python-version", language]
    _pip(
        ["install", "--dry-run", "--ignore-installed", "--report", str(report), *source]
        + ["--target", str(scratch / "none"), "--constraint", str(constraints), "--", *wanted],
        scratch,
    )
    pure = []
    for item in json.loads(report.read_bytes())["install"]:
        name, version = _wheels.normal(item["metadata"]["name"]), item["metadata"]["version"]
        file = unquote(urlsplit(item["download_info"]["url"]).path).rpartition("/")[2]
        pin = f"{name}=={version}"
        download = ["download", "--no-deps", "--dest", str(to), *source, *_ONLY_PURE, "--"]
        if (name, version) in ours:
            shutil.copy(ours[name, version], to)
        elif _wheels.tags(file)[2]:
            pure.append(pin)
        else:
            # There may be a pure wheel beside the one that pip likes better.
            try:
                _pip([*download, pin], scratch)
            except ConfigError:
                raise ConfigError(
                    f"package {name!r} has native code ({file}): {_wheels.needs_pure(name)}"
                ) from None
    if pure:
        _pip([*download, *pure], scratch)


def build_wheels(names: Sequence[str]) -> list[Path]:
    """Build pure wheels of packages that are published with native code only.

    The sources are built as pip builds them, with a compiler that fails: packages whose
    native part is optional then do without it. Later sessions find the wheels by name.
    This runs the packages' own build code on this machine, outside any sandbox.

    Args:
        names: Names with version specifiers, as in ``Session(packages=...)``.

    Raises:
        ConfigError: One cannot be built, or has native code all the same.
    """
    home = _home()
    built = home / "built"
    built.mkdir(mode=0o700, exist_ok=True)
    paths = []
    for requirement in [check(name) for name in listed(names, "names")]:
        name = re.split(r"[^\w.-]", requirement)[0]
        with tempfile.TemporaryDirectory(prefix=".new-", dir=home) as scratch:
            to = Path(scratch, "wheels")
            _pip(
                ["wheel", "--no-deps", "--no-binary", name, "--wheel-dir", str(to)]
                + ["--no-cache-dir", "--", requirement],
                Path(scratch),
                CC="false",
                CXX="false",
            )
            (made,) = to.glob("*.whl")
            pure = _wheels.declare_pure(made)
            _wheels.read(pure)
            for old in built.glob("*.whl"):
                if _wheels.tags(old.name)[0] == _wheels.normal(name):
                    old.unlink()
            paths.append(pure.rename(built / pure.name))
    return paths


def _pip(arguments: list[str], scratch: Path, **environment: str) -> None:
    try:
        done = subprocess.run(
            [*_installer(), *arguments],
            cwd=scratch,
            env={
                **os.environ,
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                "PIP_NO_INPUT": "1",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"packages cannot be resolved: {type(error).__name__}") from error
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").splitlines()
        errors = [line for line in lines if "error" in line.lower()] or lines or ["no reason"]
        raise ConfigError(f"packages cannot be resolved: {' '.join(errors[-3:])[:600]}")


def _installer() -> list[str]:
    """Return the command of pip: this Python's own, or the one that uv has."""
    if importlib.util.find_spec("pip") is not None:
        # Isolated, or the current folder could have a pip.py.
        return [sys.executable, "-I", "-m", "pip"]
    uv = shutil.which("uv")
    if uv is None:
        raise ConfigError("names of packages need pip or uv: install one, or give paths of wheels")
    return [uv, "tool", "run", "--from", "pip", "pip"]
