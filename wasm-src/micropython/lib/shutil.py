"""CPython's shutil, without archives."""

import os
from os.path import basename, exists, isdir, isfile, islink, join, realpath

COPY_BUFSIZE = 65536


class Error(OSError):
    pass


class SameFileError(Error):
    pass


class SpecialFileError(OSError):
    pass


def copyfileobj(fsrc, fdst, length=0):
    while True:
        data = fsrc.read(length or COPY_BUFSIZE)
        if not data:
            return
        fdst.write(data)


def copyfile(src, dst, *, follow_symlinks=True):
    if exists(src) and exists(dst) and os.path.samefile(src, dst):
        raise SameFileError("%r and %r are the same file" % (src, dst))
    if not follow_symlinks and islink(src):
        os.symlink(os.readlink(src), dst)
    else:
        with open(src, "rb") as source, open(dst, "wb") as target:
            copyfileobj(source, target)
    return dst


def copymode(src, dst, *, follow_symlinks=True):
    os.chmod(dst, os.stat(src).st_mode)


def copystat(src, dst, *, follow_symlinks=True):
    found = os.stat(src)
    os.utime(dst, ns=(found.st_atime_ns, found.st_mtime_ns))


def _target(src, dst):
    return join(dst, basename(os.fspath(src))) if isdir(dst) else dst


def copy(src, dst, *, follow_symlinks=True):
    dst = copyfile(src, _target(src, dst), follow_symlinks=follow_symlinks)
    return dst


def copy2(src, dst, *, follow_symlinks=True):
    dst = copy(src, dst, follow_symlinks=follow_symlinks)
    if not islink(dst):
        copystat(src, dst)
    return dst


def ignore_patterns(*patterns):
    from fnmatch import filter

    def ignored(path, names):
        return {name for pattern in patterns for name in filter(names, pattern)}

    return ignored


def copytree(
    src,
    dst,
    symlinks=False,
    ignore=None,
    copy_function=copy2,
    ignore_dangling_symlinks=False,
    dirs_exist_ok=False,
):
    names = os.listdir(src)
    ignored = ignore(os.fspath(src), names) if ignore is not None else ()
    os.makedirs(dst, exist_ok=dirs_exist_ok)
    errors = []
    for name in names:
        if name in ignored:
            continue
        one, other = join(src, name), join(dst, name)
        try:
            if symlinks and islink(one):
                os.symlink(os.readlink(one), other)
            elif isdir(one):
                copytree(
                    one,
                    other,
                    symlinks,
                    ignore,
                    copy_function,
                    ignore_dangling_symlinks,
                    dirs_exist_ok,
                )
            elif exists(one) or not ignore_dangling_symlinks:
                copy_function(one, other)
        except Error as error:
            errors.extend(error.args[0])
        except OSError as error:
            errors.append((one, other, str(error)))
    if errors:
        raise Error(errors)
    return dst


def rmtree(path, ignore_errors=False, onerror=None, *, onexc=None, dir_fd=None):
    def failed(function, name, error):
        if onexc is not None:
            onexc(function, name, error)
        elif onerror is not None:
            onerror(function, name, (type(error), error, None))
        elif not ignore_errors:
            raise error

    try:
        if islink(path):
            raise OSError("Cannot call rmtree on a symbolic link")
        entries = list(os.scandir(path))
    except OSError as error:
        failed(os.scandir, path, error)
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            rmtree(entry.path, ignore_errors, onerror, onexc=onexc)
        else:
            try:
                os.unlink(entry.path)
            except OSError as error:
                failed(os.unlink, entry.path, error)
    try:
        os.rmdir(path)
    except OSError as error:
        failed(os.rmdir, path, error)


def move(src, dst, copy_function=copy2):
    real = dst
    if isdir(dst):
        if os.path.samefile(src, dst):
            os.rename(src, dst)
            return dst
        real = join(dst, basename(os.fspath(src).rstrip("/")))
        if exists(real):
            raise Error("Destination path '%s' already exists" % real)
    try:
        os.rename(src, real)
    except OSError:
        if isdir(src) and not islink(src):
            if (realpath(dst) + "/").startswith(realpath(src) + "/"):
                raise Error("Cannot move a directory '%s' into itself '%s'." % (src, dst))
            copytree(src, real, symlinks=True, copy_function=copy_function)
            rmtree(src)
        elif isfile(src):
            copy_function(src, real)
            os.unlink(src)
        else:
            raise
    return real


def which(cmd, mode=1, path=None):
    return None


def get_terminal_size(fallback=(80, 24)):
    return os.terminal_size(fallback)
