"""
Difference: a weak reference keeps its object alive.
Cause: the garbage collector reports nothing about the objects it frees.
Workaround: delete entries of caches and back references by hand.
"""
import gc
import weakref


class Node:
    pass


node = Node()
link = weakref.ref(node)
node = None
gc.collect()
print(link() is None)
