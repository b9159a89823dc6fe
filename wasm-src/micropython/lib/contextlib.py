"""Utilities for with statements."""

from functools import update_wrapper


class AbstractContextManager:
    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        return None


class AbstractAsyncContextManager:
    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, value, traceback):
        return None


class ContextDecorator:
    def _recreate_cm(self):
        return self

    def __call__(self, func):
        def inner(*args, **kwargs):
            with self._recreate_cm():
                return func(*args, **kwargs)

        return update_wrapper(inner, func)


class _GeneratorContextManager(ContextDecorator):
    def __init__(self, func, args, kwargs):
        self._made_by = func, args, kwargs
        self.gen = func(*args, **kwargs)

    def _recreate_cm(self):
        # a generator runs once: each call of a decorated function needs a new one
        return self.__class__(*self._made_by)

    def __enter__(self):
        try:
            return next(self.gen)
        except StopIteration:
            raise RuntimeError("generator didn't yield")

    def __exit__(self, kind, value, traceback):
        if kind is None:
            try:
                next(self.gen)
            except StopIteration:
                return False
            raise RuntimeError("generator didn't stop")
        if value is None:
            value = kind()
        try:
            self.gen.throw(value)
        except StopIteration as e:
            return e is not value
        except BaseException as e:
            if e is value:
                return False
            if isinstance(value, StopIteration) and isinstance(e, RuntimeError):
                return False
            raise
        raise RuntimeError("generator didn't stop after throw()")


def contextmanager(func):
    def helper(*args, **kwargs):
        return _GeneratorContextManager(func, args, kwargs)

    return update_wrapper(helper, func)


class _AsyncGeneratorContextManager:
    # There are no asynchronous generators: a coroutine that yields is driven as one.
    def __init__(self, gen):
        self.gen = gen

    async def __aenter__(self):
        try:
            return await self.gen.__anext__()
        except StopAsyncIteration:
            raise RuntimeError("generator didn't yield")

    async def __aexit__(self, kind, value, traceback):
        if kind is None:
            try:
                await self.gen.__anext__()
            except StopAsyncIteration:
                return False
            raise RuntimeError("generator didn't stop")
        try:
            await self.gen.athrow(value)
        except StopAsyncIteration as e:
            return e is not value
        except BaseException as e:
            if e is value:
                return False
            raise
        raise RuntimeError("generator didn't stop after athrow()")


def asynccontextmanager(func):
    def helper(*args, **kwargs):
        return _AsyncGeneratorContextManager(func(*args, **kwargs))

    return update_wrapper(helper, func)


class closing:
    def __init__(self, thing):
        self.thing = thing

    def __enter__(self):
        return self.thing

    def __exit__(self, kind, value, traceback):
        self.thing.close()


class suppress:
    def __init__(self, *exceptions):
        self._exceptions = exceptions

    def __enter__(self):
        return None

    def __exit__(self, kind, value, traceback):
        return kind is not None and issubclass(kind, self._exceptions)


class nullcontext:
    def __init__(self, enter_result=None):
        self.enter_result = enter_result

    def __enter__(self):
        return self.enter_result

    def __exit__(self, kind, value, traceback):
        return None

    async def __aenter__(self):
        return self.enter_result

    async def __aexit__(self, kind, value, traceback):
        return None


class redirect_stdout:
    _stream = "stdout"

    def __init__(self, new_target):
        self._new_target = new_target
        self._old_targets = []

    def __enter__(self):
        import sys

        self._old_targets.append(getattr(sys, self._stream))
        setattr(sys, self._stream, self._new_target)
        return self._new_target

    def __exit__(self, kind, value, traceback):
        import sys

        setattr(sys, self._stream, self._old_targets.pop())


class redirect_stderr(redirect_stdout):
    _stream = "stderr"


class ExitStack:
    def __init__(self):
        self._exits = []

    def enter_context(self, cm):
        try:
            enter, leave = cm.__enter__, cm.__exit__
        except AttributeError:
            raise TypeError("'%s' object does not support the context manager protocol" % type(cm).__name__)
        result = enter()
        self._exits.append(leave)
        return result

    def push(self, leave):
        self._exits.append(getattr(leave, "__exit__", leave))
        return leave

    def callback(self, func, *args, **kwargs):
        def leave(kind, value, traceback):
            func(*args, **kwargs)

        self._exits.append(leave)
        return func

    def pop_all(self):
        new = self.__class__()
        new._exits, self._exits = self._exits, []
        return new

    def close(self):
        self.__exit__(None, None, None)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        given = value
        while self._exits:
            leave = self._exits.pop()
            try:
                if leave(kind, value, traceback):
                    kind = value = traceback = None
            except BaseException as e:
                kind, value, traceback = type(e), e, None
        if value is not None and value is not given:
            raise value
        return given is not None and value is None


class AsyncExitStack(ExitStack):
    # Of each entry: the function and whether to await it.
    async def enter_async_context(self, cm):
        result = await cm.__aenter__()
        self._exits.append((cm.__aexit__,))
        return result

    def push_async_callback(self, func, *args, **kwargs):
        async def leave(kind, value, traceback):
            await func(*args, **kwargs)

        self._exits.append((leave,))
        return func

    async def aclose(self):
        await self.__aexit__(None, None, None)

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, value, traceback):
        given = value
        while self._exits:
            leave = self._exits.pop()
            try:
                if isinstance(leave, tuple):
                    stop = await leave[0](kind, value, traceback)
                else:
                    stop = leave(kind, value, traceback)
                if stop:
                    kind = value = traceback = None
            except BaseException as e:
                kind, value, traceback = type(e), e, None
        if value is not None and value is not given:
            raise value
        return given is not None and value is None
