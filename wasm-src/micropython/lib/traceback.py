"""Text of exceptions. The interpreter formats the frames; they cannot be walked."""

import sys


def _resolve(exc, value):
    # the forms f(exc) and f(type, exc, traceback)
    return exc if value is None or isinstance(exc, BaseException) else value


def format_exception(exc, value=None, tb=None, limit=None, chain=True):
    import io

    buffer = io.StringIO()
    sys.print_exception(_resolve(exc, value), buffer)
    return [line + "\n" for line in buffer.getvalue().rstrip("\n").split("\n")]


def format_exception_only(exc, value=None):
    exc = _resolve(exc, value)
    text = str(exc)
    name = type(exc).__name__
    return ["%s: %s\n" % (name, text) if text else name + "\n"]


def print_exception(exc, value=None, tb=None, limit=None, file=None, chain=True):
    text = "".join(format_exception(exc, value))
    print(text, end="", file=sys.stderr if file is None else file)


def _current():
    exc = sys.exc_info()[1] if hasattr(sys, "exc_info") else None
    return exc


def format_exc(limit=None, chain=True):
    exc = _current()
    return "NoneType: None\n" if exc is None else "".join(format_exception(exc))


def print_exc(limit=None, file=None, chain=True):
    print(format_exc(), end="", file=sys.stderr if file is None else file)


# Frames are not objects here: there is nothing to list.
def format_tb(tb, limit=None):
    return []


def extract_tb(tb, limit=None):
    return []


def print_tb(tb, limit=None, file=None):
    pass
