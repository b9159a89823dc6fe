"""Code and what it gave, as HTML in which nothing of either is markup."""

from __future__ import annotations

import html
import io
import keyword
import tokenize

_MOST = 20_000
_COLOURS = {
    "keyword": "#8250df",
    "string": "#0a3069",
    "number": "#0550ae",
    "comment": "#6e7781",
}


def highlighted(code: str, output: str) -> str:
    """Return *code*, coloured, and *output* below it, to be unfolded."""
    first = next((line for line in code.splitlines() if line.strip()), "")[:80]
    return (
        '<details class="sandbox-wasm"><summary>Python: <code>'
        f"{html.escape(first)}</code></summary>"
        f"<pre><code>{coloured(code[:_MOST])}</code></pre>"
        f"<pre>{html.escape(output[:_MOST])}</pre></details>"
    )


def coloured(code: str) -> str:
    """Return *code* as HTML, its tokens coloured as far as it is Python."""
    starts = [0]
    for line in io.StringIO(code, newline="\n"):  # lines as the tokenizer counts them
        starts.append(starts[-1] + len(line))
    parts, done = [], 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(code, newline="\n").readline):
            kind = _kind(token)
            begin = starts[token.start[0] - 1] + token.start[1]
            end = starts[token.end[0] - 1] + token.end[1]
            if kind is None or not done <= begin < end <= len(code):
                continue
            parts.append(html.escape(code[done:begin]))
            text = html.escape(code[begin:end])
            parts.append(f'<span style="color:{_COLOURS[kind]}">{text}</span>')
            done = end
    except (tokenize.TokenError, SyntaxError, IndexError, ValueError):
        pass  # the rest is shown as it is
    return "".join([*parts, html.escape(code[done:])])


def _kind(token: tokenize.TokenInfo) -> str | None:
    if token.type == tokenize.NAME:
        return "keyword" if keyword.iskeyword(token.string) else None
    return {
        tokenize.STRING: "string",
        tokenize.NUMBER: "number",
        tokenize.COMMENT: "comment",
    }.get(token.type)
