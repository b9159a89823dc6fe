"""The workflows of the public CI are pinned, may do little, and call what is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML comes with the extra 'test'")

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
SETTINGS = (ROOT / "pyproject.toml").read_text("utf-8")
# What a job may be allowed, beyond nothing, and which jobs.
GRANTS = {
    "contents: read": None,
    "id-token: write": {"attest", "publish", "publish-plugins"},
    "attestations: write": {"attest"},
}


def read(path: Path) -> dict[str, Any]:
    """A workflow; YAML 1.1 takes the key ``on`` for a boolean."""
    found = yaml.safe_load(path.read_text("utf-8"))
    return {("on" if key is True else str(key)): value for key, value in found.items()}


def jobs() -> list[Any]:
    """Every job, with its name and its workflow's."""
    return [
        pytest.param(name, job, id=f"{path.stem}-{name}")
        for path in WORKFLOWS
        for name, job in read(path)["jobs"].items()
    ]


def steps() -> list[dict[str, Any]]:
    return [step for param in jobs() for step in param.values[1]["steps"]]


def test_there_are_workflows() -> None:
    """
    The tests below have something to look at.
    """
    assert {"artifacts", "ci", "release"} == {path.stem for path in WORKFLOWS}
    assert len(steps()) > 25


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned(path: Path) -> None:
    """
    By the commit, whose version stands beside it; the same action is the same everywhere.
    """
    lines = re.findall(r"^.*\buses: (.*)$", path.read_text("utf-8"), re.MULTILINE)

    for line in lines:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_an_action_has_one_pin() -> None:
    """
    Moving a pin moves it everywhere.
    """
    used = {step["uses"].partition("@")[0]: set() for step in steps() if "uses" in step}
    for step in steps():
        if "uses" in step:
            used[step["uses"].partition("@")[0]].add(step["uses"])

    assert {name for name, pins in used.items() if len(pins) > 1} == set()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_containers_are_pinned(path: Path) -> None:
    """
    By the digest of the image.
    """
    for image in re.findall(
        r"^ *(?:container|image): (.+)$", path.read_text("utf-8"), re.MULTILINE
    ):
        assert re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", image), image


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_do_nothing(path: Path) -> None:
    """
    Its jobs say what they may, and no pull request of a stranger runs with more.
    """
    workflow = read(path)

    assert {} == workflow["permissions"]
    assert workflow["concurrency"]["group"]
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(workflow["on"])


@pytest.mark.parametrize(("name", "job"), jobs())
def test_a_job_may_do_little(name: str, job: dict[str, Any]) -> None:
    """
    To sign is only the job allowed that does nothing else; each has an end.
    """
    granted = {f"{scope}: {level}" for scope, level in job["permissions"].items()}

    assert granted <= GRANTS.keys()
    for grant in granted:
        allowed = GRANTS[grant]
        assert allowed is None or name in allowed
    if "id-token: write" in granted:
        assert not any("run" in step for step in job["steps"]), "it runs code of its own"
    if any("gh-action-pypi-publish" in step.get("uses", "") for step in job["steps"]):
        assert "pypi" == job["environment"]
    assert 0 < job["timeout-minutes"] <= 120


def test_publishing_waits_for_everything() -> None:
    """
    What is published was built, compiled and attested by the jobs before.
    """
    found = read(FOLDER / "release.yml")["jobs"]

    assert {"build", "platform-wheels"} == set(found["attest"]["needs"])
    assert "attest" == found["publish"]["needs"]
    assert "publish" == found["publish-plugins"]["needs"]


def test_the_last_job_looks_at_all_others() -> None:
    """
    One job can be what a branch is protected by.
    """
    found = read(FOLDER / "ci.yml")["jobs"]
    (step,) = found["passed"]["steps"]

    assert {"passed", *found["passed"]["needs"]} == set(found)
    assert step["run"].count("success") == len(found["passed"]["needs"])


def test_credentials_are_not_kept() -> None:
    """
    What runs after a checkout cannot push.
    """
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]

    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize(("name", "job"), jobs())
def test_no_template_becomes_a_command(name: str, job: dict[str, Any]) -> None:
    """
    What others can name, such as a tag, reaches a shell as a variable.
    """
    for step in job["steps"]:
        assert "${{" not in step.get("run", ""), name


def test_pythons_are_those_of_the_classifiers() -> None:
    """
    The tests run on each Python that the package says it supports, on every system.
    """
    matrix = read(FOLDER / "ci.yml")["jobs"]["tests"]["strategy"]["matrix"]
    told = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', SETTINGS)

    assert told == matrix["python"]
    assert f'requires-python = ">={told[0]}"' in SETTINGS
    for family in ("ubuntu-", "-arm", "macos-", "windows-"):
        assert any(family in system for system in matrix["system"]), family


# The package is not beside the tests where they run: what of it a step names is not looked for.
PATHS = re.compile(r"(?<![\w/.-])((?:\.ci|\.github|scripts|plugins)/[\w./*-]*)")


@pytest.mark.parametrize(("name", "job"), jobs())
def test_what_is_called_is_there(name: str, job: dict[str, Any]) -> None:
    """
    Scripts, files and options that a step names exist.
    """
    for step in job["steps"]:
        command = step.get("run", "").replace('build_"$INTERPRETER"', "build_*")
        for path in PATHS.findall(command):
            assert list(ROOT.glob(path)), f"{name}: {path}"
        for script, option in re.findall(r"(scripts/\w+\.py)[^\n]*? (--[\w-]+)", command):
            assert f'"{option}"' in (ROOT / script).read_text("utf-8")


def test_what_is_built_is_no_source() -> None:
    """
    Folders that a release is built into are scratch to git: else the next build and the check of
    its contents take what lies there for files of the project.
    """
    scratch = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    folders = [
        folder
        for step in steps()
        for folder in re.findall(r"--outdir ([\w/-]+)", step.get("run", ""))
    ]

    assert len(folders) > 4
    assert {f"/{folder.partition('/')[0]}/" for folder in folders} <= set(scratch)


def test_every_artifact_is_rebuilt() -> None:
    """
    Each interpreter has a script that compares.
    """
    text = (ROOT / "artifacts" / "manifest.toml").read_text("utf-8")
    interpreters = re.findall(r"^\[(\w+)\]$", text, re.MULTILINE)
    job = read(FOLDER / "artifacts.yml")["jobs"]["rebuild"]

    assert interpreters == job["strategy"]["matrix"]["interpreter"]
    assert "schedule" in read(FOLDER / "artifacts.yml")["on"]
    for interpreter in interpreters:
        assert "--check)" in (ROOT / f"scripts/build_{interpreter}.sh").read_text("utf-8")


def test_pins_are_kept_moving() -> None:
    """
    Dependabot looks at the actions and at what Python packages ask for, some days after a release.
    """
    found = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))

    assert {"github-actions", "pip"} == {entry["package-ecosystem"] for entry in found["updates"]}
    assert all(entry["cooldown"]["default-days"] >= 3 for entry in found["updates"])
