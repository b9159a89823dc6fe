"""csv: readers, writers, dialects."""

import csv
import io

texts = ['a,b,c\r\n1,2,3\r\n', 'a,"b,c",d\n"x ""y""",z\n', '"multi\nline",2\n3,4\n', 'a,,\n\n,\n""\n', 'x, y, "z"\n', "a;b;'c;d'\n",
         'q"uote,"a"b,c\n', '"unterminated\nrest', "tab\tsep\n", 'é,"€"\n', " \n", "a\\,b,c\n"]
for text in texts:
    print(list(csv.reader(io.StringIO(text))))
    print(list(csv.reader(text.splitlines(True), skipinitialspace=True)))
print(list(csv.reader(["a;b;'c;d'"], delimiter=";", quotechar="'")), list(csv.reader(["a\tb"], dialect="excel-tab")))
print(list(csv.reader(["a\\,b,c\\\\"], escapechar="\\")), list(csv.reader(['1,"2",3.5'], quoting=csv.QUOTE_NONNUMERIC)))
print(list(csv.reader(['a,"b"'], quoting=csv.QUOTE_NONE)), list(csv.reader("a,b\nc,d".split("\n"))), list(csv.reader([])))
rows = [["a", 1, 2.5, None, True], ["x,y", 'q"q', "l\nm", "", " s"], [""], [], ["é", -1, "1"], ("t", b"b")]
for options in [{}, {"quoting": csv.QUOTE_ALL}, {"quoting": csv.QUOTE_NONNUMERIC}, {"delimiter": "\t"}, {"lineterminator": "\n"},
                {"doublequote": False, "escapechar": "\\"}, {"quotechar": "'"}, {"dialect": "unix"}]:
    out = io.StringIO()
    w = csv.writer(out, **options)
    w.writerows(rows)
    print(options, repr(out.getvalue()))
out = io.StringIO()
csv.writer(out, quoting=csv.QUOTE_NONE, escapechar="\\").writerow(["a,b", "c"])
print(repr(out.getvalue()))
out = io.StringIO()
w = csv.DictWriter(out, fieldnames=["name", "age"], restval="-", extrasaction="ignore")
w.writeheader()
w.writerow({"name": "Ann", "age": 3})
w.writerows([{"name": "Bob"}, {"age": 5, "zip": 1}])
print(repr(out.getvalue()))
r = csv.DictReader(io.StringIO(out.getvalue()))
print(r.fieldnames, [dict(row) for row in r], r.line_num)
print([dict(row) for row in csv.DictReader(["1,2,3", "4", "", "5,6"], fieldnames=["a", "b"], restkey="rest", restval="none")])
r = csv.reader(["a", "b"])
print(next(r), r.line_num, csv.list_dialects())
csv.register_dialect("pipes", delimiter="|")
print(list(csv.reader(["a|b"], "pipes")), csv.get_dialect("pipes").delimiter)
csv.unregister_dialect("pipes")


class Semi(csv.excel):
    delimiter = ";"


print(list(csv.reader(["a;b,c"], Semi)), csv.field_size_limit())
for f in [lambda: csv.writer(io.StringIO(), delimiter="ab"), lambda: csv.reader(["a"], "nope"), lambda: csv.get_dialect("x"),
          lambda: csv.writer(io.StringIO(), quoting=csv.QUOTE_NONE).writerow(["a,b"]), lambda: csv.writer(io.StringIO()).writerow(5),
          lambda: csv.DictWriter(io.StringIO(), ["a"]).writerow({"b": 1}), lambda: next(csv.reader([b"a"])),
          lambda: next(csv.reader(['"a"b'], strict=True)), lambda: next(csv.reader(["a\nb"]))]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
