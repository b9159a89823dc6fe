"""
Difference: a `deque` that changes while it is iterated raises no `RuntimeError`.
Cause: the iteration runs over a copy of the items.
Workaround: none needed; iterate over `list(d)` to say the same everywhere.
"""
from collections import deque

d = deque([1, 2, 3])
try:
    for item in d:
        d.append(item)
    print("no error")
except RuntimeError:
    print("RuntimeError")
