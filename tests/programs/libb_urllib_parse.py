"""urllib.parse."""

import urllib.parse
from urllib.parse import (parse_qs, parse_qsl, quote, quote_from_bytes, quote_plus, unquote, unquote_plus,
                          unquote_to_bytes, urldefrag, urlencode, urljoin, urlparse, urlsplit, urlunparse, urlunsplit)

urls = ["http://user:p%40ss@Example.COM:8080/a/b;p=1?q=1&r=2#frag", "https://x.org", "mailto:a@b.c", "//host/path",
        "path/only?x", "http://[::1]:80/", "", "HTTP://A/b", "file:///etc/passwd", "a:b:c", "ftp://h/;x/y;z",
        "?q", "#f", "http://h?q#f", "http://h:/", "tel:+123", "  http://h/x y\n"]
for url in urls:
    p = urlparse(url)
    print(p)
    print(p.username, p.password, p.hostname, p.port, p.geturl())
    s = urlsplit(url)
    print(s, s.geturl(), urlunsplit(s) == urlunparse(p))
p = urlparse("http://h/p?q")
print(p[1], p.scheme, p._replace(scheme="https").geturl(), p == tuple(p), len(p), p._asdict())
scheme, netloc, path, params, query, fragment = p
print(scheme, netloc, path, query, urlunparse(("http", "h", "/p", "x", "q=1", "f")))
base = "http://a/b/c/d;p?q"
for rel in ["g:h", "g", "./g", "g/", "/g", "//g", "?y", "g?y", "#s", "g#s", ";x", "g;x", "", ".", "./", "..", "../",
            "../g", "../..", "../../g", "../../../g", "/./g", "/../g", "g.", ".g", "..g", "g..", "./../g", "g/./h",
            "g/../h", "http:g", "https://z/y", "g//h"]:
    print(rel, urljoin(base, rel))
print(urljoin("http://a", "b"), urljoin("", "x"), urljoin("x/y", "z"), urljoin("http://a/b", "c?d#e"))
print(urldefrag("http://h/p#f"), urldefrag("http://h/p").url)
print(quote("a b/c?d=é&~_.-"), quote("a/b", safe=""), quote(b"\xff x"), quote("x+y"), quote_from_bytes(b"a\x00"))
print(quote_plus("a b&c+d/é"), quote_plus("a b", safe=" "), unquote("a%20b%C3%A9+c%zz%"), unquote_plus("a+b%2Bc"))
print(unquote("%FFx%C3").encode(), unquote_to_bytes("a%00%ff"), unquote(b"a%41"))
print(urlencode({"a": 1, "b": "x y", "c": "é&="}), urlencode([("k", "v"), ("k", 2)]))
print(urlencode({"k": [1, 2], "s": "ab"}, doseq=True), urlencode({"k": [1]}), urlencode({"a": b"\xff"}))
print(urlencode({"q": "a b/c"}, quote_via=quote), urlencode({"q": "a/b"}, safe="/"), urlencode({}))
print(parse_qs("a=1&b=2&a=3&c=&d"), parse_qs("a=1&c=", keep_blank_values=True), parse_qsl("x=a+b&y=%C3%A9"))
print(parse_qsl("a=1;b=2"), parse_qsl("a=1;b=2", separator=";"), parse_qs(""), parse_qsl("a=b=c"))
for f in [lambda: parse_qs("a", strict_parsing=True), lambda: urlparse("http://h:x/").port,
          lambda: urlparse("http://h:99999/").port, lambda: urlsplit("http://[::1/"),
          lambda: parse_qsl("a=1&b=2", max_num_fields=1), lambda: quote_from_bytes("x"), lambda: urlencode(5)]:
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__)
