"""Enough of `fcntl` for what imports it; every use is refused."""

F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL = 0, 1, 2, 3, 4
FD_CLOEXEC = 1
LOCK_SH, LOCK_EX, LOCK_NB, LOCK_UN = 1, 2, 4, 8


def _refuse(*args):
    raise OSError(52, "the sandbox has no file control")


fcntl = ioctl = flock = lockf = _refuse
