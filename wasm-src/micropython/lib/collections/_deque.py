"""Double-ended queue."""


class deque:
    # The items are self._l[self._h:]. Slots before the head are free: popleft moves
    # the head and frees the slots once they are half of the list, appendleft makes
    # many at a time, so that both ends cost the same on average.

    def __init__(self, iterable=(), maxlen=None):
        if maxlen is not None:
            if not isinstance(maxlen, int):
                raise TypeError("an integer is required")
            if maxlen < 0:
                raise ValueError("maxlen must be non-negative")
        self._maxlen = maxlen
        self._h = 0
        self._l = []
        if maxlen is None:
            self._l.extend(iterable)
            if type(self) is deque:
                # nothing to check: the list's own method is the fastest append
                self.append = self._l.append
        else:
            self.extend(iterable)

    maxlen = property(lambda self: self._maxlen)

    def append(self, item):
        self._l.append(item)
        if self._maxlen is not None and len(self._l) - self._h > self._maxlen:
            self.popleft()

    def appendleft(self, item):
        head = self._h
        items = self._l
        if self._maxlen is not None and len(items) - head >= self._maxlen:
            if not self._maxlen:
                return
            items.pop()
        if not head:
            head = len(items) + 8
            items[0:0] = [None] * head
        self._h = head = head - 1
        items[head] = item

    def pop(self):
        if len(self._l) == self._h:
            raise IndexError("pop from an empty deque")
        return self._l.pop()

    def popleft(self):
        head = self._h
        items = self._l
        if len(items) == head:
            raise IndexError("pop from an empty deque")
        item = items[head]
        items[head] = None
        head += 1
        if head > 32 and head * 2 > len(items):
            items[:head] = []
            head = 0
        self._h = head
        return item

    def _set(self, items):
        if self._maxlen is not None and len(items) > self._maxlen:
            items = items[len(items) - self._maxlen :]
        self._l[:] = items
        self._h = 0

    def extend(self, iterable):
        if iterable is self:
            iterable = list(self)
        append = self.append
        for item in iterable:
            append(item)

    def extendleft(self, iterable):
        if iterable is self:
            iterable = list(self)
        appendleft = self.appendleft
        for item in iterable:
            appendleft(item)

    def clear(self):
        self._set([])

    def copy(self):
        return self.__class__(self, self._maxlen)

    __copy__ = copy

    def __deepcopy__(self, memo):
        from copy import deepcopy

        new = self.__class__((), self._maxlen)
        memo[id(self)] = new
        new.extend([deepcopy(item, memo) for item in self])
        return new

    def rotate(self, n=1):
        items = self._l[self._h :]
        if items:
            n %= len(items)
            if n:
                self._set(items[-n:] + items[:-n])

    def reverse(self):
        items = self._l[self._h :]
        items.reverse()
        self._set(items)

    def count(self, value):
        return self._l[self._h :].count(value)

    def index(self, value, start=0, stop=None):
        n = len(self)
        if stop is None:
            stop = n
        start = max(start + n, 0) if start < 0 else start
        stop = max(stop + n, 0) if stop < 0 else min(stop, n)
        items = self._l
        head = self._h
        for i in range(start, stop):
            if items[head + i] == value:
                return i
        raise ValueError("%r is not in deque" % (value,))

    def insert(self, index, item):
        if self._maxlen is not None and len(self) >= self._maxlen:
            raise IndexError("deque already at its maximum size")
        items = self._l[self._h :]
        items.insert(index, item)
        self._set(items)

    def remove(self, value):
        try:
            i = self.index(value)
        except ValueError:
            raise ValueError("deque.remove(x): x not in deque")
        del self._l[self._h + i]

    def _place(self, index):
        if not isinstance(index, int):
            raise TypeError("sequence index must be integer, not '%s'" % type(index).__name__)
        items = self._l
        place = index + (self._h if index >= 0 else len(items))
        if not self._h <= place < len(items):
            raise IndexError("deque index out of range")
        return place

    def __getitem__(self, index):
        return self._l[self._place(index)]

    def __setitem__(self, index, item):
        self._l[self._place(index)] = item

    def __delitem__(self, index):
        del self._l[self._place(index)]

    def __len__(self):
        return len(self._l) - self._h

    def __bool__(self):
        return len(self._l) != self._h

    def __iter__(self):
        return iter(self._l[self._h :])

    def __reversed__(self):
        return reversed(self._l[self._h :])

    def __contains__(self, value):
        return value in self._l[self._h :]

    def __add__(self, other):
        if not isinstance(other, deque):
            raise TypeError('can only concatenate deque (not "%s") to deque' % type(other).__name__)
        new = self.copy()
        new.extend(other)
        return new

    def __iadd__(self, other):
        self.extend(other)
        return self

    def __mul__(self, n):
        return self.__class__(self._l[self._h :] * n, self._maxlen)

    __rmul__ = __mul__

    def __imul__(self, n):
        self._set(self._l[self._h :] * n)
        return self

    def _order(self, other, compare):
        if not isinstance(other, deque):
            return NotImplemented
        return compare(list(self), list(other))

    def __eq__(self, other):
        return self._order(other, lambda a, b: a == b)

    def __lt__(self, other):
        return self._order(other, lambda a, b: a < b)

    def __le__(self, other):
        return self._order(other, lambda a, b: a <= b)

    def __gt__(self, other):
        return self._order(other, lambda a, b: a > b)

    def __ge__(self, other):
        return self._order(other, lambda a, b: a >= b)

    def __repr__(self):
        items = ["[...]" if item is self else repr(item) for item in self]
        text = "%s([%s]" % (self.__class__.__name__, ", ".join(items))
        return text + (")" if self._maxlen is None else ", maxlen=%d)" % self._maxlen)
