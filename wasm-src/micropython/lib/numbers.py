"""Abstract base classes for numbers."""

from abc import ABC


class Number(ABC):
    pass


class Complex(Number):
    pass


class Real(Complex):
    pass


class Rational(Real):
    pass


class Integral(Rational):
    pass


# register() reaches the classes above too
Complex.register(complex)
Real.register(float)
Integral.register(int)
