"""What the profile is taken of: ordinary programs of many kinds, none of them for long.

Each function is one kind of work. It runs inside the guest, is the same every time, and
needs neither files nor a clock.
"""

import array
import ast
import base64
import bisect
import collections
import contextlib
import copy
import csv
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import hashlib
import heapq
import io
import itertools
import json
import math
import operator
import pickle
import random
import re
import statistics
import string
import struct
import textwrap
import traceback
import typing
import zlib


def numbers(n):
    total = 0
    for i in range(n):
        total += i * i % 7 - (i >> 1) ^ 3
    i = 0
    while i < n:
        if i % 3 == 0 and i % 5 != 2:
            total -= 1
        i += 1
    x, y = 0.5, 1.25
    for i in range(n // 2):
        x = x * 1.0001 + y / (i + 1.0) - math.sqrt(abs(y))
        y = -y if x > y else y + 0.1
    big = 1
    for i in range(1, 200):
        big *= i
    primes = [p for p in range(2, 400) if all(p % q for q in range(2, int(p**0.5) + 1))]
    return total, round(x, 3), big % 1000003, len(str(big)), pow(3, big, 10**9 + 7), len(primes)


def calls(n):
    def fib(k):
        return k if k < 2 else fib(k - 1) + fib(k - 2)

    def optional(a, b=2, *rest, c=3, **more):
        return a + b + c + len(rest) + len(more)

    def outer(k):
        total = 0

        def inner(d):
            nonlocal total
            total += d
            return total

        for d in range(k):
            inner(d)
        return total

    def hanoi(k, a, b, c):
        return 0 if k == 0 else hanoi(k - 1, a, c, b) + 1 + hanoi(k - 1, c, b, a)

    for i in range(n):
        optional(i)
        optional(i, 1, 2, 3, c=4, d=5)
        optional(*(1, 2), **{"c": 3})
    return fib(17), outer(n), hanoi(10, "a", "b", "c"), (lambda v: v + 1)(n)


class Shape:
    kind = "shape"
    __slots__ = ("height", "width")

    def __init__(self, width, height):
        self.width = width
        self.height = height

    @property
    def area(self):
        return self.width * self.height

    def __lt__(self, other):
        return self.area < other.area

    def __eq__(self, other):
        return self.area == other.area

    def __hash__(self):
        return hash((self.width, self.height))


class Square(Shape):
    def __init__(self, side):
        super().__init__(side, side)

    @classmethod
    def of(cls, side):
        return cls(side)

    @staticmethod
    def name():
        return "square"

    def __repr__(self):
        return f"Square({self.width!r})"


@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: int = 0
    tags: list = dataclasses.field(default_factory=list)


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Account:
    def __init__(self, owner):
        self.owner = owner
        self.balance = 0
        self.log = []

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("amount must be positive")
        self.balance += amount
        self.log.append(("deposit", amount))

    def __getattr__(self, name):
        raise AttributeError(name)

    def __len__(self):
        return len(self.log)

    def __getitem__(self, index):
        return self.log[index]

    def __contains__(self, item):
        return item in self.log


def objects(n):
    shapes = [Square.of(i % 17) for i in range(n)] + [Shape(i, 2) for i in range(n)]
    shapes.sort()
    area = sum(s.area for s in shapes)
    points = sorted(Point(i % 7, i) for i in range(n))
    account = Account("ann")
    for i in range(n):
        try:
            account.deposit(i % 9 - 1)
        except ValueError:
            pass
        if hasattr(account, "nothing") or not isinstance(account, Account):
            raise RuntimeError
    found = ("deposit", 3) in account
    return area, points[-1], len(account), found, account[0], len(set(shapes)), Colour(2).name


def containers(n):
    words = {}
    for i in range(n):
        key = "k%d" % (i % 100)
        words[key] = words.get(key, 0) + len(key)
    groups = collections.defaultdict(list)
    for key, value in words.items():
        groups[value % 5].append(key)
    ordered = sorted(words.items(), key=lambda pair: (-pair[1], pair[0]))
    matrix = [[(i * j) % 11 for j in range(20)] for i in range(20)]
    turned = [list(row) for row in zip(*matrix)]
    product = [[sum(a * b for a, b in zip(r, c)) for c in turned] for r in matrix]
    queue = collections.deque(range(50))
    for _ in range(n):
        queue.rotate(3)
        queue.append(queue.popleft())
    counts = collections.Counter(itertools.chain.from_iterable(product))
    numbers = list(range(n))
    numbers[10:20] = numbers[5:8]
    numbers.extend(x for x in range(10) if x not in (3, 4))
    numbers.insert(3, 99)
    del numbers[::7]
    numbers.reverse()
    a, b = set(range(n)), {x * 2 for x in range(n)}
    first, *middle, last = numbers
    seen = {(x, y): x * y for x in range(20) for y in range(20)}
    nested = {"a": [1, {"b": (2, 3)}]}
    for _ in range(n // 100):
        copied = copy.deepcopy(nested)
    merged = {**words, "extra": 1} | {"more": 2}
    heap = []
    for x in numbers:
        heapq.heappush(heap, x)
    smallest = [heapq.heappop(heap) for _ in range(10)]
    return (
        ordered[:2], counts.most_common(2), len(a & b), len(a ^ b), first, last, len(middle),
        len(seen), copied == nested, len(merged), smallest, bisect.bisect(numbers, 5),
    )


def generators(n):
    def count(k):
        i = 0
        while i < k:
            sent = yield i
            i += 1 if sent is None else sent

    def flatten(items):
        for item in items:
            if isinstance(item, list):
                yield from flatten(item)
            else:
                yield item

    def chain(k):
        for i in range(k):
            yield from count(i % 4)

    total = sum(chain(n)) + sum(flatten([1, [2, [3, [4, 5]], 6]] * 20))
    running = list(itertools.accumulate(range(50)))
    pairs = [(a, b) for a, b in itertools.product(range(12), repeat=2) if a < b]
    groups = [(k, len(list(g))) for k, g in itertools.groupby(range(n), key=lambda x: x // 10)]
    mapped = list(map(operator.add, range(n), filter(None, range(n + 1))))
    return total, running[-1], len(pairs), len(groups), any(x > n for x in mapped), max(mapped)


def texts(n):
    out = []
    text = "The quick brown fox jumps over the lazy dog, " * 4 + "naïve café Ünïcode 日本語"
    for i in range(n):
        word = f"item {i:>5}|{i * 1.5:.2f}|{'x' * (i % 5)!r}"
        out.append(word.upper().replace("ITEM", "thing").strip().split("|")[0])
        if word.startswith("item 1") or "|" not in word or word.endswith("z"):
            out.append("%s-%04d-%r" % (word, i, word))
        out.append("{}:{name}".format(i, name=word[2:8]))
    joined = ",".join(out)
    letters = {}
    for c in text:
        letters[c] = letters.get(c, 0) + 1
    built = ""
    for c in text:
        built += c if c.isalpha() else "_"
    table = str.maketrans("aeiou", "AEIOU")
    words = [w.strip(string.punctuation).title() for w in text.split()]
    data = text.encode()
    return (
        len(joined), joined.count("thing"), built.translate(table)[:10], words[:3], text[::-1][:5],
        data.decode() == text, data.find(b"fox"), textwrap.fill(text, 40).count("\n"),
        [int(x) for x in "1 2 3".split()], text.partition("fox")[2][:6], sorted(letters)[:3],
        "a-b_c".replace("-", "_").split("_"), text.lower().casefold().swapcase()[:4], ord(text[-1]),
    )


def patterns(n):
    log = "\n".join(f"2024-01-{i % 28 + 1:02} host{i} GET /p/{i}?q={i * 7} 200" for i in range(n))
    line = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\w+) (GET|POST) (/[^?\s]*)(?:\?(\S*))? (\d+)")
    found = [m.groups() for m in line.finditer(log)]
    swapped = re.sub(r"host(\d+)", lambda m: m[1] + "host", log)
    mails = re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", "ann@x.org, bob.b@y.co.uk; nobody" * 10)
    return len(found), swapped[:30], len(mails), re.split(r"[,;]\s*", "a, b;c")


def exchange(n):
    data = {"users": [{"id": i, "name": f"n{i}", "score": i / 3, "ok": i % 2 == 0, "none": None,
                       "tags": ["a", "b\n", "é"]} for i in range(n)]}
    text = json.dumps(data)
    again = json.loads(text)
    pretty = json.dumps(again, indent=1, sort_keys=True)
    rows = list(csv.DictReader(io.StringIO("a,b,c\n" + "1,2,x\n" * n)))
    buffer = io.StringIO()
    csv.writer(buffer).writerows([r.values() for r in rows])
    packed = b"".join(struct.pack("<IhdB", i, -i, i * 0.5, i & 255) for i in range(n))
    pickled = pickle.loads(pickle.dumps(data))
    digest = hashlib.sha256(text.encode()).hexdigest(), hashlib.md5(packed).hexdigest()
    squeezed = zlib.decompress(zlib.compress(text.encode()))
    coded = base64.b64decode(base64.b64encode(packed))
    print(len(text), digest[0][:8], end="\n")
    return again == data, len(pretty), len(rows), len(squeezed), coded == packed, pickled == data


def moments(n):
    start = datetime.datetime(2024, 1, 31, 12, 30)
    days = [start + datetime.timedelta(days=i, hours=i) for i in range(n)]
    texts = [d.strftime("%Y-%m-%d %H:%M") + d.isoformat() for d in days]
    back = datetime.datetime.strptime("2024-02-03", "%Y-%m-%d"), datetime.date.fromisoformat("2024-02-03")
    money = sum((decimal.Decimal(i) / 7).quantize(decimal.Decimal("0.01")) for i in range(n))
    parts = sum(fractions.Fraction(1, i + 1) for i in range(30))
    stats = statistics.mean(range(n)), statistics.stdev(range(n))
    generator = random.Random(5)
    drawn = [generator.random() for _ in range(n)] + [generator.randint(1, 6) for _ in range(n)]
    generator.shuffle(drawn)
    return texts[-1], back[1].weekday(), str(money), parts.numerator % 97, stats, len(drawn)


def failures(n):
    @contextlib.contextmanager
    def guard(log):
        log.append("in")
        try:
            yield log
        finally:
            log.append("out")

    log = []
    for i in range(n):
        try:
            with guard(log):
                if i % 3 == 0:
                    {}["missing"]
                elif i % 3 == 1:
                    int("x")
                else:
                    [][1]
        except KeyError as error:
            log.append(error.args[0])
        except (ValueError, IndexError) as error:
            log.append(type(error).__name__)
        else:
            log.append("never")
        finally:
            del log[:-2]
    try:
        raise RuntimeError("last") from ValueError("first")
    except RuntimeError:
        text = traceback.format_exc()
    return len(log), len(text)


def sources(n):
    source = '''
class A(Base, metaclass=type):
    """Doc."""
    x: int = 1

    def method(self, a, *args, b=None, **kwargs):
        result = [i ** 2 for i in range(a) if i % 2 == 0]
        for key, value in kwargs.items():
            try:
                result.append(value[key].attr(a, *args))
            except (KeyError, TypeError) as e:
                raise ValueError(f"bad {key!r}: {e}") from e
        while a > 0 and not b:
            a -= 1
        return {k: v for k, v in zip(result, args)} if result else lambda q: q + 1

@decorator
async def fetch(url):
    async with session.get(url) as r:
        return await r.json()

match point:
    case (0, y): print(y)
    case {"a": [1, *rest]}: pass
    case Point(x=1) | None: ...
x = y = 1.5e3
x += y[1:2, ...] @ z
'''
    for _ in range(n):
        compile(source, "<train>", "exec")
        exec("a = 1\nb = a + 2\ndef f(): return b\nf()", {})
        eval("1 + 2 * (3 - 4)")
    tree = ast.parse(source)
    return len(ast.dump(tree)), len(list(ast.walk(tree)))


def puzzles(n):
    @functools.lru_cache(None)
    def common(i, j):
        if i == 0 or j == 0:
            return 0
        if left[i - 1] == right[j - 1]:
            return common(i - 1, j - 1) + 1
        return max(common(i - 1, j), common(i, j - 1))

    left, right = "ACGTTGCAACGTAGCTAGCATG", "TGCATGCATTAGCAACGTTAGC"

    def queens(k, row=0, columns=0, up=0, down=0):
        if row == k:
            return 1
        count = 0
        for c in range(k):
            bits = 1 << c, 1 << (row + c), 1 << (row - c + k)
            if not (columns & bits[0] or up & bits[1] or down & bits[2]):
                count += queens(k, row + 1, columns | bits[0], up | bits[1], down | bits[2])
        return count

    graph = {i: [(i * 3 + 1) % n, (i + 7) % n, (i * i) % n] for i in range(n)}
    queue, seen = collections.deque([0]), {0}
    while queue:
        for other in graph[queue.popleft()]:
            if other not in seen:
                seen.add(other)
                queue.append(other)
    distance = {0: 0}
    heap = [(0, 0)]
    while heap:
        d, node = heapq.heappop(heap)
        for other in graph[node]:
            if d + other % 5 + 1 < distance.get(other, 10**9):
                distance[other] = d + other % 5 + 1
                heapq.heappush(heap, (distance[other], other))
    sieve = bytearray([1]) * (n * 10)
    for i in range(2, int((n * 10) ** 0.5) + 1):
        if sieve[i]:
            sieve[i * i :: i] = bytes(len(range(i * i, n * 10, i)))
    items = [(i * 37 % 101) for i in range(200)]
    for i in range(1, len(items)):
        j = i
        while j > 0 and items[j - 1] > items[j]:
            items[j - 1], items[j] = items[j], items[j - 1]
            j -= 1
    spread = array.array("d", (math.sin(i) for i in range(n)))
    life = {(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)}
    for _ in range(10):
        near = collections.Counter(
            (x + a, y + b) for x, y in life for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b
        )
        life = {p for p, c in near.items() if c == 3 or (c == 2 and p in life)}
    return common(len(left), len(right)), queens(6), len(seen), sum(sieve), len(life), max(spread)


class Strength:
    def __init__(self, name, rank):
        self.name = name
        self.rank = rank

    def weaker(self, other):
        return self.rank > other.rank


class Constraint:
    strengths = [Strength("required", 0), Strength("strong", 1), Strength("weak", 2)]

    def __init__(self, strength):
        super().__init__()
        self.strength = self.strengths[strength % 3]
        self.satisfied = None

    def add_to(self, cells):
        for cell in self.inputs(cells):
            cell.constraints.append(self)

    def inputs(self, cells):
        return []


class Sum(Constraint):
    def __init__(self, first, second, target):
        super().__init__(first + second)
        self.first, self.second, self.target = first, second, target

    def inputs(self, cells):
        return [cells[self.first], cells[self.second]]

    def execute(self, cells):
        a, b = self.inputs(cells)
        cells[self.target].value = a.value + b.value
        self.satisfied = a is not b


class Cell:
    def __init__(self, value):
        self.value = value
        self.constraints = []
        self.mark = None


def networks(n):
    """Small objects that refer to one another, looked through again and again."""
    cells = [Cell(i) for i in range(60)]
    sums = [Sum(i % 57, (i * 7) % 57, i % 3 + 57) for i in range(60)]
    for each in sums:
        each.add_to(cells)
    changed = 0
    for turn in range(n):
        todo = [c for c in sums if c.strength.weaker(Constraint.strengths[turn % 3])]
        while todo:
            constraint = todo.pop()
            if constraint.satisfied is None or not constraint.satisfied:
                constraint.execute(cells)
                changed += 1
            for cell in constraint.inputs(cells):
                if cell.mark is not turn:
                    cell.mark = turn
        for each in sums:
            each.satisfied = None
        cells[5].constraints.remove(cells[5].constraints[0])
        cells[5].constraints.insert(0, sums[5])
    return changed


class Board:
    def __init__(self, size):
        self.cells = [list(range(7)) for _ in range(size)]

    def clone(self):
        made = Board(0)
        made.cells = [cell[:] for cell in self.cells]
        return made

    def remove(self, at, value):
        if value in self.cells[at]:
            self.cells[at].remove(value)
            return True
        return False

    def __getitem__(self, at):
        return self.cells[at]


def boards(n):
    """Lists of lists of small integers: copied, searched, sorted and counted."""
    board, found = Board(37), 0
    for turn in range(n):
        tried = board.clone()
        for at in range(37):
            if tried.remove(at, (at + turn) % 9) and 0 not in tried[at]:
                found += len(tried[at])
        free = sum(1 for cell in tried.cells if len(cell) > 1 and 3 in cell)
        least = min(tried.cells, key=len)
        order = sorted(range(37), key=lambda at: len(tried[at]), reverse=turn % 2 == 0)
        found += free + len(least) + order[0] + tried.cells.index(least)
        found += all(cell for cell in tried.cells) + max(map(len, tried.cells))
    return found


class Vector:
    def __init__(self, x, y, z):
        self.x, self.y, self.z = x, y, z

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z

    def size(self):
        return math.sqrt(self.dot(self))


def vectors(n):
    """Objects of floats, and integers of many digits."""
    at, step, length = Vector(0.0, 1.0, 2.0), Vector(0.1, -0.2, 0.3), 0.0
    for i in range(n):
        at = (at + step * 0.5) - step * (i % 3)
        length = max(length, at.size() ** 0.5)
    p, q, r, digits = 1, 0, 1, []
    for k in range(1, 150):
        p, q, r = p * k, (2 * p + q) * (2 * k + 1), r * (2 * k + 1)
        digit = (p * 3 + q) // r
        if digit == (p * 4 + q) // r:
            digits.append(digit % 10)
            q = (q - digit * r) * 10
            p *= 10
    return round(length, 3), len(digits)


def hinted(values: typing.Sequence[int]) -> typing.Optional[int]:
    match values:
        case []:
            return None
        case [one]:
            return one
        case [first, *_]:
            return first


numbers(30000)
calls(1500)
objects(1200)
containers(6000)
generators(3000)
texts(4000)
patterns(400)
exchange(200)
moments(400)
failures(3000)
sources(25)
puzzles(600)
networks(150)
boards(120)
vectors(3000)
for length in range(300):
    hinted([1] * (length % 3))
