"""
Difference: escapes by name, such as an N with a bullet's name in braces, are not known.
Cause: the table of names is too large.
Workaround: write the character or its number.
"""
try:
    print(eval(r"'\N{BULLET}'"))
except (SyntaxError, NotImplementedError) as e:
    print(type(e).__name__)
