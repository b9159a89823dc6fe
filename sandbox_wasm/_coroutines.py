"""Where coroutines of host functions run: on the caller's event loop, or on ours.

A session's thread has no event loop, and starting one for each call would cost more than
the call. So sessions without a loop of their caller share one, on a thread that starts
with the first coroutine.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

_lock = threading.Lock()
_shared: asyncio.AbstractEventLoop | None = None


class Raised:
    """What a coroutine raised that is no `Exception`; an event loop would end of it."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def start(
    coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop | None
) -> Future[Any]:
    """Run *coroutine* on *loop*, or the shared one, and return a future of its result.

    From any thread but the loop's own. The result is a `Raised` for what is no `Exception`.
    """
    loop = loop or _shared_loop()  # first: a guard that nobody awaits is warned of
    return asyncio.run_coroutine_threadsafe(_guard(coroutine), loop)


def on_thread(function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any]) -> Future[Any]:
    """Call *function* on a thread of its own, which ends with it. As `start` for the result."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()  # nobody's cancelling is of use

    def work() -> None:
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        except BaseException as error:
            future.set_result(Raised(error))

    threading.Thread(target=work, name="sandbox-wasm-call", daemon=True).start()
    return future


async def await_future(future: Future[Any]) -> Any:
    """Return what a thread's work comes to."""
    return await asyncio.wrap_future(future)


async def in_time(work: Coroutine[Any, Any, Any], seconds: float, name: str) -> Any:
    """Return what *work* comes to; cancel it after *seconds*, or if nobody waits any more.

    Raises:
        TimeoutError: It took too long; the text is for guest code.
    """
    task = asyncio.ensure_future(_guard(work))
    task.add_done_callback(lambda task: task.cancelled() or task.exception())  # is seen
    try:
        await asyncio.wait([task], timeout=seconds)
    finally:
        task.cancel()
    if not task.done():
        raise TimeoutError(f"{name}() took longer than {seconds:g} seconds")
    return task.result()


async def _guard(coroutine: Coroutine[Any, Any, Any]) -> Any:
    task = asyncio.current_task()
    try:
        return await coroutine
    except asyncio.CancelledError as error:
        if task is not None and _is_cancelled(task):
            raise  # by us: nobody waits for it any more
        return Raised(error)
    except Exception:
        raise
    except BaseException as error:
        return Raised(error)


def _is_cancelled(task: asyncio.Task[Any]) -> bool:
    # Python 3.10 does not tell. Nobody looks any more at what a task that we cancelled comes to.
    return hasattr(task, "cancelling") and task.cancelling() > 0


def _shared_loop() -> asyncio.AbstractEventLoop:
    global _shared
    with _lock:
        if _shared is None:
            loop = asyncio.new_event_loop()
            try:
                threading.Thread(
                    target=loop.run_forever, name="sandbox-wasm-loop", daemon=True
                ).start()
            except BaseException:  # there are too many threads: one that nobody runs is of no use
                loop.close()
                raise
            _shared = loop
        return _shared


def _after_fork() -> None:
    global _lock, _shared
    _lock = threading.Lock()
    _shared = None  # its thread is the parent's


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
