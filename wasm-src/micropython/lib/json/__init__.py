"""CPython's json, with its errors, its options and its float and key formats."""

from .decoder import JSONDecodeError, JSONDecoder
from .encoder import JSONEncoder

_encoder = JSONEncoder()
_decoder = JSONDecoder()


def dumps(obj, *, cls=None, **options):
    if cls is None:
        if not options:
            return _encoder.encode(obj)
        cls = JSONEncoder
    if options.get("indent") is not None and options.get("separators") is None:
        options["separators"] = (",", ": ")
    return cls(**options).encode(obj)


def dump(obj, fp, **options):
    fp.write(dumps(obj, **options))


def loads(s, *, cls=None, **options):
    if isinstance(s, str):
        if s.startswith("\ufeff"):
            raise JSONDecodeError("Unexpected UTF-8 BOM (decode using utf-8-sig)", s, 0)
    elif isinstance(s, (bytes, bytearray)):
        s = str(s, "utf-8")
    else:
        raise TypeError(
            "the JSON object must be str, bytes or bytearray, not " + type(s).__name__
        )
    if cls is None:
        if not options:
            return _decoder.decode(s)
        cls = JSONDecoder
    return cls(**options).decode(s)


def load(fp, **options):
    return loads(fp.read(), **options)
