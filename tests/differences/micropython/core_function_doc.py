"""
Difference: functions do not keep their docstring, annotations and defaults.
Cause: The compiler drops them.
Workaround: Assign `f.__doc__` or `f.__annotations__` after the definition.
"""
def f(a: int = 1):
    "doc"
print(f.__doc__, f.__annotations__)
