"""
Difference: `__context__` of an exception is always `None`.
Cause: An exception does not record which one was being handled.
Workaround: Write `raise ... from error` and read `__cause__`.
"""
try:
    try:
        1 / 0
    except ZeroDivisionError:
        raise ValueError
except ValueError as e:
    print(repr(e.__context__))
