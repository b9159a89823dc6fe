// interned names that only this port needs (none)
Q(<sandbox>)
Q($)
Q(utf-8)
