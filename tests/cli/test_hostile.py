"""Arguments that cannot be sent are refused before a call: path-like ids, bytes that are not UTF-8, binary files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.main import get_command

from agent_schedules_cli.api_client import agents_path
from agent_schedules_cli.app import app
from agent_schedules_cli.options import LARGEST_INPUT
from tests.support.cli import Cli, over

pytestmark = pytest.mark.slow

GOOD = {"version": "1", "time": "2026-03-02T10:00:00Z", "cron": "@daily"}
NEEDED = {
    "--name": "a", "--model": "echo", "--tenant": "acme", "--stack": "stack", "--input": "x",
    "--from": "2026-03-02T10:00:00Z", "--to": "2026-03-02T11:00:00Z",
}  # fmt: skip


def commands(command: Any, *path: str) -> Iterator[tuple[list[str], list[Any]]]:
    """Every command with its parameters."""
    for name, one in getattr(command, "commands", {}).items():
        yield from commands(one, *path, name)
    if not hasattr(command, "commands"):
        yield list(path), command.params


def with_ids() -> Iterator[tuple[list[str], str]]:
    """Every command line with `{}` in the place of one id, and what that id is called."""
    for path, parameters in commands(get_command(app)):
        arguments = [one for one in parameters if one.param_type_name == "argument"]
        options = [option for one in parameters for option in one.opts if option in NEEDED and one.required]
        rest = [word for option in options for word in (option, NEEDED[option])]
        for hostile in arguments:
            if hostile.name.endswith("_id") or hostile.name == "time":
                words = ["{}" if one is hostile else GOOD.get(one.name, "agt_1") for one in arguments]
                yield [*path, *words, *rest], hostile.name
        for one in parameters:
            if {"--schedule", "--agent"} & set(one.opts) and path[0] != "import":  # there it is a name
                yield [*path, *("agt_1" for _ in arguments[:1]), one.opts[0], "{}", *rest], one.opts[0]


LINES = list(with_ids())


def test_every_command_with_an_id_is_tried() -> None:
    assert len(LINES) >= 30


BAD = ["a/b", "a%2Fb", "..", ".", "", "a?b=c", "a#b", "a%62", "a b", "a\\b", "é", "a\n"]


@pytest.mark.parametrize("bad", BAD)
def test_an_id_is_never_another_route(cli: Cli, bad: str) -> None:
    cli.transport.requests.clear()
    # One of them in each place, the others where one argument is an id and one a time.
    for line, _ in LINES if bad == BAD[0] else [one for one in LINES if one[0][:2] == ["occurrences", "why"]]:
        said = cli.fails(2, *(bad if word == "{}" else word for word in line))
        assert "must be an id" in said or "must be a time" in said, line
    assert cli.transport.requests == []


def test_each_part_of_a_path_is_quoted() -> None:
    assert agents_path("agt/1", "schedules", "../é?b#c") == "/api/v1/agents/agt%2F1/schedules/..%2F%C3%A9%3Fb%23c"


@pytest.mark.parametrize("place", range(3))
def test_argument_that_is_not_utf8_is_named(cli: Cli, place: int) -> None:
    words = ["--on-behalf-of", "agents", "list"]
    words[place] = "caf\udce9"
    said = cli.fails(2, *words)
    assert said == f"agent-schedules: Argument {place + 1} is not UTF-8 text: 'caf\\udce9'\n"


@pytest.mark.parametrize("variable", ["URL", "KEY", "ON_BEHALF_OF"])
def test_variable_that_is_not_utf8_is_wrong_use(cli: Cli, variable: str) -> None:
    cli.environ[f"AGENT_SCHEDULES_{variable}"] = "http://caf\udce9"
    assert "must be" in cli.fails(2, "agents", "list")


@pytest.mark.parametrize(
    "url", ["http://", "http://a b", "http://a/?x=1", "http://a#b", "https://é.example", "file:///etc"]
)
def test_what_is_no_url_is_wrong_use(cli: Cli, url: str) -> None:
    assert "--url" in cli.fails(2, "--url", url, "--key", "k", "agents", "list")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfHello\r\nyou\r\n", "Hello\nyou\n"),
        (b"one\rtwo", "one\ntwo"),
        ("Écris.\n".encode(), "Écris.\n"),
    ],
)
def test_input_file_loses_bom_and_carriage_returns(cli: Cli, tmp_path: Path, data: bytes, text: str) -> None:
    (tmp_path / "prompt").write_bytes(data)
    create = ["schedules", "create", cli.api.agent, "--every", "60", "--input-file"]
    assert cli.json(*create, str(tmp_path / "prompt"))["input"] == text
    assert cli.json(*create, "-", stdin=data.decode())["input"] == text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfeH\0", "is not UTF-8 text"),
        (b"a\0b", "NUL"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"x" * (LARGEST_INPUT + 1), "more than the 262,144 bytes"),
    ],
)
def test_unusable_input_file_is_refused(cli: Cli, tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "prompt").write_bytes(data)
    start = ["runs", "start", cli.api.agent, "--input-file"]
    assert said in cli.fails(2, *start, str(tmp_path / "prompt"))
    assert "Is a directory" in cli.fails(2, *start, str(tmp_path))
    assert "--input-file" in cli.fails(2, *start, "/dev/zero")
    assert cli.listed("runs", "list", cli.api.agent) == []


def test_control_characters_of_a_model_are_replaced(cli: Cli) -> None:
    obeyed = "\x1b\x07\x9b\u202e\r"
    evil = f"a{obeyed}b"
    page = {"object": "list", "data": [{"id": evil, "name": evil}], "has_more": True, "next_cursor": "x"}
    cli.environment = type(cli.environment)(
        transport=over(httpx.MockTransport(lambda _: httpx.Response(200, json=page)))
    )
    shown = cli.run("agents", "list", "--limit", "1").output
    assert not set(obeyed) & set(shown)
    refusal = httpx.Response(400, json={"error": {"message": evil}})
    cli.environment = type(cli.environment)(transport=over(httpx.MockTransport(lambda _: refusal)))
    assert not set(obeyed) & set(cli.fails(4, "agents", "list"))
