"""Put single functions of one module in place of another's, and drop the empty start.

    splice.py SPILLED.wat PLAIN.wat OUT.wat FUNCTION...

Both texts come from the same module, SPILLED.wat after the pass that spills
pointers. The named functions are taken from PLAIN.wat: they are hot, and their
source keeps every object that must survive a call in memory by itself.
"""

import sys
from pathlib import Path


def function_span(text: str, name: str) -> slice:
    """Return where the function's text lies in *text*."""
    head = f"\n (func ${name}"
    starts = [at for at in find_all(text, head) if text[at + len(head)] in " \n"]
    if len(starts) != 1:
        sys.exit(f"splice.py: {len(starts)} functions are called {name}, not one")
    tail = "\n )\n"
    return slice(starts[0] + 1, text.index(tail, starts[0]) + len(tail))


def find_all(text: str, part: str) -> list[int]:
    """Return every place where *part* begins."""
    places, at = [], text.find(part)
    while at >= 0:
        places.append(at)
        at = text.find(part, at + 1)
    return places


def drop_initialize(text: str) -> str:
    """Return *text* without the export `_initialize`.

    The linker always adds it, to run constructors. There are none, and a host
    should not have to call what does nothing: insist on the first, then drop it.
    """
    body = text[function_span(text, "__wasm_call_ctors")]
    if body.split() != "(func $__wasm_call_ctors (nop) )".split():
        sys.exit(f"splice.py: the module has constructors:\n{body}")
    export = ' (export "_initialize" (func $_initialize))\n'
    if text.count(export) != 1:
        sys.exit("splice.py: the module does not export _initialize")
    return text.replace(export, "")


def main(spilled: str, plain: str, out: str, *names: str) -> None:
    text = Path(spilled).read_text(encoding="utf-8")
    source = Path(plain).read_text(encoding="utf-8")
    for name in names:
        span = function_span(text, name)
        text = text[: span.start] + source[function_span(source, name)] + text[span.stop :]
    Path(out).write_text(drop_initialize(text), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
