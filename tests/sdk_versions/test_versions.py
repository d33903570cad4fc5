"""The vendor's SDK as published, in seven versions, against the local stack: `make test-contract`.

Each version has a locked environment of its own, and `suite` runs in it as a program; here its report is judged.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.sdk_versions.suite import declared, everything

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 300.0  # real seconds that one version may take


@dataclass(frozen=True)
class Report:
    """What the suite said about one version."""

    version: str
    lines: list[dict[str, Any]]

    def about(self, kind: str, mode: str) -> dict[str, dict[str, Any]]:
        """The lines on checks or operations of a mode, by name."""
        return {line[kind]: line for line in self.lines if kind in line and line["mode"] == mode}


@pytest.fixture(scope="module", params=declared.VERSIONS)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The suite, run in the environment of a version against a stack of its own."""
    version: str = request.param
    directory = tmp_path_factory.mktemp("stack")
    said = directory / "report.jsonl"
    answer = subprocess.run(
        [sys.executable, "-m", "tests.sdk_versions.run_suite", version, str(directory), str(said)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return Report(version, [json.loads(line) for line in said.read_text(encoding="utf-8").splitlines()])


def test_every_version_has_a_locked_environment() -> None:
    locks = sorted((ROOT / "tools" / "sdk").glob("*/uv.lock"))
    assert {lock.parent.name for lock in locks} == set(declared.VERSIONS)
    for lock in locks:
        assert f'specifier = "=={lock.parent.name}"' in lock.read_text(encoding="utf-8")


def test_what_is_declared_of_the_sdk_is_what_it_has(report: Report) -> None:
    (found,) = [line["differences"] for line in report.lines if "differences" in line]
    assert found == []


@pytest.mark.parametrize("mode", declared.MODES)
def test_every_check_ran_and_holds(report: Report, mode: str) -> None:
    ran = report.about("check", mode)
    assert ran.keys() == everything.checks(report.version).keys()
    problems = [f"{name}: {line['problem']}" for name, line in ran.items() if line["problem"]]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("mode", declared.MODES)
def test_all_operations_parameters_and_refusals_were_tried(report: Report, mode: str) -> None:
    exercised = report.about("operation", mode)
    expected = declared.operations(report.version)
    assert exercised.keys() == expected.keys() | declared.out_of_scope(report.version).keys()
    for name, operation in expected.items():
        line = exercised[name]
        assert line["succeeded"] > 0, name
        assert set(line["parameters"]) == declared.parameters(report.version, operation).keys(), name
        assert set(line["envelopes"]) == declared.provoked(report.version, name), name
