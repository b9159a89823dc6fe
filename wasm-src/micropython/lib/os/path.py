"""CPython's os.path for POSIX paths."""

from _files import fspath, getcwd, readlink, stat

sep = "/"
altsep = None
extsep = "."
pathsep = ":"
curdir = "."
pardir = ".."
devnull = "/dev/null"


def _path(p):
    p = fspath(p)
    if isinstance(p, bytes):
        raise TypeError("paths of bytes are not supported, only str")
    return p


def isabs(p):
    return _path(p).startswith("/")


def join(first, *others):
    result = _path(first)
    for part in others:
        part = _path(part)
        if part.startswith("/"):
            result = part
        elif not result or result.endswith("/"):
            result += part
        else:
            result += "/" + part
    return result


def split(p):
    p = _path(p)
    i = p.rfind("/") + 1
    head = p[:i]
    return head.rstrip("/") or head, p[i:]


def basename(p):
    return split(p)[1]


def dirname(p):
    return split(p)[0]


def splitext(p):
    p = _path(p)
    start = p.rfind("/") + 1
    dot = p.rfind(".")
    # The dots that a name begins with are no extension.
    if dot > start and p[start:dot].strip("."):
        return p[:dot], p[dot:]
    return p, ""


def splitdrive(p):
    return "", _path(p)


def normcase(p):
    return _path(p)


def normpath(p):
    p = _path(p)
    lead = "//" if p.startswith("//") and not p.startswith("///") else "/" if p.startswith("/") else ""
    parts = []
    for part in p.split("/"):
        if part in ("", "."):
            continue
        if part != ".." or not lead and not parts or parts and parts[-1] == "..":
            parts.append(part)
        elif parts:
            parts.pop()
    return lead + "/".join(parts) or "."


def abspath(p):
    return normpath(join(getcwd(), p))


_MAX_LINKS = 40


def realpath(p, *, strict=False):
    """The path without "." and ".." and without symbolic links."""
    left = [part for part in join(getcwd(), p).split("/") if part not in ("", ".")]
    left.reverse()
    done = ""
    links = 0
    while left:
        part = left.pop()
        if part == "..":
            done = done[: max(done.rfind("/"), 0)]
            continue
        inner = done + "/" + part
        try:
            kind = stat(inner, False)[0]
        except OSError:
            if strict:
                raise
            kind = 0
        if kind == 7 and links < _MAX_LINKS:
            links += 1
            target = readlink(inner)
            if target.startswith("/"):
                done = ""
            left += [part for part in reversed(target.split("/")) if part not in ("", ".")]
        else:
            done = inner
    return done or "/"


def relpath(p, start="."):
    p = _path(p)
    if not p:
        raise ValueError("no path specified")
    a = [part for part in abspath(start).split("/") if part]
    b = [part for part in abspath(p).split("/") if part]
    k = 0
    while k < len(a) and k < len(b) and a[k] == b[k]:
        k += 1
    return "/".join([".."] * (len(a) - k) + b[k:]) or "."


def commonprefix(paths):
    paths = list(paths)
    if not paths:
        return ""
    low, high = min(paths), max(paths)
    k = 0
    while k < len(low) and k < len(high) and low[k] == high[k]:
        k += 1
    return low[:k]


def commonpath(paths):
    paths = [_path(p) for p in paths]
    if not paths:
        raise ValueError("commonpath() arg is an empty sequence")
    if len({p.startswith("/") for p in paths}) > 1:
        raise ValueError("Can't mix absolute and relative paths")
    split_paths = [[part for part in p.split("/") if part not in ("", ".")] for p in paths]
    low, high = min(split_paths), max(split_paths)
    k = 0
    while k < len(low) and k < len(high) and low[k] == high[k]:
        k += 1
    return ("/" if paths[0].startswith("/") else "") + "/".join(low[:k])


def expanduser(p):
    from os import environ

    p = _path(p)
    if "HOME" in environ and (p == "~" or p.startswith("~/")):
        return (environ["HOME"].rstrip("/") + p[1:]) or "/"
    return p


def expandvars(p):
    from os import environ

    p = _path(p)
    out = []
    while "$" in p:
        before, _, rest = p.partition("$")
        out.append(before)
        if rest.startswith("{") and "}" in rest:
            name, _, after = rest[1:].partition("}")
            source = "${" + name + "}"
        else:
            end = 0
            while end < len(rest) and (rest[end].isalpha() or rest[end].isdigit() or rest[end] == "_"):
                end += 1
            name, after = rest[:end], rest[end:]
            source = "$" + name
        out.append(environ.get(name, source) if name else source)
        p = after
    return "".join(out) + p


def _kind(p, follow=True):
    """The type of a file as WASI numbers them, or 0."""
    try:
        return stat(p, follow)[0]
    except (OSError, ValueError):
        return 0


def exists(p):
    return _kind(p) != 0


def lexists(p):
    return _kind(p, False) != 0


def isdir(p):
    return _kind(p) == 3


def isfile(p):
    return _kind(p) == 4


def islink(p):
    return _kind(p, False) == 7


def ismount(p):
    if islink(p):
        return False
    return realpath(p) == "/" or stat(p, True)[2] != stat(join(p, ".."), True)[2]


def isjunction(p):
    return False


def getsize(p):
    return stat(p, True)[4]


def getatime(p):
    return stat(p, True)[5] / 1000000000


def getmtime(p):
    return stat(p, True)[6] / 1000000000


def getctime(p):
    return stat(p, True)[7] / 1000000000


def samestat(a, b):
    return a[1:3] == b[1:3]


def samefile(p, q):
    return stat(p, True)[1:3] == stat(q, True)[1:3]


def sameopenfile(a, b):
    return stat(a, True)[1:3] == stat(b, True)[1:3]


def splitroot(p):
    p = _path(p)
    root = "//" if p.startswith("//") and not p.startswith("///") else "/" if p.startswith("/") else ""
    return "", root, p[len(root) :] if len(root) != 1 else p[1:]
