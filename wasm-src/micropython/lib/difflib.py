"""CPython's difflib: SequenceMatcher and the comparisons built on it."""


class Match(tuple):
    a = property(lambda self: self[0])
    b = property(lambda self: self[1])
    size = property(lambda self: self[2])

    def __repr__(self):
        return "Match(a=%d, b=%d, size=%d)" % tuple(self)

    __str__ = __repr__


def _ratio(matches, length):
    return 2.0 * matches / length if length else 1.0


class SequenceMatcher:
    def __init__(self, isjunk=None, a="", b="", autojunk=True):
        self.isjunk = isjunk
        self.autojunk = autojunk
        self.a = self.b = None
        self.set_seqs(a, b)

    def set_seqs(self, a, b):
        self.set_seq1(a)
        self.set_seq2(b)

    def set_seq1(self, a):
        self.a = a
        # Indexing a str that is not ASCII walks it; a list does not.
        self._a = list(a)
        self._blocks = self._opcodes = None

    def set_seq2(self, b):
        self.b = b
        self._b = list(b)
        self._blocks = self._opcodes = self._counts = None
        where = {}
        for i, x in enumerate(self._b):
            if x in where:
                where[x].append(i)
            else:
                where[x] = [i]
        self.bjunk = set()
        self.bpopular = set()
        if self.isjunk:
            self.bjunk = {x for x in where if self.isjunk(x)}
        n = len(self._b)
        if self.autojunk and n >= 200:
            most = n // 100 + 1
            self.bpopular = {x for x in where if x not in self.bjunk and len(where[x]) > most}
        for x in self.bjunk:
            del where[x]
        for x in self.bpopular:
            del where[x]
        self.b2j = where

    def find_longest_match(self, alo=0, ahi=None, blo=0, bhi=None):
        a, b, where, junk = self._a, self._b, self.b2j, self.bjunk
        ahi = len(a) if ahi is None else ahi
        bhi = len(b) if bhi is None else bhi
        besti, bestj, size = alo, blo, 0
        lengths = {}  # of the match that ends at j, for the element of a before
        for i in range(alo, ahi):
            new = {}
            for j in where.get(a[i], ()):
                if j < blo:
                    continue
                if j >= bhi:
                    break
                k = new[j] = lengths.get(j - 1, 0) + 1
                if k > size:
                    besti, bestj, size = i - k + 1, j - k + 1, k
            lengths = new
        # Widen it by what is popular, then by junk.
        for wanted in (False, True):
            while (
                besti > alo
                and bestj > blo
                and (b[bestj - 1] in junk) == wanted
                and a[besti - 1] == b[bestj - 1]
            ):
                besti, bestj, size = besti - 1, bestj - 1, size + 1
            while (
                besti + size < ahi
                and bestj + size < bhi
                and (b[bestj + size] in junk) == wanted
                and a[besti + size] == b[bestj + size]
            ):
                size += 1
        return Match((besti, bestj, size))

    def get_matching_blocks(self):
        if self._blocks is not None:
            return self._blocks
        todo = [(0, len(self._a), 0, len(self._b))]
        found = []
        while todo:
            alo, ahi, blo, bhi = todo.pop()
            i, j, k = self.find_longest_match(alo, ahi, blo, bhi)
            if k:
                found.append((i, j, k))
                if alo < i and blo < j:
                    todo.append((alo, i, blo, j))
                if i + k < ahi and j + k < bhi:
                    todo.append((i + k, ahi, j + k, bhi))
        found.sort()
        blocks = []
        for i, j, k in found:
            if blocks:
                pi, pj, pk = blocks[-1]
                if pi + pk == i and pj + pk == j:
                    blocks[-1] = (pi, pj, pk + k)
                    continue
            blocks.append((i, j, k))
        blocks.append((len(self._a), len(self._b), 0))
        self._blocks = [Match(block) for block in blocks]
        return self._blocks

    def get_opcodes(self):
        if self._opcodes is not None:
            return self._opcodes
        codes = []
        i = j = 0
        for ai, bj, size in self.get_matching_blocks():
            tag = ""
            if i < ai and j < bj:
                tag = "replace"
            elif i < ai:
                tag = "delete"
            elif j < bj:
                tag = "insert"
            if tag:
                codes.append((tag, i, ai, j, bj))
            i, j = ai + size, bj + size
            if size:
                codes.append(("equal", ai, i, bj, j))
        self._opcodes = codes
        return codes

    def get_grouped_opcodes(self, n=3):
        codes = list(self.get_opcodes()) or [("equal", 0, 1, 0, 1)]
        if codes[0][0] == "equal":
            tag, i1, i2, j1, j2 = codes[0]
            codes[0] = tag, max(i1, i2 - n), i2, max(j1, j2 - n), j2
        if codes[-1][0] == "equal":
            tag, i1, i2, j1, j2 = codes[-1]
            codes[-1] = tag, i1, min(i2, i1 + n), j1, min(j2, j1 + n)
        group = []
        for tag, i1, i2, j1, j2 in codes:
            if tag == "equal" and i2 - i1 > 2 * n:
                group.append((tag, i1, min(i2, i1 + n), j1, min(j2, j1 + n)))
                yield group
                group = []
                i1, j1 = max(i1, i2 - n), max(j1, j2 - n)
            group.append((tag, i1, i2, j1, j2))
        if group and not (len(group) == 1 and group[0][0] == "equal"):
            yield group

    def ratio(self):
        matches = sum([block[2] for block in self.get_matching_blocks()])
        return _ratio(matches, len(self._a) + len(self._b))

    def quick_ratio(self):
        if self._counts is None:
            self._counts = {}
            for x in self._b:
                self._counts[x] = self._counts.get(x, 0) + 1
        left = {}
        matches = 0
        for x in self._a:
            n = left.get(x)
            if n is None:
                n = self._counts.get(x, 0)
            left[x] = n - 1
            if n > 0:
                matches += 1
        return _ratio(matches, len(self._a) + len(self._b))

    def real_quick_ratio(self):
        la, lb = len(self._a), len(self._b)
        return _ratio(min(la, lb), la + lb)


def get_close_matches(word, possibilities, n=3, cutoff=0.6):
    if not n > 0:
        raise ValueError("n must be > 0: %r" % (n,))
    if not 0.0 <= cutoff <= 1.0:
        raise ValueError("cutoff must be in [0.0, 1.0]: %r" % (cutoff,))
    found = []
    s = SequenceMatcher()
    s.set_seq2(word)
    for x in possibilities:
        s.set_seq1(x)
        if s.real_quick_ratio() >= cutoff and s.quick_ratio() >= cutoff:
            r = s.ratio()
            if r >= cutoff:
                found.append((r, x))
    found.sort(reverse=True)
    return [x for _, x in found[:n]]


def _range_unified(start, stop):
    length = stop - start
    if length == 1:
        return str(start + 1)
    return "%d,%d" % (start + 1 if length else start, length)


def unified_diff(
    a, b, fromfile="", tofile="", fromfiledate="", tofiledate="", n=3, lineterm="\n"
):
    started = False
    for group in SequenceMatcher(None, a, b).get_grouped_opcodes(n):
        if not started:
            started = True
            yield "--- %s%s%s" % (fromfile, "\t" + fromfiledate if fromfiledate else "", lineterm)
            yield "+++ %s%s%s" % (tofile, "\t" + tofiledate if tofiledate else "", lineterm)
        old = _range_unified(group[0][1], group[-1][2])
        new = _range_unified(group[0][3], group[-1][4])
        yield "@@ -%s +%s @@%s" % (old, new, lineterm)
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                for line in a[i1:i2]:
                    yield " " + line
                continue
            if tag != "insert":
                for line in a[i1:i2]:
                    yield "-" + line
            if tag != "delete":
                for line in b[j1:j2]:
                    yield "+" + line


def _range_context(start, stop):
    length = stop - start
    if length <= 1:
        return str(start + 1 if length else start)
    return "%d,%d" % (start + 1, start + length)


def context_diff(
    a, b, fromfile="", tofile="", fromfiledate="", tofiledate="", n=3, lineterm="\n"
):
    marks = {"insert": "+ ", "delete": "- ", "replace": "! ", "equal": "  "}
    started = False
    for group in SequenceMatcher(None, a, b).get_grouped_opcodes(n):
        if not started:
            started = True
            yield "*** %s%s%s" % (fromfile, "\t" + fromfiledate if fromfiledate else "", lineterm)
            yield "--- %s%s%s" % (tofile, "\t" + tofiledate if tofiledate else "", lineterm)
        yield "***************" + lineterm
        yield "*** %s ****%s" % (_range_context(group[0][1], group[-1][2]), lineterm)
        tags = [code[0] for code in group]
        if "replace" in tags or "delete" in tags:
            for tag, i1, i2, _, _ in group:
                if tag != "insert":
                    for line in a[i1:i2]:
                        yield marks[tag] + line
        yield "--- %s ----%s" % (_range_context(group[0][3], group[-1][4]), lineterm)
        if "replace" in tags or "insert" in tags:
            for tag, _, _, j1, j2 in group:
                if tag != "delete":
                    for line in b[j1:j2]:
                        yield marks[tag] + line


def IS_LINE_JUNK(line):
    return line.strip() in ("", "#")


def IS_CHARACTER_JUNK(ch):
    return ch in " \t"


class Differ:
    """Line by line; lines that resemble each other are paired and marked."""

    def __init__(self, linejunk=None, charjunk=None):
        self.linejunk = linejunk
        self.charjunk = charjunk

    def compare(self, a, b):
        for tag, alo, ahi, blo, bhi in SequenceMatcher(self.linejunk, a, b).get_opcodes():
            if tag == "equal":
                for i in range(alo, ahi):
                    yield "  " + a[i]
            elif tag == "replace":
                yield from self._replace(a, alo, ahi, b, blo, bhi)
            else:
                yield from self._plain(a, alo, ahi, b, blo, bhi)

    def _plain(self, a, alo, ahi, b, blo, bhi):
        for i in range(alo, ahi):
            yield "- " + a[i]
        for j in range(blo, bhi):
            yield "+ " + b[j]

    def _replace(self, a, alo, ahi, b, blo, bhi):
        best, cutoff = 0.74, 0.75
        besti = bestj = None
        equal = None
        s = SequenceMatcher(self.charjunk)
        for j in range(blo, bhi):
            s.set_seq2(b[j])
            for i in range(alo, ahi):
                if a[i] == b[j]:
                    if equal is None:
                        equal = i, j
                    continue
                s.set_seq1(a[i])
                if s.real_quick_ratio() > best and s.quick_ratio() > best and s.ratio() > best:
                    best, besti, bestj = s.ratio(), i, j
        if best < cutoff:
            if equal is None:
                if bhi - blo < ahi - alo and blo < bhi:
                    yield from self._plain(a, alo, alo, b, blo, bhi)
                    yield from self._plain(a, alo, ahi, b, bhi, bhi)
                else:
                    yield from self._plain(a, alo, ahi, b, blo, bhi)
                return
            besti, bestj = equal
            best = 1.0
        else:
            equal = None
        yield from self._part(a, alo, besti, b, blo, bestj)
        if equal is None:
            yield from self._marked(a[besti], b[bestj], s)
        else:
            yield "  " + a[besti]
        yield from self._part(a, besti + 1, ahi, b, bestj + 1, bhi)

    def _part(self, a, alo, ahi, b, blo, bhi):
        if alo < ahi and blo < bhi:
            yield from self._replace(a, alo, ahi, b, blo, bhi)
        else:
            yield from self._plain(a, alo, ahi, b, blo, bhi)

    def _marked(self, old, new, s):
        s.set_seqs(old, new)
        old_marks = new_marks = ""
        for tag, i1, i2, j1, j2 in s.get_opcodes():
            la, lb = i2 - i1, j2 - j1
            if tag == "replace":
                old_marks += "^" * la
                new_marks += "^" * lb
            elif tag == "delete":
                old_marks += "-" * la
            elif tag == "insert":
                new_marks += "+" * lb
            else:
                old_marks += " " * la
                new_marks += " " * lb
        for sign, line, marks in (("-", old, old_marks), ("+", new, new_marks)):
            yield sign + " " + line
            # Tabs of the line stay tabs below it.
            text = ""
            for i, mark in enumerate(marks):
                blank = mark == " " and line[i : i + 1].isspace()
                text += line[i] if blank else mark
            text = text.rstrip()
            if text:
                yield "? " + text + "\n"


def ndiff(a, b, linejunk=None, charjunk=IS_CHARACTER_JUNK):
    return Differ(linejunk, charjunk).compare(a, b)


def restore(delta, which):
    if which not in (1, 2):
        raise ValueError("unknown delta choice (must be 1 or 2): %r" % which)
    mark = "- " if which == 1 else "+ "
    for line in delta:
        if line[:2] in ("  ", mark):
            yield line[2:]
