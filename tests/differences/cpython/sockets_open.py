"""
Difference: no socket can be made, and there is no `ssl`.
Cause: guest code holds no connection; the host makes requests, where origins are granted.
Workaround: use `fetch`, `urllib.request` or `requests`, see NetworkPolicy.
"""
import socket

try:
    socket.socket().close()
    print("made")
except OSError:
    print("OSError")
