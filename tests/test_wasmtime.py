"""What this library takes for granted of wasmtime, beside what the attacks of test_wat.py try.

docs/upgrading-wasmtime.md lists all of it, for whoever moves to another version.
"""

import re
from pathlib import Path

import pytest
import wasmtime

import sandbox_wasm
from sandbox_wasm._wasm import _config

PACKAGE = Path(sandbox_wasm.__file__).parent / "_wasm"
PAGE = Path(__file__).parents[1] / "docs" / "upgrading-wasmtime.md"


@pytest.mark.parametrize("name", _config.SETTINGS)
def test_settings_are_the_engines(name):
    """
    Each is one that the engine has, and takes.
    """
    assert isinstance(getattr(wasmtime.Config, name), property)


def test_a_setting_that_has_gone(monkeypatch):
    """
    What would switch nothing off any more is an error, and no attribute of an object.
    """
    monkeypatch.setitem(_config.SETTINGS, "wasm_no_such_thing", False)

    with pytest.raises(AttributeError):
        _config.config(_config.Variant())


def test_every_feature_is_decided():
    """
    A feature that a new engine brings is switched on or off here, and by no default of its own.
    """
    off = tuple(name for name, value in _config.SETTINGS.items() if value is False)
    features = {name for name in vars(wasmtime.Config) if name.startswith("wasm_")}

    # What is a part of one that is off is off with it.
    assert not [name for name in features - set(_config.SETTINGS) if not name.startswith(off)]


def test_compiled_on_one_processor_or_all():
    """
    The machine code is the same.
    """
    functions = "".join(
        f"(func $f{n} (param i32) (result i32) (i32.mul (local.get 0) (i32.const {n})))"
        for n in range(200)
    )
    made = [
        wasmtime.Module(
            wasmtime.Engine(_config.config(_config.Variant(), compiling=True, parallel=parallel)),
            f"(module {functions})",
        ).serialize()
        for parallel in (False, True)
    ]

    assert made[0] == made[1]


def test_private_names_are_listed():
    """
    What is used of wasmtime-py that it does not promise stands on the page, and nothing else.
    """
    text = "".join(path.read_text("utf-8") for path in sorted(PACKAGE.glob("*.py")))
    used = set(re.findall(r"\b_ffi\.(\w+)", text))
    used |= set(re.findall(r"wasmtime\.\w+(?:\([^)]*\))?\.(_\w+)\(", text))
    used |= set(re.findall(r"from wasmtime\._\w+ import (\w+)", text))
    section = PAGE.read_text("utf-8").partition("## Private names")[2].partition("\n## ")[0]

    assert used == set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))
