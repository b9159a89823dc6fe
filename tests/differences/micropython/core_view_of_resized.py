"""
Difference: A bytearray or array of which there is a memoryview can be resized; the view keeps what was there.
Cause: There is no count of references that would tell when the last view is gone.
Workaround: Make the view after the last change of size.
"""

data = bytearray(b"abc")
view = memoryview(data)
try:
    data.extend(b"def")
    print(bytes(view), bytes(data))
except BufferError as error:
    print(type(error).__name__, error)
