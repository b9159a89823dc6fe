"""
Difference: `type(f) is types.FunctionType` is false, `isinstance(f, types.FunctionType)` is true.
Cause: plain functions, generator functions and closures have three types here.
Workaround: use `isinstance`.
"""
import types


def f():
    pass


print(type(f) is types.FunctionType)
