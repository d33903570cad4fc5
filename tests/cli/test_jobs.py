"""`schedules bulk`, `pause-all` and `resume-all`, and `jobs`."""

from __future__ import annotations

from typing import Any

from tests.support.cli import Cli


def many(cli: Cli, number: int, **body: Any) -> None:
    for _ in range(number):
        cli.api.create(**body)
    cli.api.world.clock.advance(1)
    cli.api.world.queue.messages.clear()


def statuses(cli: Cli) -> set[str]:
    return {one["status"] for one in cli.api.get(f"{cli.api.schedules}?limit=100")["data"]}


def test_bulk_counts_and_asks_before_it_changes(cli: Cli) -> None:
    many(cli, 2)
    refused = cli.run("schedules", "bulk", "pause", stdin="n\n")
    assert "Pause 2 schedules?" in refused.stderr
    assert (refused.exit_code, statuses(cli)) == (2, {"active"})
    agreed = cli.run("schedules", "bulk", "pause", "--reason", "r", stdin="y\n")
    assert (agreed.exit_code, statuses(cli)) == (0, {"paused"})
    assert "changed" in agreed.stdout


def test_bulk_without_an_answer_changes_nothing(cli: Cli) -> None:
    many(cli, 1)
    assert "nothing was done" in cli.run("schedules", "bulk", "delete").stderr
    assert statuses(cli) == {"active"}


def test_a_dry_run_only_counts(cli: Cli) -> None:
    many(cli, 3)
    found = cli.json("schedules", "bulk", "delete", "--dry-run", "--yes")
    assert (found["dry_run"], found["matched"], statuses(cli)) == (True, 3, {"active"})


def test_bulk_takes_every_condition(cli: Cli) -> None:
    many(cli, 1, name="a1", metadata={"team": "a"})
    many(cli, 1, name="b1", metadata={"team": "b"})
    wanted = ("--agent", cli.api.agent, "--status", "active", "--name", "a", "--metadata", "team=a")
    job = cli.json("schedules", "bulk", "pause", *wanted, "--next-run-before", "2026-03-03T00:00Z", "--yes")
    assert job["filter"] == {
        "agent_id": cli.api.agent, "status": "active", "name": "a", "metadata": {"team": "a"},
        "next_run_before": "2026-03-03T00:00:00.000Z",
    }  # fmt: skip
    assert job["changed"] == 1
    assert cli.json("schedules", "bulk", "pause", "--last-run-status", "failed", "--yes")["matched"] == 0


def test_bulk_updates_with_json(cli: Cli) -> None:
    many(cli, 2)
    job = cli.json("schedules", "bulk", "update", "--update", '{"metadata": {"a": "b"}}', "--yes")
    assert job["changed"] == 2
    assert "JSON object" in cli.fails(2, "schedules", "bulk", "update", "--update", "[]", "--yes")
    assert "<key>=<value>" in cli.fails(2, "schedules", "bulk", "pause", "--metadata", "a", "--yes")
    assert "update" in cli.fails(4, "schedules", "bulk", "update", "--yes")


def test_it_waits_for_the_end_unless_told_not_to(cli: Cli) -> None:
    many(cli, 130)
    begun = cli.json("schedules", "bulk", "pause", "--yes", "--no-wait")
    assert begun["status"] == "running"
    assert cli.json("jobs", "cancel", begun["id"])["status"] == "cancelling"
    cli.api.world.work()
    assert cli.json("jobs", "show", begun["id"])["status"] == "cancelled"
    job = cli.json("schedules", "bulk", "pause", "--yes")
    assert (job["status"], job["matched"]) == ("completed", 130)
    assert [one["id"] for one in cli.listed("jobs", "list")] == [job["id"], begun["id"]]


def test_pause_all_and_resume_all_ask_and_undo(cli: Cli) -> None:
    many(cli, 2)
    assert "nothing was done" in cli.run("schedules", "pause-all").stderr
    job = cli.json("schedules", "pause-all", "--reason", "Incident", "--yes")
    assert (job["changed"], statuses(cli)) == (2, {"paused"})
    assert cli.json("schedules", "resume-all", "--job", job["id"], "--yes")["changed"] == 2
    assert cli.json("schedules", "resume-all", "--yes")["matched"] == 0
    assert statuses(cli) == {"active"}


def test_a_job_with_failures_exits_with_1(cli: Cli) -> None:
    many(cli, 1, spec={"type": "once", "run_at": "2026-03-02T10:05:00Z"})
    cli.json("schedules", "bulk", "pause", "--yes")
    cli.api.world.clock.advance(600)
    ended = cli.run("schedules", "bulk", "resume", "--yes")
    assert ended.exit_code == 1
    assert "errors" in ended.stdout
