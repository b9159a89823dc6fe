"""
Difference: the hash of a `Fraction` that no float equals is another number.
Cause: CPython's hash is taken modulo a 61-bit prime, this one is of the pair.
Workaround: none is needed unless hashes are printed.
"""
from fractions import Fraction

print(hash(Fraction(1, 3)))
