"""What the library finds out about the machine it is on."""

import json
import sys

import pytest
from click.testing import CliRunner

from sandbox_wasm import ArtifactError, Session, _doctor, _lockdown, cli, diagnose
from sandbox_wasm._wasm import _artifacts
from sandbox_wasm.interpreters import _zygote


@pytest.fixture(scope="module")
def findings():
    """What there is to say of this machine, by subject."""
    return {finding.subject: finding for finding in diagnose()}


def test_everything_works(findings):
    """
    Engine, interpreters and workers are found and named with their versions.
    """
    assert "fault" not in {finding.state for finding in findings.values()}
    assert {"python", "engine", "cpython", "micropython", "kernel", "workers"} <= set(findings)
    assert "wasmtime" in findings["engine"].text
    assert "workers" in findings["micropython"].text  # its diagnosis has compiled it


def test_protections_are_those_of_sessions(findings):
    """
    What the diagnosis reports is what a session's own worker has given up.
    """
    with Session("micropython", isolation="process") as session:
        session.run("1")
        protections = session._lane._keeper.guest.protections

    assert protections
    for name, applied, detail in protections:
        finding = findings[f"worker: {name}"]
        assert ("ok" if applied else "missing", detail) == (finding.state, finding.text)


def test_missing_protections_are_told(monkeypatch):
    """
    A kernel without Landlock is no fault, and no secret either.
    """

    def lack():
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(_doctor, "landlock_version", lack)
    monkeypatch.setattr(sys, "platform", "linux")
    (kernel,) = _doctor._kernel()

    assert "missing" == kernel.state
    assert "Landlock" in kernel.text


def test_a_root_without_proc_is_told(monkeypatch):
    """
    No worker can begin there, and the reason is not that it ended.
    """
    monkeypatch.setattr(_doctor.os.path, "exists", lambda path: not path.startswith("/proc"))
    monkeypatch.setattr(sys, "platform", "linux")
    (kernel,) = _doctor._kernel()

    assert "missing" == kernel.state
    assert "/proc" in kernel.text


def test_protection_that_fails_is_listed(monkeypatch):
    """
    The step that could not be done is there with its reason; the others are done.
    """
    lockdown = _lockdown.Lockdown.__new__(_lockdown.Lockdown)
    lockdown.protections = []

    def fail():
        raise PermissionError(1, "Operation not permitted")

    lockdown._apply("this", fail)
    lockdown._apply("that", lambda: "done")

    assert [("this", False, "Operation not permitted"), ("that", True, "done")] == [
        tuple(each) for each in lockdown.protections
    ]


def test_command():
    """
    A line for each finding, or JSON; success where nothing is broken.
    """
    result = CliRunner().invoke(cli.main, ["doctor"])
    assert 0 == result.exit_code, result.output
    assert any(line.startswith("ok       workers: ") for line in result.output.splitlines())

    result = CliRunner().invoke(cli.main, ["doctor", "--json"])
    assert {"subject", "state", "text"} == set(json.loads(result.stdout)[0])


def test_damage_is_a_fault(monkeypatch):
    """
    An interpreter that cannot be read is named, and the command fails.
    """

    def refuse(name, folder=None):
        raise ArtifactError(f"no {name}")

    monkeypatch.setattr(_artifacts, "load", refuse)
    monkeypatch.setattr(_doctor, "_worker", lambda: iter(()))
    result = CliRunner().invoke(cli.main, ["doctor"])

    assert 4 == result.exit_code
    assert "fault    cpython: no cpython" in result.output


def test_workers_that_cannot_start(monkeypatch):
    """
    It is a fault that is told, and not raised.
    """
    monkeypatch.setattr(sys, "executable", "")
    monkeypatch.setattr(_zygote, "_zygotes", {})
    (finding,) = _doctor._worker()

    assert ("workers", "fault") == (finding.subject, finding.state)
