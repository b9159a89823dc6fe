"""The operator % on text and bytes: characters, widths, flags, and arguments that are counts."""

TEXTS = [
    ("%c", 8364), ("%c", 233), ("%5c|", "é"), ("%-3c|", 233), ("%c", "€"), ("%c", 0x110000), ("%c", -1),
    ("%c", "ab"), ("%c", ""), ("%c", 1.5), ("%c", "é"), ("%c", 127), ("%c", 0),
    ("%s|", "é"), ("%5s|", "é€"), ("%-5s|", "é€"), ("%.1s|", "é€"), ("%.0s|", "é"), ("%4.2s|", "aé€"),
    ("%.2r|", "éa"), ("%5r|", "é"),
    ("%-05d|", 3), ("%-+6d|", 3), ("%-08.2f|", -1.5), ("%-010x|", 255), ("%08.2f|", -1.5), ("%05d|", -3),
    ("%*d|", (-5, 3)), ("%*d|", (5, 3)), ("%0*d|", (-5, 3)), ("%-*d|", (-5, 3)), ("%.*f|", (-3, 1.5)),
    ("%.*f|", (2, 1.5)), ("%*.*s|", (-6, 2, "é€a")), ("%*c|", (-3, "é")),
]  # fmt: skip
BYTES = [
    (b"%c", 200), (b"%c", b"a"), (b"%3c|", b"\xc3"), (b"%-3c|", 65), (b"%c", 256), (b"%c", -1), (b"%c", b"ab"),
    (b"%s|", b"ab"), (b"%5s|", b"\xc3\xa9"), (b"%.1s|", b"\xc3\xa9"), (b"%-05d|", 3), (b"%*d|", (-4, 2)),
]  # fmt: skip
for template, argument in TEXTS + BYTES:
    try:
        print(ascii(template), ascii(template % argument))
    except Exception as e:
        print(ascii(template), ascii(argument), type(e).__name__)
for spec, number in (("c", 8364), ("c", 233), ("*^5c", 8364), ("<4c", 65), ("c", -1), ("c", 0x110000), ("5c", True)):
    try:
        print(spec, ascii(format(number, spec)))
    except Exception as e:
        print(spec, number, type(e).__name__)
