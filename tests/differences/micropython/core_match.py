"""
Difference: there is no `match` statement.
Cause: The grammar does not have it.
Workaround: Write `if` and `elif`, or a dict of functions.
"""
try:
    exec("match 1:\n    case 1: print('one')")
except SyntaxError:
    print("SyntaxError")
