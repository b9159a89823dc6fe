"""
Difference: `asyncio` has `run`, `create_task`, `gather`, `wait_for`, `sleep`, `Event` and `Lock`, and takes coroutines only; queues, task groups, `timeout`, `wait` and executors are missing.
Cause: it is MicroPython's own, which is small.
Workaround: put what is no coroutine into an `async def`, and pass results by `collections.deque`.
"""
import asyncio


async def main():
    try:
        return await asyncio.create_task(asyncio.sleep(0, "slept"))
    except TypeError as e:
        return "TypeError"


print(asyncio.run(main()))
print(hasattr(asyncio, "Queue"), hasattr(asyncio, "TaskGroup"))
