"""
Difference: sets of integers are printed in another order.
Cause: The tables of sets grow by other steps than CPython's.
Workaround: Sort before printing.
"""
print({100, 50, 1}, set(range(20, 0, -3)))
