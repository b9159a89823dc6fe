"""CPython's queue, for one thread: what would wait for another one raises instead."""


class Empty(Exception):
    pass


class Full(Exception):
    pass


class ShutDown(Exception):
    pass


class Queue:
    def __init__(self, maxsize=0):
        self.maxsize = maxsize
        self.unfinished_tasks = 0
        self._init(maxsize)

    def _init(self, maxsize):
        self.queue = []
        self._head = 0

    def _qsize(self):
        return len(self.queue) - self._head

    def _put(self, item):
        self.queue.append(item)

    def _get(self):
        item = self.queue[self._head]
        self.queue[self._head] = None
        self._head += 1
        # Forget what was taken when it is half of the list: get stays cheap.
        if self._head > 32 and self._head * 2 > len(self.queue):
            self.queue = self.queue[self._head :]
            self._head = 0
        return item

    def qsize(self):
        return self._qsize()

    def empty(self):
        return not self._qsize()

    def full(self):
        return 0 < self.maxsize <= self._qsize()

    def put(self, item, block=True, timeout=None):
        if self.full():
            _refuse(block, timeout, Full, "put on a full queue")
        self.unfinished_tasks += 1
        self._put(item)

    def get(self, block=True, timeout=None):
        if not self._qsize():
            _refuse(block, timeout, Empty, "get from an empty queue")
        return self._get()

    def put_nowait(self, item):
        self.put(item, False)

    def get_nowait(self):
        return self.get(False)

    def task_done(self):
        if not self.unfinished_tasks:
            raise ValueError("task_done() called too many times")
        self.unfinished_tasks -= 1

    def join(self):
        if self.unfinished_tasks:
            raise RuntimeError("join would wait for ever: the sandbox has no threads")


def _refuse(block, timeout, error, what):
    if block and timeout is None:
        raise RuntimeError(what + " would wait for ever: the sandbox has no threads")
    if block and timeout < 0:
        raise ValueError("'timeout' must be a non-negative number")
    if block:
        from time import sleep

        sleep(timeout)
    raise error


class LifoQueue(Queue):
    def _get(self):
        return self.queue.pop()


class PriorityQueue(Queue):
    def _put(self, item):
        from heapq import heappush

        heappush(self.queue, item)

    def _get(self):
        from heapq import heappop

        return heappop(self.queue)


class SimpleQueue(Queue):
    def __init__(self):
        super().__init__()
