"""
Difference: `list[int]` is `list` itself.
Cause: Subscripting a builtin type gives the type back.
Workaround: Use `typing.List[int]` where the arguments must be kept.
"""
print(list[int])
