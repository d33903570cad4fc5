"""The workflow on GitHub runs the functions' Python, and actions that cannot change under their names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from dev.template import load_template

ROOT = Path(__file__).parent.parent.parent
JOBS: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))["jobs"]
STEPS = [step for job in JOBS.values() for step in job["steps"]]


def test_actions_are_pinned_to_a_commit() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action) for action in used)


def test_the_workflow_has_the_functions_python() -> None:
    versions = {step["with"]["python-version"] for step in STEPS if "python-version" in step.get("with", {})}
    assert {f"python{version}" for version in versions} == {load_template()["Globals"]["Function"]["Runtime"]}


def test_the_workflow_runs_everything() -> None:
    assert [step["run"] for step in JOBS["everything"]["steps"] if "run" in step] == [".ci/run"]
