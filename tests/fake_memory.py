"""The memory of no guest at all, for what is to be tried without one."""

from __future__ import annotations

import struct

from sandbox_wasm import GuestProtocolError


class FakeMemory:
    """*size* bytes, with the checks of a guest's memory."""

    def __init__(self, size: int) -> None:
        self.data = bytearray(size)

    def read(self, address: int, length: int) -> bytes:
        if address < 0 or length < 0 or address + length > len(self.data):
            raise GuestProtocolError(f"{length} bytes at {address}")
        return bytes(self.data[address : address + length])

    def write(self, address: int, data: bytes) -> None:
        self.read(address, len(data))
        self.data[address : address + len(data)] = data

    def unpack(self, form: struct.Struct, address: int) -> tuple[int, ...]:
        return form.unpack(self.read(address, form.size))

    def pack(self, form: struct.Struct, address: int, *values: int) -> None:
        self.write(address, form.pack(*values))
