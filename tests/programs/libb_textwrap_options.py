"""textwrap: wrapping, shortening, dedenting."""

import textwrap

text = (
    "The quick brown fox jumped over the lazy dog. It was a well-known, "
    "long-winded story -- or so they said--about nothing\tin particular. "
    "Supercalifragilisticexpialidocious words do not fit.\n\nNew   paragraph."
)
for width in (10, 20, 40, 70, 200):
    print(width, textwrap.wrap(text, width))
for options in [
    {"initial_indent": "* ", "subsequent_indent": "  "},
    {"break_long_words": False},
    {"break_on_hyphens": False},
    {"drop_whitespace": False},
    {"replace_whitespace": False},
    {"expand_tabs": False},
    {"fix_sentence_endings": True},
    {"max_lines": 2},
    {"max_lines": 1, "placeholder": "..."},
    {"max_lines": 3, "subsequent_indent": "    "},
]:
    for width in (12, 25):
        print(options, textwrap.wrap(text, width, **options))
print(textwrap.fill("aaa bbb ccc", 7), textwrap.wrap("", 5), textwrap.wrap("   ", 5))
print(textwrap.wrap("  leading blanks stay", 10), textwrap.wrap("abcdef", 1))
print(textwrap.shorten("Hello  world!", width=12), textwrap.shorten("Hello  world!", width=11))
print(textwrap.shorten("Hello world", width=10, placeholder="..."))
print(repr(textwrap.dedent("\n    a\n      b\n\n    c\n   \n")))
print(repr(textwrap.dedent("a\n  b")), repr(textwrap.dedent("\ta\n\t  b\n\tc")))
print(repr(textwrap.dedent("  a\n\tb")), repr(textwrap.dedent("")))
print(repr(textwrap.indent("a\n\n b\n", "> ")), repr(textwrap.indent("a\n\nb", "+", lambda line: True)))
w = textwrap.TextWrapper(width=15, initial_indent=">")
print(w.wrap("one two three four"), w.fill("five six seven eight"))
for f in [lambda: textwrap.wrap("x", 0), lambda: textwrap.shorten("x y", width=2)]:
    try:
        print(f())
    except ValueError as e:
        print("ValueError", e)
