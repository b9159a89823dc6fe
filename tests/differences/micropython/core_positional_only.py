"""
Difference: a positional-only parameter can be given by keyword.
Cause: The slash is read and then ignored.
Workaround: Do not rely on the error; give such a parameter a name that `**kwargs` does not use.
"""
def f(a, /): return a
try:
    print(f(a=1))
except TypeError:
    print("TypeError")
