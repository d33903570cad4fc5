"""Policies from the command line: each option on create, update and preview, and how an update combines them."""

from __future__ import annotations

from typing import Any

import pytest

from agent_schedules_cli.commands.policy_options import Policy
from tests.api.test_policies import DEFAULTS
from tests.support.api import HOURLY
from tests.support.cli import Cli
from tests.support.lines import LONG, SHORT, STEP

OPTIONS: dict[str, tuple[list[str], Any]] = {
    "start_at": (["--start-at", "2026-03-03T09:00"], "2026-03-03T09:00:00.000Z"),
    "end_at": (["--end-at", "2026-12-31T00:00:00+01:00"], "2026-12-30T23:00:00.000Z"),
    "exclude": (
        ["--exclude", "2026-03-04", "--exclude", "2026-12-24/2027-01-02"],
        ["2026-03-04", "2026-12-24/2027-01-02"],
    ),
    "max_runs": (["--max-runs", "9"], 9),
    "spread_seconds": (["--spread", "60"], 60),
    "overlap": (["--overlap", "queue_one"], "queue_one"),
    "misfire": (["--misfire", "skip"], "skip"),
    "misfire_grace_seconds": (["--grace", "0"], 0),
    "timeout_seconds": (["--timeout", "600"], 600),
    "run_retention_days": (["--retention", "7"], 7),
    "alert_after_seconds": (["--alert-after", "7200"], 7200),
}
EVERY = [argument for arguments, _ in OPTIONS.values() for argument in arguments]
ALL = {name: value for name, (_, value) in OPTIONS.items()}
PREVIEW = "/api/v1/schedules/preview"


def create(cli: Cli, *arguments: str) -> dict[str, Any]:
    made: dict[str, Any] = cli.json("schedules", "create", cli.api.agent, "--every", "3600", "--input", "x", *arguments)
    return made


def update(cli: Cli, schedule: dict[str, Any], *arguments: str) -> Any:
    return cli.json("schedules", "update", cli.api.agent, schedule["id"], *arguments)["policies"]


def test_every_policy_has_an_option() -> None:
    assert {policy.name for policy in Policy} == set(DEFAULTS) == set(OPTIONS)
    assert {option for option in EVERY if option.startswith("--")} == {f"--{policy}" for policy in Policy}


def test_a_create_sends_only_the_named_policies(cli: Cli) -> None:
    assert create(cli)["policies"] == DEFAULTS
    assert create(cli, *EVERY)["policies"] == ALL


@pytest.mark.parametrize("name", OPTIONS)
def test_an_update_changes_the_named_policy_and_keeps_the_rest(cli: Cli, name: str) -> None:
    arguments, value = OPTIONS[name]
    plain, full = create(cli), create(cli, *EVERY)
    assert update(cli, plain, *arguments) == DEFAULTS | {name: value}
    assert update(cli, full, "--unset", Policy[name].value) == ALL | {name: DEFAULTS[name]}
    assert update(cli, full, *arguments) == ALL
    assert update(cli, full, "--no-policies", *arguments) == DEFAULTS | {name: value}


def test_no_policies_sets_all_back(cli: Cli) -> None:
    assert update(cli, create(cli, *EVERY), "--no-policies") == DEFAULTS


def test_an_update_of_other_fields_keeps_the_policies(cli: Cli) -> None:
    made = create(cli, *EVERY)
    assert update(cli, made, "--name", "n") == ALL
    assert update(cli, made, "--tz", "Asia/Tokyo") == ALL


def test_an_update_leaves_the_deployment_its_values(cli: Cli) -> None:
    made = create(cli, "--spread", "5")
    update(cli, made, "--overlap", "skip")
    cli.api.world.with_limits(misfire_grace=7, run_timeout=77, run_retention_days=5)
    shown = cli.api.get(f"{cli.api.schedules}/{made['id']}")["policies"]
    assert (shown["misfire_grace_seconds"], shown["timeout_seconds"], shown["run_retention_days"]) == (7, 77, 5)


@pytest.mark.parametrize("arguments", [["--overlap", "skip"], ["--tz", "Asia/Tokyo"], ["--no-policies"]])
def test_an_update_is_refused_if_another_came_between(cli: Cli, arguments: list[str]) -> None:
    made = create(cli, "--spread", "5")
    path = f"{cli.api.schedules}/{made['id']}"
    send, between = cli.transport.handle_request, [{"name": "other"}]

    def interrupted(request: Any) -> Any:
        if request.method == "POST" and between:
            cli.api.post(path, between.pop())
        return send(request)

    cli.transport.handle_request = interrupted  # type: ignore[method-assign]  # another caller, right before ours
    assert '"g2"' in cli.fails(4, "schedules", "update", cli.api.agent, made["id"], *arguments)
    assert cli.api.get(path)["policies"] == made["policies"]


def test_a_person_sees_the_policies_in_words(cli: Cli) -> None:
    made = create(cli, *EVERY)
    printed = cli.run("schedules", "get", cli.api.agent, made["id"]).stdout
    (line,) = [line for line in printed.splitlines() if line.startswith("policies")]
    assert line.split(maxsplit=1)[1].strip() == (
        "start-at 2026-03-03T09:00:00.000Z, end-at 2026-12-30T23:00:00.000Z, exclude 2026-03-04 2026-12-24/2027-01-02, "
        "max-runs 9, spread 60 s, overlap queue_one, misfire skip, grace 0 s, timeout 600 s, "
        "retention 7 days, alert-after 7200 s"
    )


def test_a_local_preview_takes_the_same_options(cli: Cli) -> None:
    cli.transport.requests.clear()
    shown = cli.json("preview", "--every", "3600", *EVERY, "--count", "30")
    assert cli.transport.requests == []
    body = {"schedule": HOURLY, "count": 30, "policies": ALL}
    assert shown == cli.api.post(PREVIEW, body)


@pytest.mark.parametrize(
    ("arguments", "policies"),
    [
        (["--exclude", "tomorrow"], {"exclude": ["tomorrow"]}),
        (["--spread", "901"], {"spread_seconds": 901}),
        (["--end-at", "2020-01-01T00:00"], {"end_at": "2020-01-01T00:00:00"}),
    ],
)
def test_a_local_preview_refuses_in_the_service_s_words(
    cli: Cli, arguments: list[str], policies: dict[str, Any]
) -> None:
    words = cli.api.refused("POST", PREVIEW, {"schedule": HOURLY, "policies": policies}, status=400)
    assert cli.fails(2, "preview", "--every", "3600", *arguments) == f"agent-schedules: {words}\n"


def test_a_person_sees_what_is_excluded_and_when_it_runs(cli: Cli) -> None:
    daily = ["preview", "0 9 * * *", "--count", "2"]
    assert "skipped" not in cli.run(*daily).stdout
    lines = cli.run(*daily, "--exclude", "2026-03-03", "--spread", "60").stdout.splitlines()
    assert lines[2].split() == ["local", "time", "UTC", "clocks", "runs", "at", "skipped"]
    assert lines[3].endswith("excluded")
    assert "later, which depends on the id" in lines[4]


def test_a_schedule_s_own_preview_shows_effective_times(cli: Cli) -> None:
    made = create(cli, "--spread", "900", "--exclude", "2026-03-03")
    arguments = ["schedules", "preview", cli.api.agent, made["id"], "--count", "20"]
    shown = cli.json(*arguments)
    assert shown == cli.api.get(f"{cli.api.schedules}/{made['id']}/preview?count=20")
    printed = cli.run(*arguments).stdout
    assert shown["occurrences"][0]["effective_at"] in printed
    assert printed.count("excluded") == len([one for one in shown["occurrences"] if one["skipped"]]) > 0


def test_why_names_the_run_that_was_open(cli: Cli) -> None:
    api = cli.api
    api.world.gateway.polls = LONG
    made = api.create(SHORT, policies={"overlap": "queue_one", "exclude": ["2026-03-03"]})
    api.world.pass_time(3 * STEP + 5)
    found = api.get(f"{api.schedules}/{made['id']}/occurrences?order=asc")["data"]

    def why(time: str) -> str:
        return cli.run("occurrences", "why", api.agent, made["id"], time).stdout.strip()

    opened, waiting, skipped = (one["scheduled_for"] for one in found)
    run, queued = found[0]["run_id"], found[1]["run_id"]
    assert why(opened).startswith(f"{opened} ran: {run} is ")
    assert why(waiting) == f"{waiting} is to run: {queued} waits for another run of the schedule to end."
    assert why(skipped) == f"{skipped} was skipped: another run of the schedule was open ({run})."
    excluded = "2026-03-03T00:00:00.000Z"
    assert why(excluded) == f"{excluded} was skipped: its date is excluded."
