"""Every trap of the engine has words, and nothing but words gets out."""

import gc

import pytest
import wasmtime

from sandbox_wasm._wasm._exports import StackPointer, entry
from sandbox_wasm._wasm._imports import define
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


def test_what_an_import_raises_comes_out_nowhere():
    """
    It ends the guest that called, and not whoever calls the engine next.
    """
    engine = wasmtime.Engine()
    text = """
    (module (import "s" "f" (func $f)) (func (export "go") (call $f)) (func (export "no")))
    """
    module = wasmtime.Module(engine, text)
    calls = []
    linker = wasmtime.Linker(engine)

    def fail():
        calls.append(1)
        if len(calls) > 1:
            raise KeyboardInterrupt("secret")

    kept = define(linker, "s", "f", fail)
    gc.collect()
    store = wasmtime.Store(engine)
    exports = linker.instantiate(store, module).exports(store)
    exports["go"](store)
    with pytest.raises(wasmtime.WasmtimeError) as info:
        exports["go"](store)

    assert "engine error" == kind_of(info.value)
    assert "secret" not in str(info.value)
    exports["no"](store)
    assert [1, 1] == calls
    del kept


def test_entry_raises_what_ended_its_own_guest(monkeypatch):
    """
    And nothing that an import of somebody else's guest has raised and nobody has taken.
    """
    monkeypatch.setattr("wasmtime._func.LAST_EXCEPTION", KeyError("of another guest"))
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    text = """
    (module (func (export "no")) (func (export "die") (unreachable))
      (func $f (export "deep") (call $f) (call $f)))
    """
    exports = wasmtime.Instance(store, wasmtime.Module(engine, text), []).exports(store)
    no, die, deep = (entry(store, exports[name]) for name in ("no", "die", "deep"))
    del exports
    gc.collect()

    no()
    with pytest.raises(wasmtime.Trap) as info:
        die()
    assert "unreachable code" == kind_of(info.value)
    with pytest.raises(wasmtime.Trap) as info:
        deep()
    assert "stack overflow" == kind_of(info.value)
    store.close()
    with pytest.raises(ValueError, match="closed"):
        no()


def test_an_import_cannot_be_defined_twice():
    """
    What the engine says against a definition is an error.
    """
    linker = wasmtime.Linker(wasmtime.Engine())
    kept = [define(linker, "s", "f", list)]
    with pytest.raises(wasmtime.WasmtimeError, match="defined twice"):
        define(linker, "s", "f", list)
    assert kept


@pytest.mark.parametrize("word", [0, 1, 65_536, (1 << 31) - 1, 1 << 31, (1 << 32) - 1])
def test_stack_pointer(word):
    """
    It is a word without sign, which the guest has as the same bits.
    """
    store = wasmtime.Store()
    text = """
    (module (global $p (export "__stack_pointer") (mut i32) (i32.const -8))
      (func (export "is") (param i32) (result i32) (i32.eq (local.get 0) (global.get $p)))
      (func (export "set") (param i32) (global.set $p (local.get 0))))
    """
    exports = wasmtime.Instance(store, wasmtime.Module(store.engine, text), []).exports(store)
    pointer, signed = StackPointer(store, exports), word - (word >> 31 << 32)
    assert (1 << 32) - 8 == pointer.read()

    pointer.write(word)
    assert word == pointer.read()
    assert exports["is"](store, signed)
    for value in (7, signed):
        exports["set"](store, value)
        assert value & 0xFFFFFFFF == pointer.read()
    store.close()
    with pytest.raises(ValueError, match="closed"):
        pointer.read()


def test_no_stack_pointer():
    """
    Modules without one are as if it were 0.
    """
    store = wasmtime.Store()
    exports = wasmtime.Instance(store, wasmtime.Module(store.engine, "(module)"), []).exports(store)
    pointer = StackPointer(store, exports)
    pointer.write(8)

    assert 0 == pointer.read()
