"""
Difference: `itertools.count` and most others of the module are generators, not classes.
Cause: generators are what the interpreter runs fastest.
Workaround: none needed unless the object itself is printed or tested with `isinstance`.
"""
import itertools

print(itertools.count(5))
