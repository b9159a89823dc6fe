"""Dicts keep their order; views are sets; changes during iteration are errors."""

d={'a':1,'b':2}; e={'b':3,'c':4}
print(len(d.keys()),len(d.values()),len(d.items()),'a' in d.keys(),1 in d.values(),('a',1) in d.items(),d.keys(),d.values(),d.items())
print(sorted(d.keys()&e.keys()),sorted(d.keys()|e.keys()),sorted(d.keys()-e.keys()),sorted(d.keys()^e.keys()),d.keys()=={'a','b'},d.items()==d.copy().items(), d.keys()==d.keys())
print(list(reversed(d)),list(reversed(d.keys())),list(reversed(d.values())),list(reversed(d.items())),d|e); d|=e; print(d); d.update([('z',1)],q=2); print(d)
print(d.pop('a'),d.pop('nope',None),d.popitem(),d.setdefault('k',[]),d.get('x'),d.get('x',1),dict(a=1,b=2),dict([('x',1)]),dict(zip('ab',[1,2])),dict.fromkeys('ab',0),{k:v for k,v in d.items()},d=={},list(d),dict(d,y=1))
try: d['nope']
except KeyError as ex: print(repr(ex),str(ex),ex.args)
try:
    for k in d: d[k+'x']=1
except RuntimeError as ex: print(ex)
try: {}[[]]
except TypeError as ex: print(ex)
try: {'a':1}[[]]
except TypeError as ex: print(ex)
try: {}.popitem()
except KeyError as ex: print(ex)

class M(dict):
    def __missing__(self, key):
        return key * 2
print(M()["ab"], M(a=1)["a"], len(M(a=1)))
d = {}
for i in range(500):
    d["k%d" % i] = i
for i in range(0, 500, 3):
    del d["k%d" % i]
d["k0"] = "again"
print(len(d), list(d)[:4], list(d)[-2:], d.popitem(), d.popitem())
m = {}
for i in range(2000):
    m[(i * 7919) % 701, i % 3] = i
    if i % 5 == 0:
        m.popitem()
print(len(m), list(m.items())[:3], list(m.items())[-3:])
print({1: "a", 1.0: "b", True: "c"}, {"x": 1, "y": 2} == {"y": 2, "x": 1}, list({3: 0, 1: 0, 2: 0}))
def f(**kw):
    return list(kw)
print(f(z=1, a=2, m=3), [n for n in vars(type("T", (), {"b": 1, "a": 2})) if n in "ab"])
