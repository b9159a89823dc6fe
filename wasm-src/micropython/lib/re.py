"""Regular expressions, with the interface of CPython's ``re``; the engine is the C module ``_re``."""

from _re import Match, Pattern, error
from _re import compile as _compile

PatternError = error

NOFLAG = 0
I = IGNORECASE = 2  # noqa: E741
L = LOCALE = 4
M = MULTILINE = 8
S = DOTALL = 16
U = UNICODE = 32
X = VERBOSE = 64
DEBUG = 128
A = ASCII = 256

_CACHED = 256
_SPECIAL = "()[]{}?*+-|^$\\.&~# \t\n\r\v\f"
_cache = {}


def compile(pattern, flags=0):
    """Compile *pattern*, or take it from the cache of those used lately."""
    try:
        return _cache[type(pattern), pattern, flags]
    except (KeyError, TypeError):
        pass
    if isinstance(pattern, Pattern):
        if flags:
            raise ValueError("cannot process flags argument with a compiled pattern")
        return pattern
    compiled = _compile(pattern, flags)
    if isinstance(pattern, (str, bytes)):
        if len(_cache) >= _CACHED:
            _cache.clear()
        _cache[type(pattern), pattern, flags] = compiled
    return compiled


def purge():
    """Empty the cache of compiled patterns."""
    _cache.clear()


def search(pattern, string, flags=0):
    return compile(pattern, flags).search(string)


def match(pattern, string, flags=0):
    return compile(pattern, flags).match(string)


def fullmatch(pattern, string, flags=0):
    return compile(pattern, flags).fullmatch(string)


def findall(pattern, string, flags=0):
    return compile(pattern, flags).findall(string)


def finditer(pattern, string, flags=0):
    return compile(pattern, flags).finditer(string)


def split(pattern, string, maxsplit=0, flags=0):
    return compile(pattern, flags).split(string, maxsplit)


def sub(pattern, repl, string, count=0, flags=0):
    return compile(pattern, flags).sub(repl, string, count)


def subn(pattern, repl, string, count=0, flags=0):
    return compile(pattern, flags).subn(repl, string, count)


def escape(pattern):
    """Put a backslash before every character of *pattern* that means something in a pattern."""
    if isinstance(pattern, str):
        return "".join(["\\" + c if c in _SPECIAL else c for c in pattern])
    special = _SPECIAL.encode()
    out = bytearray()
    for byte in bytes(pattern):
        if byte in special:
            out.append(92)
        out.append(byte)
    return bytes(out)
