"""Enough of `_socket` for what imports `socket`; every use is refused."""

error = OSError
timeout = TimeoutError


class herror(OSError):  # noqa: N801 - the name is the interface
    pass


class gaierror(OSError):  # noqa: N801
    pass


has_ipv6 = False
CAPI = None

AF_UNSPEC, AF_INET, AF_INET6 = 0, 2, 10
SOCK_STREAM, SOCK_DGRAM, SOCK_RAW = 1, 2, 3
SOL_SOCKET, SO_REUSEADDR, SO_TYPE, SO_ERROR = 1, 2, 3, 4
SO_BROADCAST, SO_SNDBUF, SO_RCVBUF, SO_KEEPALIVE, SO_LINGER = 6, 7, 8, 9, 13
SOMAXCONN = 128
IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6 = 0, 6, 17, 41
TCP_NODELAY, IPV6_V6ONLY = 1, 26
AI_PASSIVE, AI_CANONNAME, AI_NUMERICHOST = 1, 2, 4
NI_NUMERICHOST, NI_NUMERICSERV, EAI_NONAME = 1, 2, -2
INADDR_ANY, INADDR_LOOPBACK, INADDR_BROADCAST = 0, 0x7F000001, 0xFFFFFFFF
SHUT_RD, SHUT_WR, SHUT_RDWR = 0, 1, 2
MSG_OOB, MSG_PEEK = 1, 2

_default_timeout = None


def _refuse(*args, **kwargs):
    raise PermissionError(1, "the sandbox has no sockets")


class socket:  # noqa: N801
    __slots__ = ()  # the class above it adds a weak reference

    def __init__(self, *args, **kwargs):
        _refuse()

    def close(self):
        pass


SocketType = socket
socketpair = dup = close = getaddrinfo = getnameinfo = gethostname = sethostname = _refuse
gethostbyname = gethostbyname_ex = gethostbyaddr = _refuse
getservbyname = getservbyport = getprotobyname = _refuse
if_nameindex = if_nametoindex = if_indextoname = _refuse


def getdefaulttimeout():
    return _default_timeout


def setdefaulttimeout(timeout):
    global _default_timeout
    _default_timeout = None if timeout is None else float(timeout)


def htons(number):
    return (number & 0xFF) << 8 | number >> 8 & 0xFF


def htonl(number):
    return int.from_bytes(number.to_bytes(4, "little"), "big")


ntohs, ntohl = htons, htonl


def inet_aton(text):
    parts = text.split(".")
    if len(parts) != 4 or not all(p.isdecimal() and int(p) < 256 for p in parts):
        raise OSError("illegal IP address string passed to inet_aton")
    return bytes(map(int, parts))


def inet_ntoa(packed):
    if len(packed) != 4:
        raise OSError("packed IP wrong length")
    return ".".join(map(str, packed))


def inet_pton(family, text):
    if family == AF_INET:
        return inet_aton(text)
    import ipaddress

    try:
        return ipaddress.IPv6Address(text).packed
    except ValueError:
        raise OSError("illegal IP address string passed to inet_pton") from None


def inet_ntop(family, packed):
    if family == AF_INET:
        return inet_ntoa(packed)
    import ipaddress

    return str(ipaddress.IPv6Address(packed))
