"""
Difference: sqlite has no write-ahead log; asking for one leaves the journal as it is.
Cause: the log needs memory that several connections share.
Workaround: none is needed, since nobody else has the file open.
"""
import os
import sqlite3
import tempfile

with tempfile.TemporaryDirectory() as folder:
    connection = sqlite3.connect(os.path.join(folder, "a.db"))
    print(connection.execute("PRAGMA journal_mode = wal").fetchone())
    connection.close()
