# print() to objects, and what objects of derived classes can stand for.
import contextlib
import io
import math
import sys


class Writer:
    def __init__(self):
        self.parts = []

    def write(self, text):
        self.parts.append(text)


w = Writer()
print("a", 1, file=w)
print(w.parts)
buffer = io.StringIO()
with contextlib.redirect_stdout(buffer):
    print("inside", 1, sep="-")
print(repr(buffer.getvalue()))
old, sys.stdout = sys.stdout, w
print("more", end="")
sys.stdout = old
print(w.parts)


class Base(ArithmeticError):
    pass


class Both(Base, ZeroDivisionError):
    pass


try:
    raise Both("x")
except ZeroDivisionError as e:
    print(type(e).__name__, e.args)


class Text(str):
    pass


class Number(int):
    pass


class Real(float):
    pass


class Data:
    def __bytes__(self):
        return b"data"


print(
    Text("a") in "abc",
    getattr("a", Text("upper"))(),
    {"k": 1}[Text("k")],
    "-".join([Text("x"), "y"]),
)
print(
    math.sqrt(Number(4)),
    math.floor(Real(2.5)),
    round(Number(7)),
    round(Real(2.567), 2),
    Number(3) * 1.5,
)
print(bytes(Data()))


def empty():
    if False:
        yield 1


print(list(empty()))
