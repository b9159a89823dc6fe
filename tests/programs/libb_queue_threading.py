"""queue and threading in one thread; timeit."""

import queue
import threading
import timeit

q = queue.Queue(2)
q.put("a")
q.put("b")
print(q.full(), q.qsize(), q.empty(), q.get(), q.get_nowait(), q.empty())
q.task_done()
q.task_done()
q.join()
q = queue.LifoQueue()
for i in range(3):
    q.put(i)
print([q.get() for _ in range(3)])
q = queue.PriorityQueue()
for item in [(2, "b"), (1, "a"), (3, "c")]:
    q.put(item)
print([q.get() for _ in range(3)])
s = queue.SimpleQueue()
s.put(1)
print(s.get(), s.empty(), s.qsize())
q = queue.Queue()
for i in range(200):
    q.put(i)
print(sum(q.get() for _ in range(150)), q.qsize(), q.get())
for f in [lambda: queue.Queue().get_nowait(), lambda: queue.Queue().get(block=False), lambda: queue.Queue().get(timeout=0.001)]:
    try:
        f()
    except queue.Empty:
        print("Empty")
q = queue.Queue(1)
q.put(1)
try:
    q.put_nowait(2)
except queue.Full:
    print("Full")
try:
    queue.Queue().task_done()
except ValueError:
    print("ValueError")

lock = threading.Lock()
with lock:
    print(lock.locked(), lock.acquire(blocking=False))
print(lock.locked(), lock.acquire(), lock.acquire(timeout=0.001))
lock.release()
try:
    lock.release()
except RuntimeError:
    print("RuntimeError")
r = threading.RLock()
with r:
    with r:
        print("twice")
e = threading.Event()
print(e.is_set(), e.wait(0.001))
e.set()
print(e.is_set(), e.wait())
c = threading.Condition()
with c:
    c.notify_all()
sem = threading.Semaphore(1)
print(sem.acquire(), sem.acquire(blocking=False))
d = threading.local()
d.x = 5
print(d.x, threading.current_thread().name, threading.main_thread() is threading.current_thread(), threading.active_count())
t = threading.Thread(target=print, args=("run", 1), name="T", daemon=True)
print(t.name, t.daemon, t.is_alive())
t.run()
count = []
print(timeit.timeit(lambda: count.append(1), number=7) >= 0, len(count))
print(timeit.timeit("y = x + 1", "x = 0", number=10) >= 0)
print(len(timeit.repeat("pass", number=1, repeat=3)), callable(timeit.default_timer))
