"""Run programs on an instrumented reactor, and write how often each piece of it ran.

    train_cpython.py REACTOR PROGRAM PROFILE

The result is LLVM's textual profile. There is no profile runtime in the guest: its
counters, what they belong to and the names are read out of its memory. The program is
run under the host of preinitialize.py, so the profile is the same every time.
"""

from __future__ import annotations

import hashlib
import struct
import sys
from pathlib import Path

from preinitialize import Boot, abi, compile_module
from wasm_module import Reader

# One function's record: hash of its name, of its shape, where its counters are relative
# to the record, and how many.
RECORD = struct.Struct("<QQi12xI12x")


def request(boot: Boot, source: bytes) -> None:
    """Run *source* in the guest."""
    status, _, text = boot.request(source)
    if status != abi.STATUS_OK:
        raise SystemExit(f"train: the program failed: {text.decode()}")


def read_names(data: bytes) -> dict[int, str]:
    """Return the functions' names by their hashes."""
    names = {}
    cursor = Reader(data)
    while cursor.at < len(data):
        if data[cursor.at] == 0:  # padding between the parts of the linked objects
            cursor.at += 1
            continue
        size, compressed = cursor.number(), cursor.number()
        if compressed:
            raise SystemExit("train: the names are compressed")
        for name in cursor.take(size).split(b"\1"):
            digest = hashlib.md5(name, usedforsecurity=False).digest()
            names[int.from_bytes(digest[:8], "little")] = name.decode()
    return names


def profile(memory: bytes, bounds: list[int]) -> str:
    """Return the profile that the counters in *memory* make."""
    counters, counters_end, records, records_end, names_at, names_end = bounds
    names = read_names(memory[names_at:names_end])
    lines = [":ir"]
    seen = set()
    for at in range(records, records_end, RECORD.size):
        name, shape, offset, count = RECORD.unpack_from(memory, at)
        start = (at + offset) & 0xFFFFFFFF
        if not counters <= start <= counters_end - 8 * count:
            raise SystemExit(f"train: the counters of a function are at {start}")
        if (name, shape) in seen or name not in names:
            continue
        seen.add((name, shape))
        values = struct.unpack_from(f"<{count}Q", memory, start)
        lines += [names[name], str(shape), str(count), *map(str, values), ""]
    return "\n".join(lines) + "\n"


def main(reactor: str, program: str, target: str) -> None:
    boot = Boot(*compile_module(Path(reactor).read_bytes()))
    boot.initialize()
    where = boot.exports["sandbox_profile"]
    bounds = [where(boot.store, which) & 0xFFFFFFFF for which in range(6)]
    # How the image comes about is no part of what shall be fast.
    boot.memory.write(boot.store, bytes(bounds[1] - bounds[0]), bounds[0])
    request(boot, Path(program).read_bytes())
    # And what sessions do all the time: small runs.
    for number in range(300):
        request(boot, b"x = %d\nx += 1\nprint(x)\n[x, 'a', {'k': x}]" % number)
    size = boot.memory.data_len(boot.store)
    memory = bytes(boot.memory.read(boot.store, 0, size))
    Path(target).write_text(profile(memory, bounds))


if __name__ == "__main__":
    main(*sys.argv[1:])
