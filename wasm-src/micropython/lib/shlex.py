"""CPython's shlex: split, quote and join, for POSIX shells."""

_SAFE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_"


def split(s, comments=False, posix=True):
    if s is None:
        raise ValueError("s argument must not be None")
    if not posix:
        raise NotImplementedError("only POSIX splitting is there")
    words = []
    word = None  # the pieces of the word that has begun
    i = 0
    n = len(s)
    while i < n:
        c = s[i]
        i += 1
        if c in " \t\r\n":
            if word is not None:
                words.append("".join(word))
                word = None
            continue
        if c == "#" and comments and word is None:
            while i < n and s[i] != "\n":
                i += 1
            continue
        if word is None:
            word = []
        if c == "\\":
            if i == n:
                raise ValueError("No escaped character")
            word.append(s[i])
            i += 1
        elif c == "'":
            end = s.find("'", i)
            if end < 0:
                raise ValueError("No closing quotation")
            word.append(s[i:end])
            i = end + 1
        elif c == '"':
            while True:
                if i == n:
                    raise ValueError("No closing quotation")
                c = s[i]
                i += 1
                if c == '"':
                    break
                if c == "\\" and i < n and s[i] in '"\\':
                    c = s[i]
                    i += 1
                elif c == "\\" and i == n:
                    raise ValueError("No escaped character")
                word.append(c)
        else:
            word.append(c)
    if word is not None:
        words.append("".join(word))
    return words


def quote(s):
    if s and all(c in _SAFE for c in s):
        return s
    return "'" + s.replace("'", "'\"'\"'") + "'"


def join(split_command):
    return " ".join([quote(word) for word in split_command])
