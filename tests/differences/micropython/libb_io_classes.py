"""
Difference: io has StringIO and BytesIO, but none of the classes that files are made of.
Cause: the session has no files.
Workaround: use StringIO, and bytes.decode for text in bytes.
"""
import io

print(hasattr(io, "TextIOWrapper"))
