"""html.escape and html.unescape."""

import html

print(html.escape("<a href=\"x\">it's & co</a>"), html.escape("\"q\" 'a' <b>", quote=False), repr(html.escape("")))
for s in ["&lt;p&gt; &amp;amp; &quot;x&quot; &#39;y&#39; &#x27;z", "&eacute;&Eacute;&euro;&nbsp;|&copy;&copy 2024", "&notanentity; & &; &#; &#x; a&b",
          "&#128512;&#x1F600", "&#0;&#xD800;&#x110000;&#1;&#13;", "&#128;&#x99;", "&ampx &ltx", "plain", "&alpha;&Omega;&hearts;&mdash;&hellip;&rarr;",
          "&amp;lt;", "&apos;"]:
    print(html.unescape(s).encode())
print(html.unescape(html.escape("<&>\"'é")) == "<&>\"'é")
