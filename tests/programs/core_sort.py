"""Sorting is stable, and errors leave the list whole."""

l=[(i%3,i) for i in range(50)]; l.sort(key=lambda x:x[0]); print(l[:20])
l.sort(key=lambda x:x[0],reverse=True); print(l[:20])
print(sorted('hello'),sorted([3,1,2],reverse=True),sorted({'b':1,'a':2}))
try: sorted([1,'a',2])
except TypeError as e: print('TE')
print(sorted([5,2,8],key=lambda x:-x), sorted(['b','A','c'],key=str.lower))
l = [3, 1, 2]
try:
    l.sort(key=lambda x: 1 / (x - 2))
except ZeroDivisionError:
    print(l)
class C:
    def __init__(self, v):
        self.v = v
    def __lt__(self, other):
        return self.v[0] < other.v[0]
print([c.v for c in sorted([C("b1"), C("a1"), C("b2"), C("a2")])])
print([c.v for c in sorted([C("b1"), C("a1"), C("b2"), C("a2")], reverse=True)])
big = [(i * 7919) % 1000 for i in range(3000)]
print(sorted(big) == [i for i in range(1000) for _ in range(3)])
