"""Every problem of a file is named with its path and line."""

from __future__ import annotations

import pytest

from agent_schedules_cli.fleet_file.checks import MOST_SHOWN, check
from agent_schedules_cli.fleet_file.problems import InvalidFile
from agent_schedules_cli.fleet_file.yaml_reader import read_yaml

FILE = """version: 1
agents:
  - key: reporter
    name: Reporter
    model: auto
    schedules:
      - key: daily
        input: Hello
        schedule:
          type: cron
          cron_expression: "0 9 * * *"
"""


def problems(text: str) -> list[str]:
    """The problems of a file."""
    with pytest.raises(InvalidFile) as raised:
        check(*read_yaml(text.encode()))
    return [str(problem) for problem in raised.value.problems]


def test_a_whole_file_is_read() -> None:
    file = check(*read_yaml(FILE.encode()))
    assert [(agent.key, [one.key for one in agent.schedules]) for agent in file.agents] == [("reporter", ["daily"])]


@pytest.mark.parametrize(
    ("instead_of", "written", "said"),
    [
        ('"0 9 * * *"', '"0 9 * *"', "schedule.cron_expression (line 11): 4 fields, must be 5"),
        ('"0 9 * * *"', "0900", "schedule.cron_expression (line 11): must be a string"),
        ("cron_expression", "cron", "schedule.cron_expression (line 9): is required"),
        ("type: cron", "type: crn", "schedule.type (line 10): must be one of 'once', 'interval', 'cron'"),
        ("type: cron", "type: on", "schedule.type (line 10): must be one of"),
        ('"0 9 * * *"', '"0 9 30 2 *"', "schedule.cron_expression (line 11): '0 9 30 2 *' never occurs"),
        ("input: Hello", "input: 0900", "input (line 8): must be a string or an array of objects"),
        ("input: Hello", "inputs: Hello", "inputs (line 8): is not a field of this format; remove it"),
        ("key: daily", "key: Daily report", "key (line 7): must be 1-63 of the characters a-z"),
        ("key: daily", "key: daily\n        paused: yes", "paused (line 8): must be true or false"),
        (
            "input: Hello",
            "input: Hello\n        policies: {exclude: [2026-12-24, 2026-02-30]}",
            "policies.exclude[1] (line 9): 2026-02-30 is not in the calendar",
        ),
        (
            "input: Hello",
            "input: Hello\n        policies: {exclude: [2026-12-24, 2026-12-24]}",
            "policies.exclude[1] (line 9): 2026-12-24 occurs twice",
        ),
        (
            '"0 9 * * *"',
            '"0 9 * * *"\n          timezone: Lisbon',
            "schedule.timezone (line 12): 'Lisbon' is not a known time zone",
        ),
        ("input: Hello", "input: Hello\n        metadata: {cron: 1}", "metadata.cron (line 9): must be a string"),
    ],
)
def test_a_problem_names_its_path_and_line(instead_of: str, written: str, said: str) -> None:
    text = FILE.replace(instead_of, written, 1)
    assert text != FILE
    assert any(found.startswith(f"agents[0].schedules[0].{said}") for found in problems(text)), problems(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 2\nagents: []", "version (line 1): must be 1"),
        ("agents: []", "version (line 1): is required"),
        ("version: 1", "agents (line 1): is required"),
        ("version: 1\nagents: {}", "agents (line 2): must be an array"),
        ("[]", "file (line 1): must be an object"),
        ("version: 1\nagents:\n  - key: a\n    name: A\n    model: x\n    top: 1", "agents[0].top (line 6): is not a"),
    ],
)
def test_the_outer_members_are_checked(text: str, said: str) -> None:
    assert problems(text)[0].startswith(said)


def test_keys_that_occur_twice_are_refused() -> None:
    schedule = "\n".join(FILE.splitlines()[6:])
    text = f"{FILE}{schedule}\n" + "\n".join(FILE.splitlines()[2:5])
    assert problems(text) == [
        "agents[0].schedules[1].key (line 12): daily is the key of schedules[0] of this agent too; choose another",
        "agents[1].key (line 17): reporter is the key of agents[0] too; choose another",
    ]


def test_all_problems_are_shown_up_to_a_number() -> None:
    text = "version: 1\nagents:\n" + "  - key: _\n    name: A\n    model: x\n" * 30
    found = problems(text)
    assert len(found) == MOST_SHOWN + 1
    assert found[-1] == "file: 10 more problems are not shown"


def test_a_time_that_has_passed_is_no_problem_of_the_file() -> None:
    text = FILE.replace("type: cron", "type: once").replace(
        'cron_expression: "0 9 * * *"', "run_at: 2020-01-01T00:00:00Z"
    )
    check(*read_yaml(text.encode()))
