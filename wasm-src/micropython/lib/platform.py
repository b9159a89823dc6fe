"""CPython's platform, about the sandbox."""

import sys as _sys


def python_version():
    return ".".join([str(n) for n in _sys.version_info[:3]])


def python_version_tuple():
    return tuple(python_version().split("."))


def python_implementation():
    return "MicroPython"


def python_compiler():
    return ""


def python_build():
    return "", ""


def system():
    return "sandbox"


def machine():
    return "wasm32"


def node():
    return "sandbox"


def release():
    return ""


version = processor = release


def architecture(executable=None, bits="", linkage=""):
    return "32bit", ""


def platform(aliased=False, terse=False):
    return "sandbox-wasm32"


class uname_result(tuple):
    system = property(lambda self: self[0])
    node = property(lambda self: self[1])
    release = property(lambda self: self[2])
    version = property(lambda self: self[3])
    machine = property(lambda self: self[4])


def uname():
    return uname_result((system(), node(), release(), version(), machine()))
