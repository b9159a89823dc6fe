"""Every trap of the engine has words, and nothing but words gets out."""

import pytest
import wasmtime

from sandbox_wasm._wasm._traps import _KINDS, FUEL, STOPPED, describe, kind_of


@pytest.mark.parametrize("code", list(wasmtime.TrapCode), ids=lambda code: code.name)
def test_every_trap_code_has_words(code):
    """
    A code that the table does not know still reads like words.
    """
    words = describe(code)

    assert words
    assert words == words.strip().lower() or words in _KINDS.values()
    assert "_" not in words


def test_the_table_names_only_codes_that_there_are():
    """
    An engine that renames a trap is noticed.
    """
    names = {code.name for code in wasmtime.TrapCode}

    assert {"UNREACHABLE", "STACK_OVERFLOW", "INTERRUPT", "OUT_OF_FUEL"} <= names
    assert len(set(_KINDS.values())) == len(_KINDS)
    assert (STOPPED, FUEL) == (
        describe(wasmtime.TrapCode.INTERRUPT),
        describe(wasmtime.TrapCode.OUT_OF_FUEL),
    )


def test_the_text_of_an_error_stays_inside():
    """
    A trap's own text has the names of the guest's functions in it; its kind has not.
    """
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    module = wasmtime.Module(engine, '(module (func $secret_name (export "f") (unreachable)))')
    function = wasmtime.Instance(store, module, []).exports(store)["f"]
    with pytest.raises(wasmtime.Trap) as info:
        function(store)

    assert "secret_name" in str(info.value)
    assert "unreachable code" == kind_of(info.value)
    assert "engine error" == kind_of(wasmtime.WasmtimeError("path /home/secret_name"))
    assert "secret" not in kind_of(wasmtime.Trap("secret"))
