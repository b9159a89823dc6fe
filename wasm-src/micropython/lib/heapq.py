"""Heap queue; heappush, heappop and heapify are the interpreter's own."""

# The prefix u reaches the built-in module that this file stands in front of.
from uheapq import heapify, heappop, heappush


def heapreplace(heap, item):
    if not heap:
        raise IndexError("index out of range")
    smallest = heappop(heap)
    heappush(heap, item)
    return smallest


def heappushpop(heap, item):
    if heap and heap[0] < item:
        return heapreplace(heap, item)
    return item


def nsmallest(n, iterable, key=None):
    return sorted(iterable, key=key)[: max(n, 0)]


def nlargest(n, iterable, key=None):
    return sorted(iterable, key=key, reverse=True)[: max(n, 0)]


def merge(*iterables, key=None, reverse=False):
    # One entry per iterable that still has items: [sort key, position, item, iterator].
    heads = []
    for position, iterable in enumerate(iterables):
        it = iter(iterable)
        for item in it:
            heads.append([item if key is None else key(item), position, item, it])
            break
    while heads:
        best = heads[0]
        for head in heads:
            if best[0] < head[0] if reverse else head[0] < best[0]:
                best = head
        yield best[2]
        for item in best[3]:
            best[0] = item if key is None else key(item)
            best[2] = item
            break
        else:
            heads.remove(best)
