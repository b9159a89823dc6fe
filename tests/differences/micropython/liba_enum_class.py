"""
Difference: an enumeration's class prints as an ordinary class, and its members can be replaced.
Cause: there are no metaclasses, so the class itself cannot have methods of its own.
Workaround: print `cls.__name__`, and do not assign to a class's members.
"""
from enum import Enum


class Color(Enum):
    RED = 1


print(Color)
