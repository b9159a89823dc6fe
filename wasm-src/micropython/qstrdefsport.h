// interned names that only this port needs (none)
