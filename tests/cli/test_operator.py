"""Each command of an operator says in one sentence what to do when part of the set-up is missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer
from moto import mock_aws

from agent_schedules_cli.app import app
from agent_schedules_cli.session import Environment
from dev.template import table_definition
from tests.support.api import Api
from tests.support.cli import Cli
from tools.build import deploy

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent


def of_cli(*arguments: str) -> Callable[[pytest.CaptureFixture[str]], tuple[int, str]]:
    """A command, with the real AWS clients."""

    def run(_: pytest.CaptureFixture[str]) -> tuple[int, str]:
        cli = Cli(Api())
        cli.environment = replace(cli.environment, aws=Environment().aws)
        result = cli.run(*arguments)
        return result.exit_code, result.stderr

    return run


def of_tool(main: Callable[[], int]) -> Callable[[pytest.CaptureFixture[str]], tuple[int, str]]:
    """A tool's own main."""

    def run(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
        return main(), capsys.readouterr().err

    return run


KEY_ID = "key_" + "0" * 26
COMMANDS = {
    "make key": of_cli("keys", "create", "--table", "there", "--tenant", "acme"),
    "keys list": of_cli("keys", "list", "--stack", "there", "--tenant", "acme"),
    "keys revoke": of_cli("keys", "revoke", KEY_ID, "--stack", "there", "--tenant", "acme"),
    "doctor": of_cli("doctor", "--stack", "there"),
    "make audit": of_cli("doctor", "--stack", "there", "--audit", "--repair"),
    "tenants export": of_cli("tenants", "export", "--stack", "there", "--tenant", "acme"),
    "tenants erase": of_cli("tenants", "erase", "--yes", "--stack", "there", "--tenant", "acme"),
    "recount --table": of_cli("recount", "--table", "there"),
    "reindex": of_cli("reindex", "--stack", "there"),
    "make recount": of_cli("recount", "--stack", "there"),
    "make copy-table": of_cli("copy-table", "--from", "there", "--to", "other"),
    "make verify-aws": of_cli("verify-aws"),
    "make deploy": of_tool(lambda: deploy.main(["dev", "--check"])),
}
MISSING: dict[str, tuple[dict[str, str | None], int, str]] = {
    "no region": ({"AWS_REGION": None}, 2, "set AWS_REGION, for example AWS_REGION=eu-central-1"),
    "a region that is none": ({"AWS_REGION": "x y"}, 2, "AWS_REGION must be a region such as"),
    "no credentials": ({"AWS_ACCESS_KEY_ID": None}, 2, "or set AWS_PROFILE"),
    "half of the credentials": ({"AWS_SECRET_ACCESS_KEY": None}, 2, "set both AWS_ACCESS_KEY_ID and"),
    "no such profile": ({"AWS_PROFILE": "missing"}, 2, "AWS_PROFILE must name a profile"),
    "no network": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, 3, "check the network and the region"),
}


def of_operators(command: Any, *path: str) -> Iterator[str]:
    """The commands that are told of a stack or a table, or need AWS without either."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from of_operators(inner, *path, name)
    if {"stack", "table", "source"} & {parameter.name for parameter in command.params} or path == ("verify-aws",):
        yield " ".join(path)


def test_every_command_of_an_operator_is_in_the_table() -> None:
    covered = {name.removeprefix("make ").removesuffix(" --table") for name in COMMANDS}
    covered |= {"keys create", "verify-aws"}  # as make key, and make verify-aws
    found = set(of_operators(typer.main.get_command(app)))
    assert len(found) >= 10
    assert found - covered == set()


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment in which nothing is missing."""
    for name in ("AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", "HOME": str(tmp_path),
        "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return monkeypatch


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("missing", MISSING)
def test_missing_setup_is_one_sentence(
    environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, missing: str
) -> None:
    changes, code, said = MISSING[missing]
    for name, value in changes.items():
        environ.delenv(name) if value is None else environ.setenv(name, value)
    ended, printed = COMMANDS[command](capsys)
    assert (ended, len(printed.splitlines())) == (code, 1), printed
    assert said in printed


@pytest.mark.parametrize("command", ["make key", "recount --table", "make copy-table"])
def test_wrong_table_is_one_sentence(
    environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with mock_aws():
        ended, printed = COMMANDS[command](capsys)
    assert (ended, len(printed.splitlines())) == (2, 1)
    assert "check the name, AWS_REGION and AWS_PROFILE; the region is eu-central-1" in printed


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_is_read_from_both_variables(
    environ: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str
) -> None:
    environ.delenv("AWS_REGION")
    environ.setenv(variable, "eu-west-1")
    with mock_aws():
        boto3.client("dynamodb", region_name="eu-west-1").create_table(TableName="there", **table_definition())
        for command in ("make key", "recount --table"):
            ended, printed = COMMANDS[command](capsys)
            assert ended == 0, printed


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        (["key"], "make key needs TABLE=..."), (["key", "TABLE=t"], "make key needs TENANT=..."),
        (["recount"], "make recount needs STACK=..."), (["audit"], "make audit needs STACK=..."),
        (["copy-table", "TO=t"], "make copy-table needs FROM=..."), (["copy-table", "FROM=t"], "needs TO=..."),
    ],
)  # fmt: skip
def test_missing_variable_of_a_make_verb_is_named(verb: list[str], said: str) -> None:
    answer = subprocess.run(["make", "-n", *verb], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (answer.returncode, said in answer.stderr) == (2, True)


def test_missing_python313_is_said_first(tmp_path: Path) -> None:
    environ = {"PATH": "/nowhere", "HOME": str(tmp_path)}
    python = [sys.executable, "-m", "tools.build.python313"]
    answer = subprocess.run(python, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert (answer.returncode, "uv python install 3.13" in answer.stderr) == (1, True)
