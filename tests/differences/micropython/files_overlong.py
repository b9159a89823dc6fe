"""
Difference: overlong forms and surrogates in UTF-8 are taken for text.
Cause: the interpreter looks at the shape of the bytes only.
Workaround: compare `data.decode().encode()` with `data` where it matters.
"""
try:
    print(ascii(b"\xc0\x80".decode()))
except UnicodeDecodeError:
    print("UnicodeDecodeError")
