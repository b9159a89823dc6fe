"""As much of the library Requests as there is use for in a sandbox, by way of `fetch`.

No cookies are kept, no files uploaded, no proxies used, and nothing is read from the
environment; certificates are always verified. With ``stream=True`` the body comes as it is read.
"""

import codecs as _codecs
import json as _json
import sys as _sys
import types as _types
from urllib.parse import urlencode as _urlencode

__version__ = "2.0.sandbox"

_fetch = fetch


class RequestException(OSError):
    def __init__(self, *args, request=None, response=None):
        super().__init__(*args)
        self.request = request
        self.response = response


class HTTPError(RequestException):
    pass


class ConnectionError(RequestException):
    pass


class ChunkedEncodingError(RequestException):
    pass


class Timeout(RequestException):
    pass


ConnectTimeout = ReadTimeout = Timeout


class InvalidURL(RequestException, ValueError):
    pass


class TooManyRedirects(RequestException):
    pass


class JSONDecodeError(RequestException, _json.JSONDecodeError):
    def __init__(self, *args):
        _json.JSONDecodeError.__init__(self, *args)
        self.request = self.response = None


class Response:
    def __init__(self, answer):
        self.url = answer.url
        self.status_code = answer.status
        self.reason = answer.reason
        self.headers = answer.headers
        self.raw = answer
        self.history = []
        self.encoding = answer.encoding

    ok = property(lambda self: self.status_code < 400)
    apparent_encoding = property(lambda self: "utf-8")

    def __bool__(self):
        return self.ok

    def __repr__(self):
        return f"<Response [{self.status_code}]>"

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def __iter__(self):
        return self.iter_content(128)

    @property
    def content(self):
        try:
            return self.raw.content
        except TimeoutError as error:
            raise Timeout(*error.args) from error
        except OSError as error:
            raise ConnectionError(*error.args) from error

    @property
    def text(self):
        try:
            return self.content.decode(self.encoding or "utf-8", "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")

    def json(self, **options):
        try:
            return _json.loads(self.content, **options)
        except _json.JSONDecodeError as error:
            raise JSONDecodeError(error.msg, error.doc, error.pos) from None

    def raise_for_status(self):
        if not self.ok:
            whose = "Client" if self.status_code < 500 else "Server"
            raise HTTPError(
                f"{self.status_code} {whose} Error: {self.reason} for url: {self.url}",
                response=self,
            )

    def iter_content(self, chunk_size=1, decode_unicode=False):
        decode = _codecs.getincrementaldecoder(self.encoding or "utf-8")("replace").decode
        for piece in self._pieces(chunk_size):
            yield decode(piece) if decode_unicode else piece
        if decode_unicode:
            last = decode(b"", True)
            if last:
                yield last

    def _pieces(self, size):
        if self.raw._content is not None:
            for at in range(0, len(self.content), size or max(1, len(self.content))):
                yield self.content[at : at + size] if size else self.content
            return
        try:
            while piece := self.raw.read(size or 65_536):
                yield piece
        except TimeoutError as error:
            raise Timeout(*error.args) from error
        except OSError as error:
            raise ChunkedEncodingError(*error.args) from error

    def iter_lines(self, chunk_size=512, decode_unicode=False, delimiter=None):
        rest = None
        for piece in self.iter_content(chunk_size, decode_unicode):
            if rest is not None:
                piece = rest + piece
            lines = piece.split(delimiter) if delimiter else piece.splitlines()
            # The last line may go on in the next piece.
            whole = not delimiter and lines and piece[-1:] in ("\n", b"\n")
            rest = None if whole or not lines else lines.pop()
            yield from lines
        if rest is not None:
            yield rest

    def close(self):
        self.raw.close()


class Session:
    """Parameters and headers that several requests share."""

    def __init__(self):
        self.headers = {}
        self.params = {}

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass

    def close(self):
        pass

    def request(
        self,
        method,
        url,
        params=None,
        data=None,
        headers=None,
        timeout=None,
        allow_redirects=True,
        stream=False,
        verify=True,
        json=None,
        **others,
    ):
        for name, value in others.items():
            if value is not None:
                raise NotImplementedError(f"the sandbox's requests has no {name}=")
        if not verify or not allow_redirects:
            raise NotImplementedError("the sandbox verifies certificates and follows redirects")
        sent = {name: value for name, value in self.headers.items()}
        for name, value in (headers or {}).items():
            for known in [known for known in sent if known.lower() == name.lower()]:
                del sent[known]
            if value is not None:
                sent[name] = value
        if isinstance(data, (dict, list, tuple)):
            data = _urlencode(data, doseq=True)
            if not any(name.lower() == "content-type" for name in sent):
                sent["Content-Type"] = "application/x-www-form-urlencoded"
        elif hasattr(data, "read"):
            data = data.read()
        if isinstance(timeout, tuple):
            timeout = None if None in timeout else sum(timeout)
        try:
            answer = _fetch(
                _with_params(str(url), self.params, params),
                method=method.upper(),
                headers=sent,
                body=data or None,
                json=json if not data else None,
                timeout=timeout,
                stream=stream,
            )
        except TimeoutError as error:
            raise Timeout(*error.args) from error
        except ValueError as error:
            raise InvalidURL(*error.args) from error
        except OSError as error:
            kind = TooManyRedirects if "max_redirects" in str(error) else ConnectionError
            raise kind(*error.args) from error
        return Response(answer)

    def get(self, url, **options):
        return self.request("GET", url, **options)

    def head(self, url, **options):
        return self.request("HEAD", url, **options)

    def options(self, url, **options):
        return self.request("OPTIONS", url, **options)

    def post(self, url, data=None, json=None, **options):
        return self.request("POST", url, data=data, json=json, **options)

    def put(self, url, data=None, **options):
        return self.request("PUT", url, data=data, **options)

    def patch(self, url, data=None, **options):
        return self.request("PATCH", url, data=data, **options)

    def delete(self, url, **options):
        return self.request("DELETE", url, **options)


def _with_params(url, *given):
    query = "&".join(
        part if isinstance(part, str) else _urlencode(part, doseq=True) for part in given if part
    )
    if not query:
        return url
    url, mark, fragment = url.partition("#")
    return url + ("&" if "?" in url else "?") + query + mark + fragment


session = Session


def request(method, url, **options):
    return Session().request(method, url, **options)


def get(url, params=None, **options):
    return request("GET", url, params=params, **options)


def head(url, **options):
    return request("HEAD", url, **options)


def options(url, **options):
    return request("OPTIONS", url, **options)


def post(url, data=None, json=None, **options):
    return request("POST", url, data=data, json=json, **options)


def put(url, data=None, **options):
    return request("PUT", url, data=data, **options)


def patch(url, data=None, **options):
    return request("PATCH", url, data=data, **options)


def delete(url, **options):
    return request("DELETE", url, **options)


codes = _types.SimpleNamespace(
    ok=200, created=201, accepted=202, no_content=204, moved_permanently=301, found=302,
    not_modified=304, bad_request=400, unauthorized=401, forbidden=403, not_found=404,
    conflict=409, too_many_requests=429, internal_server_error=500, bad_gateway=502,
    service_unavailable=503,
)

exceptions = _types.ModuleType("requests.exceptions")
for _name in (
    "RequestException", "HTTPError", "ConnectionError", "Timeout", "ConnectTimeout",
    "ReadTimeout", "InvalidURL", "TooManyRedirects", "JSONDecodeError", "ChunkedEncodingError",
):
    setattr(exceptions, _name, globals()[_name])
_sys.modules["requests.exceptions"] = exceptions
