# Runs once in a guest whose session has a network, on every interpreter: wraps the
# host function, whose answers are plain data, into `fetch`.
def _sandbox_define():
    import builtins
    import json as json_module

    request = _sandbox_fetch
    request_more = _sandbox_fetch_more

    class Headers:
        """Headers of an answer, whatever the case of their names."""

        def __init__(self, pairs):
            self._values = {}
            for name, value in pairs:
                before = self._values.get(name)
                self._values[name] = value if before is None else before + ", " + value

        def __getitem__(self, name):
            return self._values[name.lower()]

        def __contains__(self, name):
            return isinstance(name, str) and name.lower() in self._values

        def __iter__(self):
            return iter(self._values)

        def __len__(self):
            return len(self._values)

        def __repr__(self):
            return repr(self._values)

        def get(self, name, default=None):
            return self._values.get(name.lower(), default)

        def keys(self):
            return self._values.keys()

        def values(self):
            return self._values.values()

        def items(self):
            return self._values.items()

    class Response:
        """An answer: status, reason, url, headers, content, text, json(), ok.

        With ``stream=True`` the body is still to come: by read(size), by iterating over
        the pieces it comes in, or all that is left of it by content, text and json().
        """

        def __init__(self, answer):
            self.url = answer["url"]
            self.status = answer["status"]
            self.reason = answer["reason"]
            self.pairs = [(name, value) for name, value in answer["headers"]]
            self.headers = Headers(self.pairs)
            self._piece, self._at = answer["body"], 0  # what has come, and how much was read
            self._more = answer["more"]  # what the host calls the rest; None if there is none
            self._content = None

        def _come(self):
            # Have a byte to read, or return False at the end.
            while self._at >= len(self._piece):
                more, self._more = self._more, None  # if it fails, there is no second time
                if more is None:
                    return False
                self._piece, goes_on = request_more(more)
                self._at = 0
                if goes_on:
                    self._more = more
            return True

        def __iter__(self):
            while self._come():
                at, self._at = self._at, len(self._piece)
                yield self._piece[at:]

        def read(self, size=-1):
            """Return the next size bytes of the body, fewer at its end; all if it is negative."""
            if size is None or size < 0:
                return b"".join([piece for piece in self])
            pieces = []
            while size > 0 and self._come():
                pieces.append(self._piece[self._at : self._at + size])
                self._at += len(pieces[-1])
                size -= len(pieces[-1])
            return b"".join(pieces)

        def close(self):
            """Have the host end it; what has not come will not."""
            more, self._more = self._more, None
            self._at = len(self._piece)
            if more is not None:
                request_more(more, False)

        def __enter__(self):
            return self

        def __exit__(self, *exc):
            self.close()

        @property
        def content(self):
            if self._content is None:
                self._content = self._piece = self.read()
                self._at = 0  # it can be read once more, as a file
            return self._content

        @property
        def ok(self):
            return self.status < 400

        @property
        def encoding(self):
            kind = self.headers.get("content-type", "").lower()
            _, found, rest = kind.partition("charset=")
            return rest.split(";")[0].strip(" \"'") if found else "utf-8"

        @property
        def text(self):
            try:
                return self.content.decode(self.encoding, "replace")
            except (LookupError, ValueError):
                return self.content.decode("utf-8", "replace")

        def json(self):
            return json_module.loads(self.content.decode("utf-8"))

        def __repr__(self):
            return "<Response %d>" % self.status

    def fetch(
        url, *, method="GET", headers=None, body=None, json=None, timeout=None, stream=False
    ):
        """Have the host make a request, and return its answer.

        With stream the body is left to be read in pieces, until the run ends.

        PermissionError: the sandbox does not allow it. TimeoutError, ConnectionError,
        OSError: it failed. An answer of any status is an answer, not an error.
        """
        if headers is not None:
            headers = dict(headers)
        if json is not None:
            if body is not None:
                raise TypeError("give either body or json, not both")
            body = json_module.dumps(json).encode()
            headers = headers or {}
            if not any(name.lower() == "content-type" for name in headers):
                headers["Content-Type"] = "application/json"
        response = Response(request(url, method, headers, body, timeout))
        if not stream:
            response.content
        return response

    builtins.fetch = fetch


_sandbox_define()
del _sandbox_define
