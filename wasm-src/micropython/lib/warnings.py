"""Warning messages, and the filters that decide about them."""

import builtins
import sys


def _category(name, base):
    # The interpreter does not have all of the categories built in.
    found = getattr(builtins, name, None)
    return found if found is not None else type(name, (base,), {})


Warning = _category("Warning", Exception)
UserWarning = _category("UserWarning", Warning)
DeprecationWarning = _category("DeprecationWarning", Warning)
PendingDeprecationWarning = _category("PendingDeprecationWarning", Warning)
SyntaxWarning = _category("SyntaxWarning", Warning)
RuntimeWarning = _category("RuntimeWarning", Warning)
FutureWarning = _category("FutureWarning", Warning)
ImportWarning = _category("ImportWarning", Warning)
UnicodeWarning = _category("UnicodeWarning", Warning)
BytesWarning = _category("BytesWarning", Warning)
ResourceWarning = _category("ResourceWarning", Warning)
EncodingWarning = _category("EncodingWarning", Warning)
for _one in (
    Warning, UserWarning, DeprecationWarning, PendingDeprecationWarning, SyntaxWarning, RuntimeWarning,
    FutureWarning, ImportWarning, UnicodeWarning, BytesWarning, ResourceWarning, EncodingWarning,
):  # fmt: skip
    setattr(builtins, _one.__name__, _one)

_ACTIONS = ("default", "error", "ignore", "always", "module", "once")
_DEFAULTS = [("ignore", "", PendingDeprecationWarning), ("ignore", "", ImportWarning), ("ignore", "", ResourceWarning)]
filters = _DEFAULTS[:]
_seen = set()


class WarningMessage:
    def __init__(self, message, category, filename="", lineno=0, file=None, line=None, source=None):
        self.message = message
        self.category = category
        self.filename = filename
        self.lineno = lineno
        self.file = file
        self.line = line
        self.source = source


def formatwarning(message, category, filename, lineno, line=None):
    return "%s:%s: %s: %s\n" % (filename, lineno, category.__name__, message)


def showwarning(message, category, filename, lineno, file=None, line=None):
    print(formatwarning(message, category, filename, lineno), end="", file=sys.stderr if file is None else file)


def _matches(pattern, text):
    import re

    return re.match(pattern, text, re.I)


def _action(text, category):
    for action, pattern, kind in filters:
        if issubclass(category, kind) and (not pattern or _matches(pattern, text)):
            return action
    return "default"


def warn(message, category=None, stacklevel=1, source=None):
    if isinstance(message, Warning):
        category = type(message)
    else:
        category = UserWarning if category is None else category
        if not (isinstance(category, type) and issubclass(category, Warning)):
            raise TypeError("category must be a Warning subclass, not '%s'" % type(category).__name__)
        message = category(message)
    _handle(message, category, "<sandbox>", 0)


def warn_explicit(message, category, filename, lineno, module=None, registry=None, module_globals=None, source=None):
    _handle(message if isinstance(message, Warning) else category(message), category, filename, lineno)


def _handle(message, category, filename, lineno):
    text = str(message)
    action = _action(text, category)
    if action == "ignore":
        return
    if action == "error":
        raise message
    if action != "always":
        if (text, category) in _seen:
            return
        _seen.add((text, category))
    if _log is not None:
        _log.append(WarningMessage(message, category, filename, lineno))
    else:
        showwarning(message, category, filename, lineno)


_log = None


def filterwarnings(action, message="", category=Warning, module="", lineno=0, append=False):
    if action not in _ACTIONS:
        raise ValueError("invalid action: %r" % action)
    entry = action, message, category
    if entry in filters:
        filters.remove(entry)
    filters.insert(len(filters) if append else 0, entry)
    _seen.clear()


def simplefilter(action, category=Warning, lineno=0, append=False):
    filterwarnings(action, "", category, append=append)


def resetwarnings():
    filters.clear()
    _seen.clear()


class catch_warnings:
    def __init__(self, *, record=False, module=None, action=None, category=Warning, lineno=0, append=False):
        self._record = record
        self._action = action
        self._category = category

    def __enter__(self):
        global _log
        self._saved = filters[:], _log
        _seen.clear()
        if self._record:
            _log = []
        if self._action is not None:
            simplefilter(self._action, self._category)
        return _log if self._record else None

    def __exit__(self, kind, value, traceback):
        global _log
        filters[:], _log = self._saved
        _seen.clear()
