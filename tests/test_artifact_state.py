"""Linear memory and one global are all the state that an interpreter has."""

import os

import pytest

from sandbox_wasm._wasm import _artifacts, _engine, _instance
from sandbox_wasm.interpreters import _zygote

TABLES, GLOBALS, EXPORTS, START, ELEMENTS, DATA = 4, 6, 7, 8, 9, 11
FUNCREF = 0x70


class Reader:
    """Reads the binary form of a module."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def number(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def take(self, length):
        self.at += length
        return self.data[self.at - length : self.at]

    def constant(self):
        """Skip an expression that is one i32.const."""
        assert 0x41 == self.byte()
        self.number()
        assert 0x0B == self.byte()


@pytest.fixture
def sections(interpreter):
    """Readers of the sections of an artifact, by their number."""
    module = Reader(_artifacts.load(interpreter).read()[8:])
    found = {}
    while module.at < len(module.data):
        number = module.byte()
        found[number] = Reader(module.take(module.number()))
    return found


def test_one_mutable_global_and_it_is_exported(sections):
    """
    What a checkpoint writes down besides memory is the stack pointer, and there is no more.
    """
    mutable = []
    for index in range(sections[GLOBALS].number()):
        sections[GLOBALS].byte()
        if sections[GLOBALS].byte():
            mutable.append(index)
        sections[GLOBALS].constant()
    exported = {}
    for _ in range(sections[EXPORTS].number()):
        name = sections[EXPORTS].take(sections[EXPORTS].number())
        kind, index = sections[EXPORTS].byte(), sections[EXPORTS].number()
        if kind == 3:
            exported[name] = index

    assert [exported[b"__stack_pointer"]] == mutable


def test_tables_are_what_they_are(sections):
    """
    None can grow, and none has elements that are put in later.
    """
    for _ in range(sections[TABLES].number()):
        assert FUNCREF == sections[TABLES].byte()
        assert 1 == sections[TABLES].byte()  # it has a largest size
        assert sections[TABLES].number() == sections[TABLES].number()
    # The first segment is active, and holds all there is.
    assert 1 == sections[ELEMENTS].number()
    assert 0 == sections[ELEMENTS].number()


def test_data_is_all_in_memory(sections):
    """
    No segment is kept for later, to be used or dropped by the guest; nothing runs at the start.
    """
    data = sections[DATA]
    for _ in range(data.number()):
        assert 0 == data.number()
        data.constant()
        data.take(data.number())
    assert START not in sections


def test_every_instance_begins_the_same(interpreter):
    """
    Whatever the engine is told, and in another process: snapshots leave out what it begins with.
    """
    artifact = _artifacts.load(interpreter)
    found = []
    for fuel, epoch in ((False, True), (True, True), (False, False)):
        memory = _instance._reference(_engine.family(artifact, fuel=fuel, epoch=epoch))
        found.append(memory.read(0, memory.size))
    if hasattr(os, "fork"):
        zygote = _zygote.get(interpreter, False)
        found += zygote.pristine([(0, zygote.base_bytes)])

    assert 1 == len(set(found))


@pytest.mark.parametrize("interpreter", ["cpython"])
def test_an_image_is_what_its_instances_begin_with(sections):
    """
    Nothing is done at the start of one that was initialised when it was built.
    """
    artifact = _artifacts.load("cpython")
    memory = _instance._reference(_engine.family(artifact, fuel=False))
    written = bytearray(memory.size)
    data = sections[DATA]
    for _ in range(data.number()):
        data.number()
        data.byte()
        at = data.number()
        data.byte()
        part = data.take(data.number())
        written[at : at + len(part)] = part

    assert written == memory.read(0, memory.size)
