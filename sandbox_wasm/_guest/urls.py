# Runs once in a CPython guest whose session has a network, after fetch.py: what imports
# `urllib.request` or `requests` goes through `fetch`, and nobody else pays for it.
def _sandbox_define(source):
    import io
    import sys
    from importlib.machinery import ModuleSpec

    fetch_now = fetch

    class Body(io.RawIOBase):
        """What is still to come of an answer, as a file."""

        def __init__(self, answer):
            self._answer = answer

        def readable(self):
            return True

        def readinto(self, to):
            data = self._answer.read(len(to))
            to[: len(data)] = data
            return len(data)

        def close(self):
            if not self.closed:
                self._answer.close()
            super().close()

    def patch(module):
        """Have *module*, urllib.request, open http and https by fetch."""
        from email.message import Message
        from urllib.error import URLError
        from urllib.response import addinfourl

        def open_by_fetch(self, request):
            headers = dict(request.unredirected_hdrs)
            headers.update(request.headers)
            # The host says these itself.
            for name in ("Host", "Connection", "Content-length", "Accept-encoding"):
                headers.pop(name, None)
            timeout = request.timeout
            body = request.data
            if body is not None and not isinstance(body, (bytes, bytearray)):
                body = body.read() if hasattr(body, "read") else b"".join(body)
            try:
                answer = fetch_now(
                    request.full_url.partition("#")[0],
                    method=request.get_method(),
                    headers=headers,
                    body=body,
                    timeout=timeout if isinstance(timeout, (int, float)) else None,
                    stream=True,
                )
            except (OSError, ValueError) as error:
                raise URLError(error) from error
            found = Message()
            for name, value in answer.pairs:
                found[name.title()] = value
            body = io.BufferedReader(Body(answer), 1 << 16)
            response = addinfourl(body, found, answer.url, answer.status)
            response.msg = response.reason = answer.reason
            return response

        handler = module.HTTPHandler
        handler.http_open = handler.https_open = open_by_fetch
        handler.https_request = handler.http_request

    class Patched:
        """Loads a module as it was to be loaded, and patches it."""

        def __init__(self, loader):
            self._loader = loader

        def __getattr__(self, name):
            return getattr(self._loader, name)

        def create_module(self, spec):
            return self._loader.create_module(spec)

        def exec_module(self, module):
            self._loader.exec_module(module)
            patch(module)

    class Own:
        def create_module(self, spec):
            return None

        def exec_module(self, module):
            exec(compile(source, "<requests>", "exec"), module.__dict__)

    class Finder:
        def find_spec(self, name, path=None, target=None):
            if name == "requests":
                return ModuleSpec(name, Own(), is_package=True)
            if name != "urllib.request":
                return None
            for finder in sys.meta_path:
                spec = None if finder is self else finder.find_spec(name, path, target)
                if spec is not None:
                    spec.loader = Patched(spec.loader)
                    return spec
            return None

    sys.meta_path.insert(0, Finder())
    if "urllib.request" in sys.modules:
        patch(sys.modules["urllib.request"])


_sandbox_define(_sandbox_requests)
del _sandbox_define, _sandbox_requests
