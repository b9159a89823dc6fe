"""The event loop of a guest: timers and callbacks, for there is nothing else to wait for.

It takes the place of the loop for Unix, which needs sockets, signals and threads.
"""

import functools
import inspect
import time

from . import base_events, events, runners, tasks

__all__ = ("DefaultEventLoopPolicy", "EventLoop", "SelectorEventLoop", "ensure_future", "gather")

# A host function has answered when its call returns. Where there are some, what is no
# coroutine but might be such an answer is taken for one that has ended.
await_answers = False


async def _answered(value):
    return value


def _awaitable(value):
    if not await_answers or inspect.isawaitable(value) or callable(value) or hasattr(value, "__next__"):
        return value
    return _answered(value)


def _accepting(function):
    """Return *function* so that each positional argument may be an answer."""

    @functools.wraps(function)
    def accepting(*values, **options):
        return function(*map(_awaitable, values), **options)

    return accepting


ensure_future = tasks.ensure_future = _accepting(tasks.ensure_future)
gather = tasks.gather = _accepting(tasks.gather)
_run = runners.Runner.run
runners.Runner.run = lambda self, coro, **options: _run(self, _awaitable(coro), **options)


class _Clock:
    """Stands where a loop has its selector; only time ever becomes ready."""

    def select(self, timeout):
        if timeout is None:
            raise RuntimeError("the event loop would wait for ever: nothing is scheduled")
        if timeout > 0:
            time.sleep(timeout)
        return ()

    def close(self):
        pass


class SelectorEventLoop(base_events.BaseEventLoop):
    """An event loop without sockets, pipes, processes, signals and threads."""

    def __init__(self, selector=None):
        super().__init__()
        self._selector = _Clock()

    def _process_events(self, event_list):
        pass

    def create_task(self, coro, **options):
        return super().create_task(_awaitable(coro), **options)

    def _write_to_self(self):
        pass  # no other thread can have called, so nobody sleeps

    def run_in_executor(self, executor, func, *args):
        """Call *func* when the loop next turns: there is no thread to do it meanwhile."""
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        self._check_closed()
        future = self.create_future()

        def work():
            if future.cancelled():
                return
            try:
                result = func(*args)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        self.call_soon(work)
        return future


class DefaultEventLoopPolicy(events.BaseDefaultEventLoopPolicy):
    _loop_factory = SelectorEventLoop


EventLoop = SelectorEventLoop
