"""f-strings with strings, brackets and f-strings inside, and str.format."""

d={'a':1,'b':2}; x=5; w=10; name='bob'; items=[1,2]
print(f"{', '.join(f'{k}: {v}' for k, v in d.items())}|{d['a']}|{d.get('a:b', '}')}|{'{'}|{x!r}|{name!a}|{x = }|{x=}|{name=}|{x=:>4}|{x=!s}")
print(f"{f'{x}'}", f'{x:>{w}}', f"q", f'{ {1:2}[1] }', f"{(lambda y: y*2)(3)}", f"{items[0:1]}", f'{x!=5}', f'''{
x}''', f"{x:{'>'}{w}}|{'é':>4}|{'ßü':^6}|{3.0:6}|{1e3:,}|{1234567.891:,}|{-3.5:08}|{+2.5:+}|{0.1+0.2}|{1/3:10.3}")
print(f"a" "b" f"{x}", f'{x}' f'{w}', f"{'a' if x else 'b'}", f"{x:,} {w:05d}", rf'\d{x}', fr'{x}\w')
class P:
    def __format__(self,s): return 'P<'+s+'>'
    def __str__(self): return 'pstr'
    def __repr__(self): return 'prepr'
p=P(); print(f'{p:abc} {p} {p!r} {p!s}','{:x}'.format(p), str(p), [p], format(p,'q'), '{0:{1}}'.format(3,5))
class I(int): pass
print(f'{I(5):03d} {I(5)} {True:d} {None}', f'{{}} {{{x}}}', f'{x}}}', f"{len('a{b')}", f'{"a" + "b"}', f"{'%s' % f'{x:>3}'}", f'{sum(i for i in range(3)):02}')
print(f"{'; '.join([f'{i}={j:.2f}' for i, j in zip('ab', [1.5, 2.25])])}", f"Total: {sum(d.values()):>5}", f'{d}', f"{d!r:>20}")
print(f'{x:%}'.replace('%','p'), f"{'yes' if x > 3 else 'no':>5}", f"{x if x else {}}", f"{[f'{q}' for q in 'ab']}", f"{x:=^7}" )

print("{0[1]} {1.real} {d[k]} {0[0]}".format([1, 2], 3, d={"k": 5}), f"{1234567.891:,.2f} {0.256:.1%} {1234.5:>12,.1f}")
