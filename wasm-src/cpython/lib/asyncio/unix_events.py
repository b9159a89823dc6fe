"""The event loop of a guest: timers and callbacks, for there is nothing else to wait for.

It takes the place of the loop for Unix, which needs sockets, signals and threads.
"""

import time

from . import base_events, events

__all__ = ("DefaultEventLoopPolicy", "EventLoop", "SelectorEventLoop")


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
