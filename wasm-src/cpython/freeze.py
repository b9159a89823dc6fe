"""Freeze the standard library and our own modules into one C table.

    freeze.py LIB OWN TZDATA OUT

LIB is CPython's Lib, OWN the folder lib beside this file, TZDATA the unpacked wheel.
Runs on the CPython that the library belongs to. Writes OUT/frozen_table.c with
OUT/library.bin, which it embeds, and OUT/modules.txt, the names of what can be
imported.
"""

import marshal
import os
import sys
from pathlib import Path

from tzdata_modules import tzdata_sources

# Of no use where there is no terminal, no display, no browser and no network, or
# tests and tools for working on CPython itself.
LEFT_OUT = set(
    """
    __hello__ __phello__ _aix_support _android_support _apple_support _ios_support
    _osx_support _sysconfigdata__linux_x86_64-linux-gnu antigravity ctypes curses
    ensurepip idlelib msilib nturl2path pydoc_data site-packages test
    tkinter turtle turtledemo venv
    """.split()
)


def sources(folder: Path, left_out=frozenset()):
    """Yield (name, is a package, file name, source) of each module below *folder*."""
    for directory, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in left_out and f != "__pycache__")
        for file in sorted(files):
            path = Path(directory) / file
            name = ".".join(path.relative_to(folder).with_suffix("").parts)
            is_package = path.name == "__init__.py"
            name = name.removesuffix(".__init__")
            plain = all(part.isidentifier() for part in name.replace("-", "_").split("."))
            repl = name.startswith("_pyrepl.") and name != "_pyrepl.pager"  # help() pages
            if path.suffix == ".py" and name not in left_out and plain and not repl:
                yield name, is_package, path.read_bytes()


def freeze(modules, out: Path) -> None:
    """Write the table of *modules*, which maps names to (is a package, source)."""
    blob = bytearray()
    rows = []
    for name, (is_package, source) in sorted(modules.items()):
        code = compile(source, f"<frozen {name}>", "exec", dont_inherit=True, optimize=0)
        data = marshal.dumps(code)
        rows.append(f'    {{"{name}", library + {len(blob)}, {len(data)}, {int(is_package)}}},')
        blob += data + bytes(-len(data) % 4)
    (out / "library.bin").write_bytes(blob)
    (out / "modules.txt").write_text("\n".join(sorted(modules)) + "\n")
    (out / "frozen_table.c").write_text(
        "#include <Python.h>\n"
        "static const unsigned char library[] __attribute__((aligned(16))) = {\n"
        '#embed "library.bin"\n'
        "};\n"
        "const struct _frozen sandbox_frozen[] = {\n"
        + "\n".join(rows)
        + "\n    {0, 0, 0, 0},\n};\n"
    )
    print(len(rows), "modules,", len(blob), "bytes")


def main(lib: str, own: str, tzdata: str, out: str) -> None:
    modules = {}
    for name, is_package, source in sources(Path(lib), LEFT_OUT):
        modules[name] = is_package, source
    for name, is_package, source in sources(Path(own)):
        modules[name] = is_package, source
    modules.update(tzdata_sources(Path(tzdata)))
    freeze(modules, Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
