"""Sets of integers iterate in the same order, whatever was added and removed."""

seed=1
def rnd(n):
    global seed
    seed=(seed*1103515245+12345)&0x7fffffff
    return (seed>>8)%n
for rng in (6,20,100,1000,50000):
    s=set(); out=[]
    for k in range(3000):
        x=rnd(rng)-rng//10; op=rnd(10)
        if op<7: s.add(x)
        else: s.discard(x)
        if k%500==0: out.append(list(s)[:20])
    print(rng,len(s),out,list(s)[-20:])
    t=set(rnd(rng) for _ in range(rng//3))
    print(list(s&t)[:20],list(s|t)[:20],list(s-t)[:20],list(s^t)[:20],list(set(s))[:20],list(frozenset(t))[:20])
print({100,50,1},{-1,-2,-5},set(range(20,0,-3)),{3,1,2}|{9,8}, {x*x for x in range(15)}, {1.5,2.0,3}, {True,5,10**6}, {(1,2)}, frozenset([9,1]))
a={1,2,3};a.update([7,8],{4});print(a,a.pop(),a.pop(),a); a.clear(); print(a,len(a)); a.add(1); print(a, {1,2}.symmetric_difference([2,3]))
print(len({str(i) for i in range(5000)}), len(set(map(str,range(1000)))&set(map(str,range(500,1500)))))
print({1}.union([2], (3,)), {1, 2, 3}.intersection([2, 3], {3}), {1, 2}.isdisjoint([3]), {1} < {1, 2}, {1, 2} >= {2})
try:
    {1}.remove(3)
except KeyError as e:
    print(e, e.args)
