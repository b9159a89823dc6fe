"""Iterators for efficient looping."""

# Generators are what this interpreter runs fastest, so most of these are
# generator functions; chain and groupby need more than a call and are classes.


def count(start=0, step=1):
    while True:
        yield start
        start += step


def cycle(iterable):
    saved = []
    for item in iterable:
        yield item
        saved.append(item)
    while saved:
        for item in saved:
            yield item


def _forever(item):
    while True:
        yield item


def _times(item, times):
    for _ in range(times):
        yield item


def repeat(object, times=None):
    return _forever(object) if times is None else _times(object, times)


def accumulate(iterable, func=None, *, initial=None):
    it = iter(iterable)
    total = initial
    if initial is None:
        try:
            total = next(it)
        except StopIteration:
            return
    yield total
    if func is None:
        for item in it:
            total = total + item
            yield total
    else:
        for item in it:
            total = func(total, item)
            yield total


def _batches(it, n, strict):
    while True:
        batch = tuple(islice(it, n))
        if not batch:
            return
        if strict and len(batch) < n:
            raise ValueError("batched(): incomplete batch")
        yield batch


def batched(iterable, n, *, strict=False):
    if n < 1:
        raise ValueError("n must be at least one")
    return _batches(iter(iterable), n, strict)


class chain:
    def __init__(self, *iterables):
        self._it = _flatten(iterables)

    @classmethod
    def from_iterable(cls, iterables):
        self = cls()
        self._it = _flatten(iterables)
        return self

    def __iter__(self):
        return self._it

    def __next__(self):
        return next(self._it)


def _flatten(iterables):
    for iterable in iterables:
        for item in iterable:
            yield item


def _combinations(pool, r, again):
    # *again*: an item may be taken more than once
    n = len(pool)
    indices = [0] * r if again else list(range(r))
    if (n == 0 and r > 0) if again else r > n:
        return
    last = n - 1 if again else n - r
    yield tuple([pool[i] for i in indices])
    while True:
        i = r - 1
        while i >= 0 and indices[i] == (last if again else last + i):
            i -= 1
        if i < 0:
            return
        value = indices[i] + 1
        while i < r:
            indices[i] = value
            i += 1
            if not again:
                value += 1
        yield tuple([pool[i] for i in indices])


def _size(r):
    if not isinstance(r, int):
        raise TypeError("expected int as r")
    if r < 0:
        raise ValueError("r must be non-negative")
    return r


def combinations(iterable, r):
    return _combinations(tuple(iterable), _size(r), False)


def combinations_with_replacement(iterable, r):
    return _combinations(tuple(iterable), _size(r), True)


def compress(data, selectors):
    for item, selected in zip(data, selectors):
        if selected:
            yield item


def dropwhile(predicate, iterable):
    it = iter(iterable)
    for item in it:
        if not predicate(item):
            yield item
            break
    for item in it:
        yield item


def takewhile(predicate, iterable):
    for item in iterable:
        if not predicate(item):
            return
        yield item


def filterfalse(predicate, iterable):
    if predicate is None:
        predicate = bool
    for item in iterable:
        if not predicate(item):
            yield item


class groupby:
    def __init__(self, iterable, key=None):
        self._it = iter(iterable)
        self._key = key
        self._group = None  # the number of the group that may still be read
        self._number = 0
        self._fresh = False  # an item waits that no group has given out
        self._item = self._value = None

    def _read(self):
        self._item = item = next(self._it)
        self._value = item if self._key is None else self._key(item)
        self._fresh = True

    def __iter__(self):
        return self

    def __next__(self):
        self._number += 1
        if self._number == 1:
            self._read()
        else:
            current = self._current
            while not self._fresh or self._value == current:
                self._read()
        self._current = self._value
        return self._value, self._members(self._number, self._value)

    def _members(self, number, value):
        while number == self._number:
            if not self._fresh:
                try:
                    self._read()
                except StopIteration:
                    return
            if self._value != value:
                return
            self._fresh = False
            yield self._item


def _bound(value, what):
    if value is None:
        return None
    if not isinstance(value, int) or value < 0:
        raise ValueError(what)
    return value


def _sliced(it, start, stop, step):
    # Reads no item beyond the last one that it gives out, except to reach stop.
    position = 0
    wanted = start
    while stop is None or position < stop:
        try:
            item = next(it)
        except StopIteration:
            return
        if position == wanted:
            yield item
            wanted += step
        position += 1


def islice(iterable, *args):
    if not 1 <= len(args) <= 3:
        raise TypeError("islice expected 2 to 4 arguments, got %d" % (len(args) + 1))
    start, step = 0, 1
    if len(args) == 1:
        stop = args[0]
    else:
        start, stop = args[0], args[1]
        if len(args) == 3 and args[2] is not None:
            step = args[2]
    what = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize."
    start = _bound(start, what) or 0
    stop = _bound(stop, what)
    if not isinstance(step, int) or step < 1:
        raise ValueError("Step for islice() must be a positive integer or None.")
    return _sliced(iter(iterable), start, stop, step)


def pairwise(iterable):
    it = iter(iterable)
    try:
        previous = next(it)
    except StopIteration:
        return
    for item in it:
        yield previous, item
        previous = item


def _permutations(pool, r):
    n = len(pool)
    if r > n:
        return
    indices = list(range(n))
    cycles = list(range(n, n - r, -1))
    yield pool[:r]
    while n:
        for i in range(r - 1, -1, -1):
            cycles[i] -= 1
            if cycles[i] == 0:
                indices.append(indices.pop(i))
                cycles[i] = n - i
            else:
                j = n - cycles[i]
                indices[i], indices[j] = indices[j], indices[i]
                yield tuple([pool[k] for k in indices[:r]])
                break
        else:
            return


def permutations(iterable, r=None):
    pool = tuple(iterable)
    return _permutations(pool, len(pool) if r is None else _size(r))


def _product(pools):
    if not pools:
        yield ()
        return
    if not all(pools):
        return
    last = pools[-1]
    ends = [len(pool) - 1 for pool in pools]
    indices = [0] * len(pools)
    while True:
        head = tuple([pool[i] for pool, i in zip(pools[:-1], indices)])
        for item in last:
            yield head + (item,)
        i = len(pools) - 2
        while i >= 0 and indices[i] == ends[i]:
            indices[i] = 0
            i -= 1
        if i < 0:
            return
        indices[i] += 1


def product(*iterables, repeat=1):
    if repeat < 0:
        raise ValueError("repeat argument cannot be negative")
    return _product([tuple(iterable) for iterable in iterables] * repeat)


def starmap(function, iterable):
    for args in iterable:
        yield function(*args)


def tee(iterable, n=2):
    if n < 0:
        raise ValueError("n must be >= 0")
    it = iter(iterable)

    def follow(link):
        # A link is [item, next link]; items that all have passed are collected.
        while True:
            if not link:
                try:
                    link.append(next(it))
                except StopIteration:
                    return
                link.append([])
            yield link[0]
            link = link[1]

    link = []
    return tuple([follow(link) for _ in range(n)])


def zip_longest(*iterables, fillvalue=None):
    iterators = [iter(iterable) for iterable in iterables]
    active = len(iterators)
    if not active:
        return
    while True:
        row = []
        for i, it in enumerate(iterators):
            if it is None:
                row.append(fillvalue)
                continue
            try:
                row.append(next(it))
            except StopIteration:
                active -= 1
                if not active:
                    return
                iterators[i] = None
                row.append(fillvalue)
        yield tuple(row)
