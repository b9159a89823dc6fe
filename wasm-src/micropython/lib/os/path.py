"""CPython's os.path for POSIX paths. No file exists here."""

sep = "/"
altsep = None
extsep = "."
pathsep = ":"
curdir = "."
pardir = ".."
devnull = "/dev/null"


def _path(p):
    if isinstance(p, str):
        return p
    if hasattr(p, "__fspath__"):
        return p.__fspath__()
    raise TypeError("expected str, bytes or os.PathLike object, not " + type(p).__name__)


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
    return normpath(join("/", p))


realpath = abspath


def relpath(p, start="/"):
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
    return _path(p)


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


def exists(p):
    return False


def isdir(p):
    return normpath(p) == "/"


isfile = islink = ismount = lexists = exists


def getsize(p):
    raise FileNotFoundError(2, "No such file or directory", _path(p))


getmtime = getatime = getctime = getsize
