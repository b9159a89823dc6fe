"""CPython's urllib.parse, for str; quote and unquote take bytes too."""

uses_relative = ["", "ftp", "http", "gopher", "nntp", "imap", "wais", "file", "https", "shttp",
                 "mms", "prospero", "rtsp", "rtspu", "sftp", "svn", "svn+ssh", "ws", "wss"]
uses_netloc = ["", "ftp", "http", "gopher", "nntp", "telnet", "imap", "wais", "file", "mms",
               "https", "shttp", "snews", "prospero", "rtsp", "rtspu", "rsync", "svn", "svn+ssh",
               "sftp", "nfs", "git", "git+ssh", "ws", "wss", "itms-services"]
uses_params = ["", "ftp", "hdl", "prospero", "http", "imap", "https", "shttp", "rtsp", "rtspu",
               "sip", "sips", "mms", "sftp", "tel"]
_SCHEME = "abcdefghijklmnopqrstuvwxyz0123456789+-."
_SAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"


class _Netloc:
    """The parts of a result's netloc."""

    def _user(self):
        user, at, host = self.netloc.rpartition("@")
        if not at:
            return None, None
        name, colon, password = user.partition(":")
        return name, password if colon else None

    def _host(self):
        host = self.netloc.rpartition("@")[2]
        if host.startswith("["):
            name, _, port = host[1:].partition("]")
            return name, port[1:] if port.startswith(":") else None
        name, colon, port = host.partition(":")
        return name, port if colon else None

    @property
    def username(self):
        return self._user()[0]

    @property
    def password(self):
        return self._user()[1]

    @property
    def hostname(self):
        name = self._host()[0]
        if not name:
            return None
        name, percent, zone = name.partition("%")
        return name.lower() + percent + zone

    @property
    def port(self):
        port = self._host()[1]
        if not port:
            return None
        if not port.isdigit():
            raise ValueError("Port could not be cast to integer value as %r" % port)
        port = int(port)
        if port > 65535:
            raise ValueError("Port out of range 0-65535")
        return port


class _Result(tuple, _Netloc):
    """A tuple with names for its items, as the results of this module are."""

    def _asdict(self):
        return dict(zip(self._fields, self))

    def _replace(self, **values):
        items = [values.pop(name, value) for name, value in zip(self._fields, self)]
        if values:
            raise ValueError("Got unexpected field names: %r" % list(values))
        return type(self)(items)

    def __repr__(self):
        parts = ["%s=%r" % pair for pair in zip(self._fields, self)]
        return "%s(%s)" % (type(self).__name__, ", ".join(parts))

    __str__ = __repr__


def _item(i):
    return property(lambda self: self[i])


class SplitResult(_Result):
    _fields = ("scheme", "netloc", "path", "query", "fragment")
    scheme, netloc, path, query, fragment = map(_item, range(5))

    def geturl(self):
        return urlunsplit(self)


class ParseResult(_Result):
    _fields = ("scheme", "netloc", "path", "params", "query", "fragment")
    scheme, netloc, path, params, query, fragment = map(_item, range(6))

    def geturl(self):
        return urlunparse(self)


class DefragResult(_Result):
    _fields = ("url", "fragment")
    url, fragment = map(_item, range(2))

    def geturl(self):
        return self.url + "#" + self.fragment if self.fragment else self.url


def urlsplit(url, scheme="", allow_fragments=True):
    for c in "\t\r\n":
        url = url.replace(c, "")
    while url and url[0] <= " ":
        url = url[1:]
    scheme = scheme.strip()
    netloc = query = fragment = ""
    i = url.find(":")
    if i > 0 and url[0].isalpha() and all(c in _SCHEME for c in url[:i].lower()):
        scheme = url[:i].lower()
        url = url[i + 1 :]
    if url.startswith("//"):
        end = len(url)
        for c in "/?#":
            k = url.find(c, 2)
            if 0 <= k < end:
                end = k
        netloc = url[2:end]
        url = url[end:]
        if ("[" in netloc) != ("]" in netloc):
            raise ValueError("Invalid IPv6 URL")
    if allow_fragments:
        url, _, fragment = url.partition("#")
    url, _, query = url.partition("?")
    return SplitResult((scheme, netloc, url, query, fragment))


def urlparse(url, scheme="", allow_fragments=True):
    scheme, netloc, path, query, fragment = urlsplit(url, scheme, allow_fragments)
    params = ""
    if scheme in uses_params and ";" in path:
        i = path.find(";", path.rfind("/") + 1)
        if i >= 0:
            path, params = path[:i], path[i + 1 :]
    return ParseResult((scheme, netloc, path, params, query, fragment))


def urlunsplit(parts):
    scheme, netloc, url, query, fragment = parts
    if netloc or scheme and scheme in uses_netloc and not url.startswith("//"):
        if url and not url.startswith("/"):
            url = "/" + url
        url = "//" + (netloc or "") + url
    if scheme:
        url = scheme + ":" + url
    if query:
        url += "?" + query
    return url + "#" + fragment if fragment else url


def urlunparse(parts):
    scheme, netloc, url, params, query, fragment = parts
    if params:
        url += ";" + params
    return urlunsplit((scheme, netloc, url, query, fragment))


def urljoin(base, url, allow_fragments=True):
    if not base:
        return url
    if not url:
        return base
    old = urlparse(base, "", allow_fragments)
    new = urlparse(url, old.scheme, allow_fragments)
    scheme, netloc, path, params, query, fragment = new
    if scheme != old.scheme or scheme not in uses_relative:
        return url
    if scheme in uses_netloc:
        if netloc:
            return urlunparse(new)
        netloc = old.netloc
    if not path and not params:
        params = old.params
        return urlunparse((scheme, netloc, old.path, params, query or old.query, fragment))
    if path[:1] == "/":
        segments = path.split("/")
    else:
        segments = old.path.split("/")
        segments = segments[:-1] + path.split("/")
    done = []
    for i, segment in enumerate(segments):
        if segment == "..":
            if len(done) > 1 or done and done[0]:
                done.pop()
        elif segment != "." and (segment or i in (0, len(segments) - 1)):
            done.append(segment)
    if segments[-1] in (".", ".."):
        done.append("")
    path = "/".join(done)
    if path[:1] != "/" and (netloc or old.path[:1] == "/"):
        path = "/" + path
    return urlunparse((scheme, netloc, path or "/", params, query, fragment))


def urldefrag(url):
    s, n, p, a, q, fragment = urlparse(url)
    if not fragment and "#" not in url:
        return DefragResult((url, ""))
    return DefragResult((urlunparse((s, n, p, a, q, "")), fragment))


def quote_from_bytes(bs, safe="/"):
    if not isinstance(bs, (bytes, bytearray)):
        raise TypeError("quote_from_bytes() expected bytes")
    keep = _SAFE + (safe.encode() if isinstance(safe, str) else safe)
    return "".join([chr(c) if c in keep else "%%%02X" % c for c in bs])


def quote(string, safe="/", encoding=None, errors=None):
    if isinstance(string, str):
        string = string.encode(encoding or "utf-8", errors or "strict")
    elif encoding is not None or errors is not None:
        raise TypeError("quote() doesn't support 'encoding' for bytes")
    return quote_from_bytes(string, safe)


def quote_plus(string, safe="", encoding=None, errors=None):
    safe = safe + (" " if isinstance(safe, str) else b" ")
    return quote(string, safe, encoding, errors).replace(" ", "+")


def unquote_to_bytes(string):
    if isinstance(string, str):
        string = string.encode()
    parts = bytes(string).split(b"%")
    out = [parts[0]]
    for part in parts[1:]:
        try:
            if b" " in part[:2] or b"_" in part[:2] or part[:1] in b"+-" or len(part) < 2:
                raise ValueError
            out.append(bytes([int(part[:2], 16)]))
            out.append(part[2:])
        except ValueError:
            out.append(b"%")
            out.append(part)
    return b"".join(out)


def unquote(string, encoding="utf-8", errors="replace"):
    if isinstance(string, str) and "%" not in string:
        return string
    return _decode(unquote_to_bytes(string), encoding, errors)


def _decode(b, encoding, errors):
    try:
        return b.decode(encoding or "utf-8")
    except UnicodeError:
        if errors == "strict":
            raise
    mark = "\ufffd" if errors == "replace" else ""
    out = []
    i = 0
    while i < len(b):
        c = b[i]
        size = 1 if c < 0x80 else 2 if c < 0xE0 else 3 if c < 0xF0 else 4
        while size:
            try:
                out.append(b[i : i + size].decode())
                break
            except UnicodeError:
                size -= 1
        if not size:
            out.append(mark)
        i += size or 1
    return "".join(out)


def unquote_plus(string, encoding="utf-8", errors="replace"):
    return unquote(string.replace("+", " "), encoding, errors)


def parse_qsl(
    qs,
    keep_blank_values=False,
    strict_parsing=False,
    encoding="utf-8",
    errors="replace",
    max_num_fields=None,
    separator="&",
):
    if not separator or not isinstance(separator, str):
        raise ValueError("Separator must be of type string or bytes.")
    fields = qs.split(separator) if qs else []
    if max_num_fields is not None and len(fields) > max_num_fields:
        raise ValueError("Max number of fields exceeded")
    pairs = []
    for field in fields:
        if not field and not strict_parsing:
            continue
        name, equals, value = field.partition("=")
        if not equals:
            if strict_parsing:
                raise ValueError("bad query field: %r" % field)
            if not keep_blank_values:
                continue
        if value or keep_blank_values:
            name = unquote_plus(name, encoding, errors)
            pairs.append((name, unquote_plus(value, encoding, errors)))
    return pairs


def parse_qs(qs, *args, **options):
    found = {}
    for name, value in parse_qsl(qs, *args, **options):
        found.setdefault(name, []).append(value)
    return found


def urlencode(query, doseq=False, safe="", encoding=None, errors=None, quote_via=quote_plus):
    def text(x):
        if isinstance(x, (bytes, bytearray)):
            return quote_via(x, safe)
        return quote_via(str(x), safe, encoding, errors)

    if hasattr(query, "items"):
        query = query.items()
    pairs = []
    for name, value in query:
        values = [value]
        if doseq and not isinstance(value, (str, bytes)):
            try:
                values = list(value)
            except TypeError:
                values = [value]
        for value in values:
            pairs.append(text(name) + "=" + text(value))
    return "&".join(pairs)
