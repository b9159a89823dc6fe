"""The page of the service, in a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import chromium
import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("httpx")
if chromium.find() is None:
    pytest.skip("there is no Chromium", allow_module_level=True)

from test_service import TOKEN, Service, served

from sandbox_wasm import HostFunctions, Limits

pytestmark = pytest.mark.timeout(180)
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    functions = HostFunctions()

    @functions.register(approve=True)
    def delete(name: str) -> str:
        """Delete something."""
        return f"deleted {name}"

    with served(functions=functions, limits=Limits(wall_seconds=30)) as found:
        yield found


@pytest.fixture
def page(service: Service) -> Iterator[chromium.Page]:
    with closing(chromium.Page()) as found:
        yield found


def run(page: chromium.Page, code: str) -> None:
    page.until("!document.getElementById('start').disabled")
    page.evaluate("document.getElementById('code').value = ''")
    page.evaluate("document.getElementById('code').focus()")
    page.type(code)
    page.click("#start")


def text(page: chromium.Page, selector: str) -> Any:
    return page.evaluate(f"document.querySelector({selector!r}).innerText")


def until_shown(page: chromium.Page, selector: str, part: str) -> None:
    page.until(f"document.querySelector({selector!r}).innerText.includes({part!r})")


def test_a_person_at_the_page(service: Service, page: chromium.Page, tmp_path: Path) -> None:
    """
    Code runs, output and value come, files and limits are shown, and a call waits for a yes.
    """
    page.open(f"{service.url}#token={TOKEN}")
    until_shown(page, "#status", "ready")
    assert service.url == page.evaluate("location.href")  # the token is gone from the address
    run(page, "print('hello')\nopen('/out.txt', 'w').write('x')\n6 * 7")
    until_shown(page, "#output", "42")
    assert "hello\n42\n" in text(page, "#output")
    until_shown(page, "#files", "/out.txt")
    until_shown(page, "#limits", "wall_seconds")

    run(page, "print(delete('a.txt'))\ndelete('b.txt')")
    until_shown(page, "#questions", "delete('a.txt')")
    if os.environ.get("SCREENSHOTS"):
        page.screenshot(Path(os.environ["SCREENSHOTS"]) / "question.png")
    page.click("[data-answer=allow]")
    until_shown(page, "#questions", "delete('b.txt')")
    page.click("[data-answer=deny]")
    until_shown(page, "#output", "PermissionError")
    assert "deleted a.txt" in text(page, "#output")
    page.until("document.getElementById('questions').childElementCount === 0")

    run(page, "while True: pass")
    until_shown(page, "#status", "running")
    page.click("#interrupt")
    until_shown(page, "#output", "Interrupted")
    run(page, "'still ' + 'there'")
    until_shown(page, "#output", "still there")
    if os.environ.get("SCREENSHOTS"):
        page.screenshot(Path(os.environ["SCREENSHOTS"]) / "ready.png")
    assert [] == page.faults()


def test_what_comes_from_the_guest_is_text(service: Service, page: chromium.Page) -> None:
    """
    Markup in output, values, errors, names of files and questions stays text.
    """
    page.open(f"{service.url}#token={TOKEN}")
    until_shown(page, "#status", "ready")
    run(page, f"h = {HOSTILE!r}\nprint(h)\nopen('/' + h.replace('/', ''), 'w').close()\nh")
    until_shown(page, "#files", "onerror")
    run(page, "raise ValueError(h)")
    until_shown(page, "#output", "ValueError: <img")
    run(page, "delete(h + '\\u202e')")
    until_shown(page, "#questions", "onerror")
    assert r"\u202e" in text(page, "#questions")
    counts = page.evaluate("[document.images.length, document.scripts.length]")
    assert [0, 1] == counts
    assert "Page.javascriptDialogOpening" not in {m.get("method") for m in page.messages}
    page.click("[data-answer=deny]")
    until_shown(page, "#output", "PermissionError")
    assert [] == page.faults()


def test_the_policy_holds(service: Service, page: chromium.Page) -> None:
    """
    Even markup that got in would not run, and nothing is loaded from elsewhere.
    """
    page.open(service.url)
    page.until("document.getElementById('token') !== null")
    for script in (
        "document.body.innerHTML = '<b>x</b>'",
        "new Function('return 1')()",
        "eval('1')",
    ):
        assert "refused" == page.evaluate(
            f"(() => {{ try {{ {script}; return 'done'; }} catch (e) {{ return 'refused'; }} }})()"
        )
    assert page.evaluate("fetch('https://example.com/').then(() => false, () => true)")


def test_signing_in(service: Service, page: chromium.Page) -> None:
    """
    A wrong token is told; the right one, typed, opens the page.
    """
    page.open(service.url)
    for token, expected in (("wrong", "a token is needed"), (TOKEN, "ready")):
        page.until("!document.getElementById('sign-in').hidden")
        page.evaluate("document.getElementById('token').value = ''")
        page.evaluate("document.getElementById('token').focus()")
        page.type(token)
        page.click("#sign-in button")
        until_shown(page, "#status", expected)
    assert TOKEN not in str(
        page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    )
    assert "" == page.evaluate("document.cookie")
