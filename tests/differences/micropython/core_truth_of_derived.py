"""
Difference: `bool()`, `if` and `not` of an object of a class derived from `list`, `dict`, `tuple` or `str` look at its built-in value, not at `__len__` of the class.
Cause: such an object has its built-in value inside, which answers unless the class defines `__bool__`.
Workaround: define `__bool__` beside `__len__`.
"""


class Full(list):
    def __len__(self):
        return 7


print(len(Full()), bool(Full()))
