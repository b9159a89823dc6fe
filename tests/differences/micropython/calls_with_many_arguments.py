"""
Difference: A call takes at most 255 arguments, and a function uses at most 255 variables of outer functions.
Cause: Each count has one byte in MicroPython's bytecode.
Workaround: Pass a list: `f(*values)`.
"""


def f(*args):
    return len(args)


try:
    print(eval("f(" + ",".join(["1"] * 300) + ")"))
except SyntaxError:
    print("SyntaxError")
