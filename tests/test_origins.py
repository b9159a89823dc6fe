"""A URL leads where the policy's reader says, and nowhere else."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("httpx")

from sandbox_wasm import ConfigError
from sandbox_wasm._addresses import networks, refusal
from sandbox_wasm._origins import Grant, Target, is_plain_path, parse

# What each of them looks like to some parser is in the comment.
NOT_URLS = [
    "",
    "/path",
    "//evil.test/",
    "api.allowed.test",
    "https:api.allowed.test",
    "https:/api.allowed.test",
    "https:///api.allowed.test",
    "https://",
    "file:///etc/passwd",
    "data:text/plain,x",
    "ftp://api.allowed.test/",
    "gopher://api.allowed.test/",
    "javascript:fetch()",
    "http+unix:///run/x",
    "https://api.allowed.test@evil.test/",
    "https://@api.allowed.test/",
    "https://user:pass@api.allowed.test/",
    "https://api.allowed.test:443@evil.test/",
    "https://evil.test\\@api.allowed.test/",  # WHATWG: evil.test
    "https://api.allowed.test\\@evil.test/",  # RFC 3986: evil.test
    "https://api.allowed.test\\.evil.test/",
    "https:\\\\api.allowed.test/",
    "https://api.allowed.test%2eevil.test/",
    "https://api.allowed.test%00.evil.test/",
    "https://api.allowed.test\n.evil.test/",  # WHATWG takes newlines and tabs out
    "https://api.allow\ted.test/",
    "ht\ntps://api.allowed.test/",
    " https://api.allowed.test/",
    "https://api.allowed.test/ HTTP/1.1\r\nHost: evil.test",
    "https://api.allowed.test/a b",
    "https://api.allowed.test/\x00",
    "https://api.allowed.test/\x7f",
    "https://api.allowed.test/\ud800",
    "https://api.allowed.test:0/",
    "https://api.allowed.test:99999/",
    "https://api.allowed.test:-1/",
    "https://api.allowed.test:+443/",
    "https://api.allowed.test:4_43/",
    "https://api.allowed.test:４４３/",
    "https://api.allowed.test:443:443/",
    "https://api.allowed.test./",  # another name to TLS and to a cookie, the same to DNS
    "https://.api.allowed.test/",
    "https://api..allowed.test/",
    "https://-api.allowed.test/",
    "https://*.allowed.test/",
    "https://api.allowed.test,evil.test/",
    "https://api.allowed.test;evil.test/",
    "https://" + "a" * 64 + ".test/",
    "https://" + "a." * 130 + "test/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://127.0.0.0x1/",
    "https://1.2.3.4.5/",
    "https://256.0.0.1/",
    "https://[::1",
    "https://[::1]443/",  # some parsers need no colon
    "https://[::1]x:443/",
    "https://[fe80::1%25eth0]/",
    "https://[fe80::1%eth0]/",
    "https://[v1.x]/",
    "https://::1/",
    "https://[::ffff:0x7f.0.0.1]/",
    "https://xn--/\udcff",
    "https://exa\u0000mple.test/",
    "https://a\u200bpi.allowed.test/",
    "https://\uff41pi.allowed.test/",  # full-width: IDNA of 2008 has no such letter
    "https://api.allowed.test/" + "a" * 9000,
    None,
    7,
    b"https://api.allowed.test/",
]


@pytest.mark.parametrize("text", NOT_URLS, ids=ascii)
def test_what_is_no_url(text: object) -> None:
    """
    Nothing that two parsers could read differently is a URL, and the reason has no guest text.
    """
    with pytest.raises(ValueError, match="URL") as info:
        parse(text)

    assert ValueError is type(info.value)
    assert "evil" not in str(info.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://api.allowed.test", "https://api.allowed.test/"),
        ("HTTPS://API.ALLOWED.TEST:443/A?B#c", "https://api.allowed.test/A?B"),
        ("http://api.allowed.test:80", "http://api.allowed.test/"),
        ("http://api.allowed.test:443/", "http://api.allowed.test:443/"),
        ("https://api.allowed.test:08443/x", "https://api.allowed.test:8443/x"),
        ("https://evil.test#@api.allowed.test/", "https://evil.test/"),
        ("https://evil.test?@api.allowed.test/", "https://evil.test/?@api.allowed.test/"),
        ("https://evil.test/@api.allowed.test/", "https://evil.test/@api.allowed.test/"),
        ("https://api.allowed.test/a/../b/./c", "https://api.allowed.test/b/c"),
        ("https://api.allowed.test/../../x", "https://api.allowed.test/x"),
        ("https://api.allowed.test/ü?ü", "https://api.allowed.test/%C3%BC?%C3%BC"),
        ("https://\u0430pi.allowed.test/", "https://xn--pi-6kc.allowed.test/"),
        ("https://bücher.test/", "https://xn--bcher-kva.test/"),
        ("https://api。allowed。test/", "https://api.allowed.test/"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
        ("https://[0:0:0:0:0:0:0:1]/", "https://[::1]/"),
        ("https://[::FFFF:127.0.0.1]/", "https://[::ffff:7f00:1]/"),
        ("https://under_score.test/", "https://under_score.test/"),
    ],
)
def test_urls_have_one_form(text: str, expected: str) -> None:
    """
    What is written in several ways is compared, and sent, in one.
    """
    if expected == "https://[::ffff:7f00:1]/" and sys.version_info >= (3, 13):
        expected = "https://[::ffff:127.0.0.1]/"

    assert expected == str(parse(text))
    assert parse(expected) == parse(text)


@pytest.mark.parametrize(
    ("allowed", "url", "expected"),
    [
        ("https://api.allowed.test", "https://api.allowed.test/x?y", True),
        ("https://api.allowed.test", "HTTPS://API.allowed.TEST:443/", True),
        ("https://api.allowed.test:443/", "https://api.allowed.test/", True),
        ("https://api.allowed.test", "http://api.allowed.test/", False),
        ("https://api.allowed.test", "https://api.allowed.test:8443/", False),
        ("https://api.allowed.test", "https://api.allowed.test.evil.test/", False),
        ("https://api.allowed.test", "https://evil-api.allowed.test/", False),
        ("https://api.allowed.test", "https://x.api.allowed.test/", False),
        ("https://api.allowed.test", "https://allowed.test/", False),
        ("https://api.allowed.test", "https://\u0430pi.allowed.test/", False),
        ("https://*.allowed.test", "https://api.allowed.test/", True),
        ("https://*.allowed.test", "https://allowed.test/", False),
        ("https://*.allowed.test", "https://a.b.allowed.test/", False),
        ("https://*.allowed.test", "https://evilallowed.test/", False),
        ("https://*.allowed.test", "https://api.allowed.test.evil.test/", False),
        ("https://*.allowed.test", "http://api.allowed.test/", False),
        ("https://h.test/v1", "https://h.test/v1", True),
        ("https://h.test/v1", "https://h.test/v1/x", True),
        ("https://h.test/v1", "https://h.test/v1?x", True),
        ("https://h.test/v1", "https://h.test/v10", False),
        ("https://h.test/v1", "https://h.test/", False),
        ("https://h.test/v1", "https://h.test/V1/", False),
        ("https://h.test/v1/", "https://h.test/v1/x", True),
        ("https://h.test/v1/", "https://h.test/v1", False),
        ("https://h.test/v1", "https://h.test/v1/../admin", False),
        ("https://h.test/v1", "https://h.test/v1/%2e%2e/admin", False),
        ("https://h.test/v1", "https://h.test/v1/%2E./admin", False),
        ("https://h.test/v1", "https://h.test/v1/%252e%252e/admin", False),
        ("https://h.test/v1", "https://h.test/v1/..%2fadmin", False),
        ("https://h.test/v1", "https://h.test/v1/..%5cadmin", False),
        ("https://h.test/v1", "https://h.test/v1/..;/admin", False),
        ("https://h.test/v1", "https://h.test/v1/..;x=1/admin", False),
        ("https://h.test/v1", "https://h.test/v1//admin", False),
        ("https://h.test/v1", "https://h.test//v1/admin", False),
        ("https://h.test/v1", "https://h.test/v1/a%0d%0ab", False),
        ("https://h.test/v1", "https://h.test/v1/a..b/%C3%BC%20x", True),
        ("https://h.test", "https://h.test/%2e%2e/x", True),
        ("http://[::1]:80", "http://[0::1]/", True),
        ("http://127.0.0.1", "http://[::ffff:127.0.0.1]/", False),
    ],
)
def test_what_an_entry_covers(allowed: str, url: str, expected: bool) -> None:
    """
    Scheme, host, port and the path's beginning, after parsing.
    """
    assert expected is Grant.of(allowed).covers(parse(url))


@pytest.mark.parametrize(
    "text",
    [
        "*", "https://*", "https://*.test", "https://*.*.allowed.test", "https://a*.allowed.test",
        "*.allowed.test", "https://api.*.test", "https://*.127.0.0.1", "https://h.test/?q",
        "https://h.test/#f", "https://h.test/v1/%2e%2e", "https://u@h.test", "ftp://h.test",
        "api.allowed.test", "", None, 1,
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_entry(text: object) -> None:
    """
    A mistake in the policy is an error and not a grant.
    """
    with pytest.raises(ConfigError):
        Grant.of(text)


BASE = Target("https", "api.allowed.test", 443, "/v1/x", "?q")


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/y", "https://api.allowed.test/y"),
        ("y?z", "https://api.allowed.test/v1/y?z"),
        ("?z", "https://api.allowed.test/v1/x?z"),
        ("//evil.test/y", "https://evil.test/y"),
        ("HTTP://EVIL.test", "http://evil.test/"),
        ("https:y", "https://api.allowed.test/v1/y"),
        ("../../../y", "https://api.allowed.test/y"),
    ],
)
def test_redirects_are_read_like_urls(location: str, expected: str) -> None:
    """
    Relative to what was asked; the outcome is checked like any other.
    """
    assert expected == str(parse(location, BASE))


@pytest.mark.parametrize(
    "location",
    [
        "//evil.test\\@api.allowed.test/", "/\\evil.test/", "\\\\evil.test", "http:evil.test/",
        "javascript:1", "//u@evil.test/", "/a b", "/a\tb", "//2130706433/", "//evil.test:0/",
    ],
    ids=ascii,
)  # fmt: skip
def test_redirects_that_are_refused(location: str) -> None:
    """
    A server can write dubious URLs as well as a guest.
    """
    with pytest.raises(ValueError, match="URL"):
        parse(location, BASE)


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_parsing_is_total(text: str) -> None:
    """
    Whatever comes after the scheme is a URL whose text reads as itself, or a ValueError.
    """
    try:
        target = parse("https://" + text)
    except ValueError:
        return

    assert target == parse(str(target))
    assert str(target).isascii()
    assert str(target).isprintable()


LABEL = st.from_regex(r"[a-z0-9\-_.:@/\\\[\]%]{0,8}", fullmatch=True)


@given(LABEL, LABEL, st.sampled_from(["", "/", "?", "#", "@", ":", "\\", "%2f", ".", "\t"]))
def test_no_neighbour_of_an_allowed_name_is_covered(before: str, after: str, joint: str) -> None:
    """
    What is covered connects to the allowed host, however its URL was written.
    """
    grant = Grant.of("https://api.allowed.test")
    try:
        target = parse(f"https://{before}api.allowed.test{joint}{after}")
    except ValueError:
        return

    assert grant.covers(target) == (
        ("https", "api.allowed.test", 443) == (target.scheme, target.host, target.port)
    )


@given(st.lists(st.sampled_from(["a", "..", ".", "%2e", "%2f", "%252e", ";", "%5c", "%25"])))
def test_a_plain_path_stays_one(parts: list[str]) -> None:
    """
    However often a server decodes it, there is nothing in it that leads upward.
    """
    from urllib.parse import unquote

    path = "/v1/" + "/".join(parts)
    if is_plain_path(path):
        for _ in range(6):
            assert not {".", ".."} & {part.partition(";")[0] for part in path.split("/")}
            assert "\\" not in path
            path = unquote(path)


# ---- addresses

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
OWN = [
    "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "100.64.0.1", "::1", "fc00::1", "fdff::1", "fec0::1", "::ffff:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "2001:db9::5efe:7f00:1",
]  # fmt: skip
SPECIAL = [
    "169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.1", "240.0.0.1", "2001:db8::1", "2002:7f00:1::1",
    "2001::1", "64:ff9b:1::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
    "::7f00:1", "::2", "100::1", "4000::1", "3fff::1",
]  # fmt: skip
NEVER = ["0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "255.255.255.255", "ff02::1", "::ffff:0.0.0.0"]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    """
    They need no grant.
    """
    assert refusal(address, (), False) is None


@pytest.mark.parametrize("address", OWN)
def test_private_addresses(address: str) -> None:
    """
    They are refused, in whatever they are wrapped, unless private ones are granted.
    """
    assert refusal(address, (), False) is not None
    assert refusal(address, (), True) is None


@pytest.mark.parametrize("address", SPECIAL)
def test_special_addresses(address: str) -> None:
    """
    They must be named.
    """
    assert refusal(address, (), True) is not None
    assert refusal(address, networks(["0.0.0.0/0", "::/0"]), False) is None


@pytest.mark.parametrize("address", NEVER)
def test_addresses_of_nobody(address: str) -> None:
    """
    They are refused whatever is granted: on Linux the first is another name of loopback.
    """
    assert refusal(address, networks(["0.0.0.0/0", "::/0"]), True) is not None


@given(st.ip_addresses())
def test_a_public_address_is_one_to_the_standard_library(address: object) -> None:
    """
    Where Python says that an address is not global, so do we.
    """
    import ipaddress

    assert isinstance(address, (ipaddress.IPv4Address, ipaddress.IPv6Address))
    mapped = getattr(address, "ipv4_mapped", None)
    translated = address in ipaddress.ip_network("64:ff9b::/96") if address.version == 6 else False
    if not address.is_global and mapped is None and not translated:
        assert refusal(str(address), (), False) is not None


def test_what_is_no_address() -> None:
    """
    What the resolver should never say is refused.
    """
    assert "unknown" == refusal("localhost", (), True)
    with pytest.raises(ConfigError, match="allow_private"):
        networks(["10.0.0.1/8"])
