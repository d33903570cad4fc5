"""`import`: each file of the corpora becomes the YAML and the report next to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent_schedules_cli.fleet_file.checks import check
from agent_schedules_cli.fleet_file.yaml_reader import read_yaml
from tests.support.cli import Cli
from tests.support.imports import CORPORA, imported, sources

SOURCES = [source for kind in ("crontab", "eventbridge", "temporal") for source in sources(kind)]


def test_the_corpora_are_as_large_as_they_must_be() -> None:
    assert [len(sources(kind)) for kind in ("crontab", "eventbridge", "temporal")] >= [15, 10, 10]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: f"{source.parent.name}-{source.stem}")
def test_a_file_becomes_the_expected_yaml_and_report(source: Path) -> None:
    outcome = imported(source)
    assert outcome.yaml == source.with_suffix(".yaml").read_text("utf-8")
    assert outcome.report == source.with_suffix(".report").read_text("utf-8")
    incomplete = "\nLeft out:" in outcome.report or "\nWritten, but without:" in outcome.report
    assert outcome.code == (3 if incomplete else 0)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: f"{source.parent.name}-{source.stem}")
def test_the_yaml_is_a_valid_file(source: Path) -> None:
    check(*read_yaml(source.with_suffix(".yaml").read_bytes()))


@pytest.mark.parametrize("source", sources("eventbridge") + sources("temporal"), ids=lambda source: source.stem)
def test_no_schedule_is_dropped_silently(source: Path) -> None:
    text, decoder, at, given = source.read_text("utf-8"), json.JSONDecoder(), 0, 0
    while at < len(text.rstrip()):
        value, at = decoder.raw_decode(text, at)
        given += len(value) if isinstance(value, list) else 1
        at += len(text[at:]) - len(text[at:].lstrip())
    first = source.with_suffix(".report").read_text("utf-8").splitlines()[0].split()
    parts = 1 if source.stem in ("split-calendars", "overlapping-parts") else 0
    assert int(first[1]) + int(first[-3]) == given + parts


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small crontab."""
    path = tmp_path / "crontab"
    path.write_text("0 9 * * * run\n", "utf-8")
    return path


def test_the_report_goes_to_a_file(cli: Cli, source: Path, tmp_path: Path) -> None:
    result = cli.run("import", "crontab", str(source), "--report", str(tmp_path / "report"))
    assert (result.exit_code, result.stderr) == (0, "")
    assert (tmp_path / "report").read_text("utf-8").startswith("crontab: 1 schedule of 1 agent written, 0 left out")


def test_a_file_comes_from_standard_input(cli: Cli) -> None:
    assert 'cron_expression: "0 9 * * *"' in cli.run("import", "crontab", "-", stdin="0 9 * * * run\n").stdout


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("crontab", b"0 9 * * * caf\xe9\n", "(line 1): is not UTF-8 text"),
        ("crontab", b"\n0 9 * * * a\0b\n", "(line 2): has a NUL character"),
        ("eventbridge", b"{", "is not valid JSON"),
        ("eventbridge", b"", "must be a JSON object"),
        ("temporal", b"[1]", "must be a JSON object"),
        ("temporal", b"[" * 200_000, "is nested too deeply"),
    ],
)
def test_what_is_no_such_file_is_refused(cli: Cli, tmp_path: Path, kind: str, data: bytes, said: str) -> None:
    (tmp_path / "file").write_bytes(data)
    assert said in cli.fails(2, "import", kind, str(tmp_path / "file"))


def test_a_file_that_is_not_there_is_named(cli: Cli, tmp_path: Path) -> None:
    assert "none: No such file or directory" in cli.fails(2, "import", "crontab", str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--tz", "Mars/X", "'Mars/X' is not a known time zone; use an IANA name"),
        ("--tz", "", "'' is not a known time zone"),
        ("--agent", "", "must not be empty"),
        ("--agent", "  ", "must not be empty"),
    ],
)
def test_a_bad_option_of_crontab_is_named(cli: Cli, source: Path, option: str, value: str, said: str) -> None:
    message = cli.fails(2, "import", "crontab", str(source), option, value)
    assert option in message
    assert said in " ".join(message.split())


def test_an_agent_keeps_its_name_and_its_key_is_said(cli: Cli, source: Path) -> None:
    result = cli.run("import", "crontab", str(source), "--agent", "Ünder Score!")
    assert '- key: nder-score\n    name: "Ünder Score!"\n' in result.stdout
    assert "the agent's key is made of its name: `nder-score`, of `Ünder Score!`" in result.stderr


def test_a_second_random_delay_is_of_the_entries_below(cli: Cli) -> None:
    text = "RANDOM_DELAY=1\n0 9 * * * one\nRANDOM_DELAY=2\n0 9 * * * two\nRANDOM_DELAY=0\n0 9 * * * three\n"
    result = cli.run("import", "crontab", "-", stdin=text)
    spreads = [line.split()[1] for line in result.stdout.splitlines() if "spread_seconds" in line]
    assert spreads == ["60", "120"]
    assert "line 3: RANDOM_DELAY: cronie delays the entries below by the same" in result.stderr


def test_roles_keys_and_kept_ids_are_in_the_report(cli: Cli) -> None:
    (one, *_) = json.loads((CORPORA / "eventbridge" / "clock-changes.json").read_text("utf-8"))
    said = cli.run("import", "eventbridge", "-", stdin=json.dumps(one | {"KmsKeyArn": "arn:aws:kms:x"})).stderr
    assert "AWS invokes a as r; here an agent gets the input" in said
    assert "KmsKeyArn: not carried over" in said
    text = (CORPORA / "temporal" / "daily-cron.json").read_text("utf-8")
    kept = text.replace('"pauseOnFailure"', '"keepOriginalWorkflowId": true, "pauseOnFailure"')
    assert "keepOriginalWorkflowId: runs have ids" in cli.run("import", "temporal", "-", stdin=kept).stderr
