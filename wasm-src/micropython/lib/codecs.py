"""CPython's codecs, as far as files and the encodings that there are go."""

from _codec import BOM as BOM_UTF8
from _codec import lookup as _lookup

BOM_UTF16_LE = BOM_UTF16 = BOM = b"\xff\xfe"
BOM_UTF16_BE = b"\xfe\xff"


def open(filename, mode="r", encoding=None, errors="strict", buffering=-1):
    from _fileio import open

    if encoding is None:
        return open(filename, mode)
    return open(filename, mode.replace("b", ""), buffering, encoding, errors, "")


def encode(obj, encoding="utf-8", errors="strict"):
    return obj.encode(encoding, errors)


def decode(obj, encoding="utf-8", errors="strict"):
    return bytes(obj).decode(encoding, errors)


class CodecInfo:
    """What CPython gives for an encoding: its name, and the functions to encode and decode."""

    def __init__(self, name):
        self.name = name

    def encode(self, text, errors="strict"):
        return text.encode(self.name, errors), len(text)

    def decode(self, data, errors="strict"):
        return bytes(data).decode(self.name, errors), len(data)


def lookup(encoding):
    return CodecInfo(_lookup(encoding))


def getencoder(encoding):
    return lookup(encoding).encode


def getdecoder(encoding):
    return lookup(encoding).decode
