# Runs once in a guest whose session has a network, on every interpreter: wraps the
# host function, whose answers are plain data, into `fetch`.
def _sandbox_define():
    import builtins
    import json as json_module

    request = _sandbox_fetch

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
        """An answer: status, reason, url, headers, content, text, json(), ok."""

        def __init__(self, answer):
            self.url = answer["url"]
            self.status = answer["status"]
            self.reason = answer["reason"]
            self.content = answer["body"]
            self.pairs = [(name, value) for name, value in answer["headers"]]
            self.headers = Headers(self.pairs)

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

    def fetch(url, *, method="GET", headers=None, body=None, json=None, timeout=None):
        """Have the host make a request, and return its answer.

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
        return Response(request(url, method, headers, body, timeout))

    builtins.fetch = fetch


_sandbox_define()
del _sandbox_define
