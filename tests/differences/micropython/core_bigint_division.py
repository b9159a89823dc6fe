"""
Difference: dividing two big integers can be off in the last digit.
Cause: Both are made floats first.
Workaround: Use // and %, or fractions.Fraction.
"""
print(10**30 / 10**29)
