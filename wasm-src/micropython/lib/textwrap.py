"""CPython's textwrap."""

_BLANKS = "\t\n\v\f\r "


def _chunks(text, break_on_hyphens):
    """Split into words and runs of blanks; words also after their inner hyphens."""
    out = []
    i = 0
    n = len(text)
    while i < n:
        j = i
        blank = text[i] in _BLANKS
        while j < n and (text[j] in _BLANKS) == blank:
            j += 1
        word = text[i:j]
        if blank or not break_on_hyphens or "-" not in word:
            out.append(word)
        else:
            out.extend(_split_word(word))
        i = j
    return out


def _is_letter(c):
    return c.isalpha() or c == "_"


def _split_word(word):
    parts = []
    start = 0
    i = 0
    n = len(word)
    while i < n:
        if word[i] != "-":
            i += 1
            continue
        j = i
        while j < n and word[j] == "-":
            j += 1
        if j - i >= 2:
            # An em-dash stands alone between words.
            if i > start and j < n and (word[j].isalpha() or word[j].isdigit()):
                parts.append(word[start:i])
                parts.append(word[i:j])
                start = j
        elif (
            i - start >= 2
            and _is_letter(word[i - 1])
            and (_is_letter(word[i - 2]) or word[i - 2] == "-")
            and j + 1 < n
            and _is_letter(word[j])
            and (_is_letter(word[j + 1]) or word[j + 1] == "-")
        ):
            parts.append(word[start:j])
            start = j
        i = j
    if start < n:
        parts.append(word[start:])
    return parts


class TextWrapper:
    def __init__(
        self,
        width=70,
        initial_indent="",
        subsequent_indent="",
        expand_tabs=True,
        replace_whitespace=True,
        fix_sentence_endings=False,
        break_long_words=True,
        drop_whitespace=True,
        break_on_hyphens=True,
        tabsize=8,
        *,
        max_lines=None,
        placeholder=" [...]",
    ):
        self.width = width
        self.initial_indent = initial_indent
        self.subsequent_indent = subsequent_indent
        self.expand_tabs = expand_tabs
        self.replace_whitespace = replace_whitespace
        self.fix_sentence_endings = fix_sentence_endings
        self.break_long_words = break_long_words
        self.drop_whitespace = drop_whitespace
        self.break_on_hyphens = break_on_hyphens
        self.tabsize = tabsize
        self.max_lines = max_lines
        self.placeholder = placeholder

    def _prepare(self, text):
        if self.expand_tabs and "\t" in text:
            text = text.expandtabs(self.tabsize)
        if self.replace_whitespace:
            for c in "\t\n\v\f\r":
                text = text.replace(c, " ")
        chunks = _chunks(text, self.break_on_hyphens)
        if self.fix_sentence_endings:
            for i in range(len(chunks) - 1):
                word = chunks[i].rstrip("\"'")
                if chunks[i + 1] == " " and word[-1:] in (".", "!", "?") and word[-2:-1].islower():
                    chunks[i + 1] = "  "
        return chunks

    def wrap(self, text):
        if self.width <= 0:
            raise ValueError("invalid width %r (must be > 0)" % self.width)
        chunks = self._prepare(text)
        if self.max_lines is not None:
            indent = self.subsequent_indent if self.max_lines > 1 else self.initial_indent
            if len(indent) + len(self.placeholder.lstrip()) > self.width:
                raise ValueError("placeholder too large for max width")
        lines = []
        i = 0
        n = len(chunks)
        while i < n:
            indent = self.subsequent_indent if lines else self.initial_indent
            width = self.width - len(indent)
            if self.drop_whitespace and lines and not chunks[i].strip():
                i += 1
                if i == n:
                    break
            line = []
            size = 0
            while i < n and size + len(chunks[i]) <= width:
                line.append(chunks[i])
                size += len(chunks[i])
                i += 1
            if i < n and len(chunks[i]) > width:
                room = 1 if width < 1 else width - size
                if self.break_long_words:
                    piece, rest = self._cut(chunks[i], room)
                    line.append(piece)
                    chunks[i] = rest
                    if not rest:
                        i += 1
                elif not line:
                    line.append(chunks[i])
                    i += 1
                size = sum([len(c) for c in line])
            if self.drop_whitespace and line and not line[-1].strip():
                size -= len(line.pop())
            if not line:
                continue
            last = i >= n or self.drop_whitespace and i == n - 1 and not chunks[i].strip()
            if (
                self.max_lines is None
                or len(lines) + 1 < self.max_lines
                or last
                and size <= width
            ):
                lines.append(indent + "".join(line))
                continue
            self._shorten(lines, line, size, width, indent)
            break
        return lines

    def _cut(self, word, room):
        end = room
        if self.break_on_hyphens and len(word) > room:
            hyphen = word.rfind("-", 0, room)
            if hyphen > 0 and any(c != "-" for c in word[:hyphen]):
                end = hyphen + 1
        return word[:end], word[end:]

    def _shorten(self, lines, line, size, width, indent):
        """End the lines with the placeholder, in place of the words that do not fit."""
        while line:
            if line[-1].strip() and size + len(self.placeholder) <= width:
                line.append(self.placeholder)
                lines.append(indent + "".join(line))
                return
            size -= len(line.pop())
        if lines:
            previous = lines[-1].rstrip()
            if len(previous) + len(self.placeholder) <= self.width:
                lines[-1] = previous + self.placeholder
                return
        lines.append(indent + self.placeholder.lstrip())

    def fill(self, text):
        return "\n".join(self.wrap(text))


def wrap(text, width=70, **options):
    return TextWrapper(width, **options).wrap(text)


def fill(text, width=70, **options):
    return TextWrapper(width, **options).fill(text)


def shorten(text, width, **options):
    return TextWrapper(width, max_lines=1, **options).fill(" ".join(text.strip().split()))


def dedent(text):
    lines = text.split("\n")
    margin = None
    for i, line in enumerate(lines):
        stripped = line.lstrip(" \t")
        if not stripped:
            lines[i] = ""
            continue
        lead = line[: len(line) - len(stripped)]
        if margin is None:
            margin = lead
        else:
            k = 0
            while k < len(margin) and margin[k : k + 1] == lead[k : k + 1]:
                k += 1
            margin = margin[:k]
    if margin:
        lines = [line[len(margin) :] if line else line for line in lines]
    return "\n".join(lines)


def indent(text, prefix, predicate=None):
    out = []
    for line in text.splitlines(True):
        if predicate(line) if predicate else line.strip():
            line = prefix + line
        out.append(line)
    return "".join(out)
