"""Slices with a step: reading, assigning, deleting."""

s='hello world';l=list(range(10));t=tuple(l);b=b'abcdef';ba=bytearray(b)
for sl in [slice(None,None,-1),slice(None,None,2),slice(1,8,3),slice(8,1,-3),slice(-1,-20,-2),slice(20,0,-1),slice(3,3),slice(None,2,-1)]:
    print(s[sl],l[sl],t[sl],b[sl],ba[sl],range(10)[sl],'häßlich'[sl])
try: s[::0]
except ValueError as e: print(e)
l[::2]=[0]*5; print(l)
try: l[::2]=[1]
except ValueError as e: print(e)
del l[::3]; print(l)
l=list(range(10)); del l[::-2]; print(l); del l[1:3]; print(l); l[1:1]=[7,8]; print(l); l[::-1]=range(len(l)); print(l)
print(range(10,0,-1)[::-2], list(range(10,0,-1)[::-2]),slice(1,10,2).indices(5))
