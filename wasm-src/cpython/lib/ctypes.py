"""Not there: what can do without it catches this."""

raise ImportError("the sandbox has no ctypes: there is no native code to call")
