"""Who reads the audit learns what guest code reached for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from sandbox_wasm import AuditRecord, HostCallsExceeded, Limits, Session
from sandbox_wasm._audit import KEPT, Audit
from sandbox_wasm._files import Files


def told(session: Session) -> list[tuple[str, str, str, bool]]:
    return [(r.kind, r.action, r.target, r.granted) for r in session.audit]


def test_host_calls_are_noted(make_session: Callable[..., Session]) -> None:
    """
    In order, run after run; a session that has done nothing has no records.
    """
    session = make_session(functions={"one": lambda: 1, "two": lambda: 2})
    assert () == session.audit

    session.run("one(); two()")
    session.run("one()")

    assert [("host_call", "call", name, True) for name in ("one", "two", "one")] == told(session)
    times = [record.time for record in session.audit]
    assert sorted(times) == times


def test_a_denied_host_call_is_noted(make_session: Callable[..., Session]) -> None:
    """
    The call that the limit does not allow any more is noted as such.
    """
    session = make_session(functions={"one": lambda: 1}, limits=Limits(host_calls=1))

    with pytest.raises(HostCallsExceeded):
        session.run("one(); one()")

    assert [True, False] == [record.granted for record in session.audit]


def test_an_unknown_name_is_noted_as_denied() -> None:
    """
    A guest that has taken over its interpreter can send any name.
    """
    from sandbox_wasm._functions import HostFunctions
    from sandbox_wasm._ledger import Ledger

    ledger = Ledger(Limits(), HostFunctions(), Files(0, 0), lambda: None)
    ledger.call(b"\xff" * 256, b"[[],{}]")

    (record,) = ledger.audit.records()
    assert (False, "\ufffd" * 256) == (record.granted, record.target)


def test_the_rings_are_bounded_and_apart() -> None:
    """
    Neither many host calls nor long targets fill memory or push out other kinds.
    """
    audit = Audit()
    audit.note("network", "GET", "https://example.com/" + "a" * 10_000, False, "not allowed")
    for _ in range(KEPT + 10):
        audit.note_call(b"f", True)

    records = audit.records()
    assert KEPT + 1 == len(records)
    assert 501 == len(records[0].target)
    assert "not allowed" == records[0].reason


def test_a_record_is_frozen() -> None:
    """
    What was noted stays as it was.
    """
    record = AuditRecord(time=0.0, kind="file", action="open", target="/x", granted=True)

    with pytest.raises(AttributeError):
        record.granted = False  # type: ignore[misc]


class Tracer:
    """What OpenTelemetry offers, as far as it is used."""

    def __init__(self) -> None:
        self.spans: list[dict[str, Any]] = []

    def start_span(self, name: str, **arguments: Any) -> Any:
        self.spans.append({"name": name, **arguments})
        return self

    def end(self) -> None:
        self.spans[-1]["ended"] = True


def test_each_access_is_a_span() -> None:
    """
    With the record's fields, and its time as the start.
    """
    tracer = Tracer()
    audit = Audit(tracer)
    audit.note("file", "open", "/etc/passwd", False, "no such mount", began=2.5)

    (span,) = tracer.spans
    assert "sandbox_wasm file open" == span["name"]
    assert (2_500_000_000, True) == (span["start_time"], span["ended"])
    assert {
        "sandbox_wasm.kind": "file",
        "sandbox_wasm.action": "open",
        "sandbox_wasm.target": "/etc/passwd",
        "sandbox_wasm.granted": False,
        "sandbox_wasm.reason": "no such mount",
    } == span["attributes"]


def test_a_tracer_that_fails_ends_no_run() -> None:
    """
    The record is there all the same.
    """

    class Failing:
        def start_span(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("exporter")

    audit = Audit(Failing())
    audit.note_call(b"f", True)

    assert 1 == len(audit.records())


def test_spans_of_the_real_library() -> None:
    """
    They are children of the caller's span, and none without the library's import.
    """
    pytest.importorskip("opentelemetry.sdk.trace")
    program = """
import sandbox_wasm, sys
with sandbox_wasm.Session(functions={"f": lambda: 1}) as session:
    session.run("f()")
assert not any(name.startswith("opentelemetry") for name in sys.modules)

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

memory = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(memory))
trace.set_tracer_provider(provider)
with trace.get_tracer("program").start_as_current_span("outer") as outer:
    with sandbox_wasm.Session(functions={"f": lambda: 1}) as session:
        session.run("f()")
inner, _ = memory.get_finished_spans()
print(inner.name, inner.parent.span_id == outer.get_span_context().span_id)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert ("sandbox_wasm host_call call True\n", "") == (done.stdout, done.stderr)


def test_files_are_noted(make_session: Callable[..., Session]) -> None:
    """
    What was opened, made, moved and removed, by its path, and why not.
    """
    session = make_session()
    session.run(
        "import os\n"
        "os.mkdir('/tmp/d')\n"
        "with open('/tmp/d/a', 'w') as f: f.write('x')\n"
        "os.rename('/tmp/d/a', '/tmp/d/b')\n"
        "for path in ('/etc/passwd', '/tmp/d'):\n"
        "    try: open(path, 'w')\n"
        "    except OSError: pass\n"
        "os.remove('/tmp/d/b')\n"
        "os.rmdir('/tmp/d')"
    )

    found = [(r.action, r.target, r.granted) for r in session.audit if r.kind == "file"]
    assert [
        ("mkdir", "/tmp/d", True),
        ("open", "/tmp/d/a", True),
        ("rename", "/tmp/d/a", True),
        ("rename to", "/tmp/d/b", True),
        ("open", "/etc/passwd", False),
        ("open", "/tmp/d", False),
        ("unlink", "/tmp/d/b", True),
        ("rmdir", "/tmp/d", True),
    ] == found
    reasons = {r.target: r.reason for r in session.audit if not r.granted}
    assert {"/etc/passwd": "NOENT", "/tmp/d": "ISDIR"} == reasons
