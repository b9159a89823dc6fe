"""Drop the export `_initialize` from the text of a module.

    drop_initialize.py IN.wat OUT.wat

The linker always adds it, to run constructors. There are none, and a host should
not have to call what does nothing: insist on the first, then drop it.
"""

import re
import sys
from pathlib import Path


def drop_initialize(text: str) -> str:
    """Return *text* without the export; end the program if something is amiss."""
    body = re.search(r"^ \(func \$__wasm_call_ctors\n(.*?)^ \)\n", text, re.M | re.S)
    if body is None or body[1].split() != ["(nop)"]:
        sys.exit("drop_initialize.py: the module has constructors")
    export = ' (export "_initialize" (func $_initialize))\n'
    if text.count(export) != 1:
        sys.exit("drop_initialize.py: the module does not export _initialize")
    return text.replace(export, "")


def main(source: str, out: str) -> None:
    text = Path(source).read_text(encoding="utf-8")
    Path(out).write_text(drop_initialize(text), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
