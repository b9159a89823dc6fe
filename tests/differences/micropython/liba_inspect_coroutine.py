"""
Difference: `inspect` takes a generator function for a coroutine function.
Cause: coroutines are generators in this interpreter, and nothing tells the two apart.
Workaround: know which of the two a function is.
"""
import inspect


def numbers():
    yield 1


print(inspect.iscoroutinefunction(numbers))
