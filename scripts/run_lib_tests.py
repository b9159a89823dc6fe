#!/usr/bin/env python3
"""Run CPython's own tests inside the sandbox, and compare with what is expected to pass.

    python scripts/run_lib_tests.py "$(scripts/fetch_cpython_source.sh)" [MODULE...]

takes CPython's source archive, or the folder ``Lib/test`` of an unpacked one, of the
version that the artifact was built from. Each test module
runs in a session of its own, as unittest runs it and with upstream's own reasons for
skipping. Prints a line for each, and writes what fails to ``build/lib_tests.log``.

``tests/cpython_lib_tests.txt`` lists the modules that pass, and after some the tests that
fail in them, for the reason above the line. Without MODULE all of upstream's are tried;
with ``--expected`` only those of the list. Exit status 1 if one of the list does not pass;
``--update`` adds what passes now.
"""

from __future__ import annotations

import argparse
import base64
import concurrent.futures
import hashlib
import multiprocessing
import re
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sandbox_wasm import ConfigError, Limits, SandboxError, Session

ROOT = Path(__file__).resolve().parents[1]
EXPECTED = ROOT / "tests" / "cpython_lib_tests.txt"
LOG = ROOT / "build" / "lib_tests.log"
LIMITS = Limits(
    wall_seconds=600,  # a busy machine is slow, and nothing here is hostile
    memory_bytes=1 << 30,
    file_bytes=256 << 20,
    output_bytes=1 << 20,
    result_bytes=4 << 20,
)
NATIVE = re.compile(r"\.(so|pyd|dll|dylib|a|lib|o)(\.[0-9.]+)?$", re.IGNORECASE)

# Runs in the guest.
DRIVER = r"""
def run_lib_test(name):
    import importlib, sys, unittest
    from test import support

    support.verbose = 0
    support.use_resources = {}
    sys.argv = ["test"]
    try:
        module = importlib.import_module("test." + name)
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    except unittest.SkipTest as error:
        return {"why": str(error), "ran": 0, "skipped": 0, "bad": []}
    except ModuleNotFoundError as error:  # C helpers of the tests; modules of other systems
        return {"why": f"needs {error.name}", "ran": 0, "skipped": 0, "bad": []}
    result = unittest.TestResult()
    suite.run(result)
    bad = [(test.id(), text[-1500:]) for test, text in result.failures + result.errors]
    bad += [(test.id(), "unexpected success") for test in result.unexpectedSuccesses]
    skipped = len(result.skipped)
    return {"why": "", "ran": result.testsRun - skipped, "skipped": skipped, "bad": bad}
"""


class Outcome(NamedTuple):
    """What became of one module: ``passed``, ``skipped`` or ``failed``, and why."""

    module: str
    state: str
    text: str
    detail: str
    seconds: float


def sources(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of upstream's package ``test``, by path."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield f"test/{file.relative_to(path).as_posix()}", file.read_bytes()
        return
    with tarfile.open(path) as archive:
        for member in archive:
            _, _, name = member.name.partition("/Lib/test/")
            if name and member.isfile():
                data = archive.extractfile(member)
                assert data is not None
                yield f"test/{name}", data.read()


def make_wheel(source: Path, folder: Path) -> tuple[Path, list[str]]:
    """Write the package ``test`` as a wheel, which sessions share; return the modules, too."""
    path = folder / "test-0-py3-none-any.whl"
    rows, modules = [], []
    with zipfile.ZipFile(path, "w") as archive:

        def add(name: str, data: bytes) -> None:
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
            rows.append(f'"{name}",sha256={digest.decode()},{len(data)}')
            archive.writestr(name, data)

        for name, data in sources(source):
            if name.isprintable() and not NATIVE.search(name) and "__pycache__" not in name:
                add(name, data)
            match = re.fullmatch(r"test/(test_\w+)(\.py|/__init__\.py)", name)
            if match:
                modules.append(match[1])
        wheel = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        add("test-0.dist-info/WHEEL", wheel)
        rows.append("test-0.dist-info/RECORD,,")
        archive.writestr("test-0.dist-info/RECORD", "\n".join(rows) + "\n")
    return path, sorted(modules)


def attempt(wheel: Path, module: str, known: list[str]) -> Outcome:
    """Run one test module in a session of its own; *known* of its tests may fail."""
    began = time.monotonic()
    state, text, detail = "failed", "", ""
    try:
        with Session(packages=[wheel], limits=LIMITS) as session:
            session.run(DRIVER)
            found: dict[str, Any] = session.call("run_lib_test", module)
    except ConfigError:
        raise
    except SandboxError as error:
        text = f"{type(error).__name__}: {str(error)[:120]}"
        detail = getattr(error, "traceback", "") or ""
    else:
        bad = [each for each in found["bad"] if not any(name in each[0] for name in known)]
        text = f"{found['ran']} ran, {found['skipped']} skipped, {len(bad)} bad"
        text += f", {len(found['bad']) - len(bad)} known" if known else ""
        detail = "\n".join(f"{test}\n{trace}" for test, trace in bad)
        if not bad:
            state = "passed" if found["ran"] else "skipped"
            text = text if found["ran"] else found["why"] or text
    return Outcome(module, state, " ".join(text.split()), detail, time.monotonic() - began)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("modules", nargs="*")
    parser.add_argument("--expected", action="store_true", help="only what is expected to pass")
    parser.add_argument("--update", action="store_true", help="write the list anew")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()

    listed = EXPECTED.read_text().splitlines() if EXPECTED.exists() else []
    words = [line.split() for line in listed if line and not line.startswith("#")]
    expected = {module: known for module, *known in words}
    with tempfile.TemporaryDirectory() as folder:
        wheel, modules = make_wheel(options.source, Path(folder))
        wanted = options.modules or (sorted(expected) if options.expected else modules)
        if unknown := sorted(set(wanted) - set(modules)):
            sys.exit(f"{options.source} has no {', '.join(unknown)}")
        LOG.parent.mkdir(exist_ok=True)
        outcomes = []
        context = multiprocessing.get_context("spawn")
        with (
            LOG.open("w") as log,
            concurrent.futures.ProcessPoolExecutor(options.jobs, mp_context=context) as pool,
        ):
            futures = [pool.submit(attempt, wheel, each, expected.get(each, [])) for each in wanted]
            for future in concurrent.futures.as_completed(futures):
                outcome = future.result()
                outcomes.append(outcome)
                seconds = f"{outcome.seconds:6.1f} s"
                print(f"{outcome.state:8}{outcome.module:28}{seconds}  {outcome.text}", flush=True)
                if outcome.state == "failed":
                    log.write(f"== {outcome.module}: {outcome.text}\n{outcome.detail}\n")
    states = {state: {o.module for o in outcomes if o.state == state} for state in STATES}
    print(", ".join(f"{len(found)} {state}" for state, found in states.items()))
    if options.update:
        news = sorted(states["passed"] - set(expected))
        EXPECTED.write_text("\n".join([*listed, *news]) + "\n")
        return 0
    missing = sorted((set(expected) & set(wanted)) - states["passed"])
    for module in missing:
        print(f"expected to pass, and did not: {module}")
    if news := sorted(states["passed"] - set(expected)):
        print(f"passes, and is not in the list: {' '.join(news)}")
    return 1 if missing else 0


STATES = ("passed", "skipped", "failed")

if __name__ == "__main__":
    sys.exit(main())
