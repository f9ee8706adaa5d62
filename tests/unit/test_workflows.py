"""The release workflows: pinned, bounded, without rights they do not need, loud about what is not
signed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RELEASE = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
SECRETS_DOC = ROOT / "packaging" / "README.md"
workflow = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def jobs(text: str) -> Iterator[tuple[str, str]]:
    """Name and body of each job."""
    body = text.partition("\njobs:\n")[2]
    parts = re.split(r"(?m)^  ([a-z]+):$", body)[1:]
    yield from zip(parts[::2], parts[1::2], strict=True)


def steps(text: str) -> list[str]:
    """Each step with all of its lines."""
    return [step for _, body in jobs(text) for step in re.split(r"(?m)^      - ", body)[1:]]


@workflow
def test_each_action_is_named_by_a_whole_commit_and_its_version(file: Path) -> None:
    used = re.findall(r"uses: (.+)", file.read_text(encoding="utf-8"))
    assert used
    assert not [one for one in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", one)]


def test_one_action_has_one_commit_everywhere() -> None:
    used = {one for file in FILES for one in re.findall(r"uses: (.+)", file.read_text("utf-8"))}
    assert len({one.partition("@")[0] for one in used}) == len(used)


@workflow
def test_each_job_has_an_end_and_only_its_own_rights(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert "\npermissions: {}\n" in text
    for name, body in jobs(text):
        assert "timeout-minutes:" in body and "    permissions:\n" in body, name
        writes = "write" in body.partition("permissions:")[2].partition("steps:")[0]
        assert writes == (name == "publish"), name
        assert body.count("actions/checkout@") == body.count("persist-credentials: false"), name


@workflow
def test_nothing_from_outside_is_put_into_a_script(file: Path) -> None:
    """It comes in through the environment, where it is a value and never words of the shell."""
    for step in steps(file.read_text(encoding="utf-8")):
        assert "${{" not in step.partition("run: ")[2], step


def test_each_step_that_signs_has_one_that_says_loudly_that_nothing_was_signed() -> None:
    conditions = re.findall(r"if: runner\.os == '\w+' && env\.(\w+) == 'true'", RELEASE)
    assert set(conditions) == {"SIGNS_MACOS", "NOTARISES", "SIGNS_WINDOWS"}
    for name in set(conditions):
        loud = [step for step in steps(RELEASE) if f"env.{name} != 'true'" in step]
        assert len(loud) == 1 and "::warning::" in loud[0], name
        assert re.match(r'name: "NOT (SIGNED|NOTARISED): ', loud[0]), loud[0]


def test_the_secrets_are_those_that_the_readme_names() -> None:
    used = set(re.findall(r"secrets\.(\w+)|vars\.(\w+)", RELEASE))
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", SECRETS_DOC.read_text(encoding="utf-8"), re.M))
    assert told == {one or other for one, other in used}


def test_nothing_is_released_before_it_was_tested_and_tried_where_it_is_installed() -> None:
    order = dict(jobs(RELEASE))
    assert "    needs: test\n" in order["package"] and "    needs: package\n" in order["publish"]
    body = order["package"]
    built = body.index("python run.py package")
    for system in ("Linux", "Windows", "macOS"):
        tried = re.search(rf"name: [^\n]*use and remove it \({system}[^\n]*\)", body)
        assert tried is not None and built < tried.start() < body.index("upload-artifact"), system
    assert "--draft" in order["publish"]
