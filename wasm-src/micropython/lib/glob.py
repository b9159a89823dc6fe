"""CPython's glob."""

import os
from fnmatch import filter as _filter


def has_magic(s):
    return any(c in s for c in "*?[")


def escape(pathname):
    return "".join(["[" + c + "]" if c in "*?[" else c for c in pathname])


def _names(folder, root, only_folders):
    """The names in a folder, as far as there is one."""
    place = os.path.join(root, folder) if root else folder
    try:
        with os.scandir(place or ".") as entries:
            return [entry.name for entry in entries if not only_folders or entry.is_dir()]
    except OSError:
        return []


def _below(folder, root, hidden, only_folders):
    """The paths of all that is in a folder and in those in it."""
    for name in _names(folder, root, only_folders):
        if hidden or not name.startswith("."):
            inner = os.path.join(folder, name) if folder else name
            yield inner
            yield from _below(inner, root, hidden, only_folders)


def _found(pathname, root, recursive, hidden, only_folders):
    head, tail = os.path.split(pathname)
    full = os.path.join(root, pathname) if root else pathname
    if not has_magic(pathname):
        if os.path.lexists(full) if tail else os.path.isdir(full):
            yield pathname
        return
    if head and head != pathname and has_magic(head):
        heads = _found(head, root, recursive, hidden, True)
    else:
        heads = [head]
    for folder in heads:
        if recursive and tail == "**":
            if not folder or os.path.isdir(os.path.join(root, folder) if root else folder):
                yield os.path.join(folder, "") if folder else ""
                yield from _below(folder, root, hidden, only_folders)
        elif not has_magic(tail):
            inner = os.path.join(folder, tail)
            place = os.path.join(root, inner) if root else inner
            if os.path.lexists(place) if tail else os.path.isdir(place):
                yield inner
        else:
            names = _names(folder, root, only_folders)
            if not hidden and not tail.startswith("."):
                names = [name for name in names if not name.startswith(".")]
            for name in _filter(names, tail):
                yield os.path.join(folder, name)


def iglob(pathname, *, root_dir=None, dir_fd=None, recursive=False, include_hidden=False):
    for found in _found(pathname, root_dir or "", recursive, include_hidden, False):
        if found:
            yield found


def glob(pathname, **options):
    return list(iglob(pathname, **options))
