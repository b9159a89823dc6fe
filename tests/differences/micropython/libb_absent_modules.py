"""
Difference: modules that need processes, sockets or large tables do not exist.
Cause: the sandbox grants none of these, and the tables are left out.
Workaround: use the host's functions for what the program may do.
"""
for name in ["pickle", "socket", "ssl", "subprocess", "sqlite3", "zipfile", "unicodedata", "zoneinfo", "ast", "locale"]:
    try:
        __import__(name)
        print(name, "is there")
    except ImportError:
        print(name, "is absent")
