"""Methods of str, case beyond ASCII, translate, split."""

for s in ['hello World','ABC','','a1','Ünï','123',' x ']:
    print(s.swapcase(),s.capitalize(),s.title(),s.casefold(),s.zfill(6),s.ljust(8,'*'),s.rjust(8),s.center(9,'-'),s.upper(),s.lower())
    print(s.isalnum(),s.isidentifier(),s.isdecimal(),s.isnumeric(),s.isprintable(),s.isascii(),s.istitle(),s.isupper(),s.islower(),s.isalpha(),s.isdigit(),s.isspace())
print('-42'.zfill(5),'a\tb'.expandtabs(4),'prefix_x'.removeprefix('prefix_'),'x.py'.removesuffix('.py'))
t=str.maketrans('abc','xyz','d'); print('aabbccd'.translate(t)); print('ab'.translate({97:'Q',98:None}), str.maketrans({'a':'1'}))
print('a\nb\r\nc'.splitlines(),'a\nb\n'.splitlines(True),'a\n'.splitlines(keepends=True))
print('a,b,c'.split(sep=',',maxsplit=1),'a,b,c'.rsplit(',',maxsplit=1),'a b  c'.split(maxsplit=1),' a b '.split())
print('abc'.partition('b'),'abcabc'.rpartition('b'),'abcabc'.replace('a','x',1),'x'.join(['1','2']),'abc'.find('c'),'abcabc'.rindex('a'),'aaa'.count('a'))
print('abc'.startswith(('x','a')),'abc'.endswith(('c','d')),'abc'.startswith('b',1), 'hello'.index('l'), 'a-b'.split('-'))
print('ß'.upper(),'ÀÉ'.lower(),'привет'.upper(),'ΑΒΓ'.lower(),'é'.isalpha(),'я'.isupper(), 'Éa'.swapcase())
print("it's a DOG's life".title(), 'x'*3, 3*'y', 'abc'*0, 'a' in 'abc','abc'<'abd', max('hello'))
print("a b c d".rsplit(None, 2), " a  b ".rsplit(maxsplit=1), "x".rsplit("y", 3), "aXbXc".rsplit("X", 1))
print("abc".center(6), "abc".center(7, "."), "ab".center(5, "."), "é".center(4, "ü"))
print("ΣΊΣΥΦΟΣ".lower()[:3], "ёлка".capitalize(), "Ÿ".lower(), "straße".title(), "ǆ" == "ǆ")
print(repr("é\u00a0ü"), repr("日本"), "日本".isalpha(), "a\u3000b".isspace(), "\u3000".isspace())
print(b"Hello".swapcase(), b"a1".isalnum(), b"x".ljust(3, b"-"), b"7".zfill(3), b"abc".translate(None, b"b"))
