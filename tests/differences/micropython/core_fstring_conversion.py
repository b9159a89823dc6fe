"""
Difference: f-strings do not know !a.
Cause: The lexer turns f-strings into calls of str.format, which has !r and !s.
Workaround: Write {ascii(x)}.
"""
try:
    exec("x = 'é'; print(f'{x!a}')")
except (SyntaxError, ValueError) as e:
    print(type(e).__name__)
