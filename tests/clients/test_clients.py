"""docs/openapi.json as linters and generators of clients take it: `make test-clients`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.stack import KEYS, LocalStack, Options

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = ROOT / "docs" / "openapi.json"
OURS = ROOT / "tools" / "clients"
INSTALLED = ROOT / ".tools" / "clients"
MODULES = INSTALLED / "node_modules"
PATIENCE = 180.0  # real seconds that a tool may take
LIVED = {
    "version": 2,
    "created": "active",
    "listed": [True],
    "paused": "paused",
    "deleted": True,
    "refused": [404, "agent_id: no agent 'none'"],
}
"""What a client sees of a schedule's life."""


def ran(*command: str | Path, at: Path) -> str:
    """What a tool printed. It has to end well."""
    answer = subprocess.run(
        [str(part) for part in command],
        cwd=at,
        env={**os.environ, "PATH": f"{INSTALLED / 'bin'}:{os.environ['PATH']}", "REDOCLY_TELEMETRY": "off"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def node(script: str | Path, *arguments: str | Path, at: Path) -> str:
    """The same of a program for Node.js."""
    return ran(INSTALLED / "node", MODULES / script, *arguments, at=at)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(Options(port=0, directory=tmp_path_factory.mktemp("stack"))) as started:
        yield started


def test_spectral_s_recommended_rules_find_nothing(tmp_path: Path) -> None:
    rules = OURS / "spectral.yaml"
    arguments = ("lint", DOCUMENT, "--ruleset", rules, "--fail-severity", "hint")
    assert "No results" in node("@stoplight/spectral-cli/dist/index.js", *arguments, at=tmp_path)


def test_redocly_s_recommended_rules_but_one_find_nothing(tmp_path: Path) -> None:
    arguments = ("lint", DOCUMENT, "--config", OURS / "redocly.yaml", "--format", "json")
    found: dict[str, Any] = json.loads(node("@redocly/cli/bin/cli.js", *arguments, at=tmp_path))
    assert found["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}


def test_redocly_finds_no_ambiguous_paths_but_those_of_keys(tmp_path: Path) -> None:
    rules = tmp_path / "all.yaml"
    rules.write_text("extends: [recommended]\n")
    arguments = ("lint", DOCUMENT, "--config", rules, "--format", "json")
    found = json.loads(node("@redocly/cli/bin/cli.js", *arguments, at=tmp_path))
    assert [one["message"] for one in found["problems"] if "/by-key/{key}" not in one["message"]] == []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what openapi-python-client makes of the document. It warns of what it leaves out."""
    folder = tmp_path_factory.mktemp("python")
    arguments = ("--path", DOCUMENT, "--output-path", folder / "made", "--meta", "none", "--fail-on-warning")
    ran(INSTALLED / "bin" / "openapi-python-client", "generate", *arguments, at=folder)
    return folder


def test_every_operation_becomes_a_function(made: Path) -> None:
    functions = {path.stem for path in (made / "made" / "api").glob("*/*.py")} - {"__init__"}
    document = json.loads(DOCUMENT.read_text("utf-8"))
    assert functions == {one["operationId"] for path in document["paths"].values() for one in path.values()}


def test_a_python_client_works(stack: LocalStack, made: Path) -> None:
    shutil.copy(OURS / "use.py", made)
    said = ran(INSTALLED / "bin" / "python", "use.py", stack.url, next(iter(KEYS)), at=made)
    assert json.loads(said) == LIVED


def test_a_typescript_client_has_types_and_works(stack: LocalStack, tmp_path: Path) -> None:
    node("openapi-typescript/bin/cli.js", DOCUMENT, "-o", tmp_path / "schema.d.ts", at=tmp_path)
    for name in ("use.ts", "tsconfig.json", "package.json"):
        shutil.copy(OURS / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(MODULES)
    node("typescript/bin/tsc", "--project", ".", at=tmp_path)
    said = ran(INSTALLED / "node", "use.ts", stack.url, next(iter(KEYS)), at=tmp_path)
    assert json.loads(said) == LIVED
