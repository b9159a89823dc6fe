"""What can be asked of live objects."""

from types import BuiltinFunctionType, FunctionType, GeneratorType, MethodType, ModuleType


def isfunction(obj):
    return isinstance(obj, FunctionType)


def ismethod(obj):
    return isinstance(obj, MethodType)


def isbuiltin(obj):
    return isinstance(obj, BuiltinFunctionType) or type(obj) is type(dict.fromkeys) or type(obj) is type(isinstance)


def isroutine(obj):
    return isfunction(obj) or ismethod(obj) or isbuiltin(obj)


def isclass(obj):
    return isinstance(obj, type)


def ismodule(obj):
    return isinstance(obj, ModuleType)


def isgenerator(obj):
    return isinstance(obj, GeneratorType)


def isgeneratorfunction(obj):
    # The type of the functions whose call makes a generator (or a coroutine).
    return type(obj) is type(_generator)


def _generator():
    yield


# A coroutine is a generator here, and nothing tells the two apart.
iscoroutinefunction = isgeneratorfunction
iscoroutine = isgenerator


def isawaitable(obj):
    return isgenerator(obj) or hasattr(obj, "__await__")


def isabstract(obj):
    return isclass(obj) and bool(getattr(obj, "__abstractmethods__", ()))


def isdatadescriptor(obj):
    return not isclass(obj) and (isinstance(obj, property) or hasattr(obj, "__set__"))


def getdoc(obj):
    doc = getattr(obj, "__doc__", None)
    return cleandoc(doc) if isinstance(doc, str) else None


def cleandoc(doc):
    lines = doc.replace("\t", "        ").split("\n")
    margin = None
    for line in lines[1:]:
        if line.strip():
            indent = len(line) - len(line.lstrip())
            margin = indent if margin is None else min(margin, indent)
    lines = [lines[0].lstrip()] + [line[margin or 0 :] for line in lines[1:]]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return "\n".join(lines)


def getmembers(obj, predicate=None):
    found = []
    for name in sorted(dir(obj)):
        try:
            value = getattr(obj, name)
        except AttributeError:
            continue
        if predicate is None or predicate(value):
            found.append((name, value))
    return found


def getmodule(obj):
    import sys

    return obj if ismodule(obj) else sys.modules.get(getattr(obj, "__module__", None))


def getmro(cls):
    order = []

    def walk(one):
        if one in order:
            order.remove(one)  # a class stands behind all of its subclasses
        order.append(one)
        for base in one.__bases__:
            walk(base)

    walk(cls)
    return tuple([one for one in order if one is not object]) + (object,)


def unwrap(func):
    while hasattr(func, "__wrapped__"):
        func = func.__wrapped__
    return func
