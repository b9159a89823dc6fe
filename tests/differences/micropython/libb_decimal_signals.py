"""
Difference: the base class of the signals of `decimal` is `ArithmeticError` itself.
Cause: a class cannot derive from two exceptions of the interpreter, so each signal derives from the one that code catches.
Workaround: catch `InvalidOperation`, `DivisionByZero` or `ArithmeticError`.
"""
import decimal

print(decimal.DecimalException is ArithmeticError)
