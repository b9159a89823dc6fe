"""CPython's html: escape and unescape."""


# Names of HTML 5 that people write; it has two thousand more.
_MORE = {
    "apos": "'",
    "AMP": "&",
    "LT": "<",
    "GT": ">",
    "QUOT": '"',
    "COPY": "\xa9",
    "REG": "\xae",
    "check": "\u2713",
    "lbrace": "{",
    "rbrace": "}",
    "lbrack": "[",
    "rbrack": "]",
    "num": "#",
    "dollar": "$",
    "percnt": "%",
    "comma": ",",
    "period": ".",
    "colon": ":",
    "semi": ";",
    "excl": "!",
    "quest": "?",
    "commat": "@",
    "lowbar": "_",
    "grave": "`",
    "lpar": "(",
    "rpar": ")",
    "ast": "*",
    "plus": "+",
    "equals": "=",
    "sol": "/",
    "bsol": "\\",
    "verbar": "|",
    "Tab": "\t",
    "NewLine": "\n",
}


def escape(s, quote=True):
    s = s.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if quote:
        s = s.replace('"', "&quot;").replace("'", "&#x27;")
    return s


def _number(body):
    """The character of "#123" or "#x1f", and how much of body names it."""
    base, i = (16, 2) if body[1:2] in ("x", "X") else (10, 1)
    digits = "0123456789abcdefABCDEF" if base == 16 else "0123456789"
    j = i
    while j < len(body) and body[j] in digits:
        j += 1
    if j == i:
        return None, 0
    n = int(body[i:j], base)
    if body[j : j + 1] == ";":
        j += 1
    if 0x80 <= n <= 0x9F:
        # Browsers read these as Windows-1252.
        from html.entities import CP1252

        return CP1252.get(n, chr(n)), j
    if n == 0 or n > 0x10FFFF or 0xD800 <= n <= 0xDFFF:
        return "\ufffd", j
    if n == 0x0D:
        return "\r", j
    if n < 9 or 0x0E <= n <= 0x1F or n in (0x0B, 0x7F) or n & 0xFFFE == 0xFFFE or 0xFDD0 <= n <= 0xFDEF:
        return "", j
    return chr(n), j


def unescape(s):
    if "&" not in s:
        return s
    from html.entities import name2codepoint, _LEGACY

    parts = s.split("&")
    out = [parts[0]]
    for part in parts[1:]:
        if part[:1] == "#":
            text, end = _number(part)
        else:
            end = 0
            while end < len(part) and end < 32 and (part[end].isalpha() or part[end].isdigit()):
                end += 1
            text = None
            if part[end : end + 1] == ";" and (part[:end] in name2codepoint or part[:end] in _MORE):
                text = _MORE.get(part[:end]) or chr(name2codepoint[part[:end]])
                end += 1
            else:
                # The names of HTML 2 need no semicolon.
                while end > 1:
                    if part[:end] in _LEGACY:
                        text = _MORE.get(part[:end]) or chr(name2codepoint[part[:end]])
                        break
                    end -= 1
        out.append("&" + part if text is None else text + part[end:])
    return "".join(out)
