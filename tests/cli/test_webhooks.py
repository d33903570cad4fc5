"""`webhooks`: every command, over the API."""

from __future__ import annotations

from tests.support.cli import Cli
from tests.support.webhooks import URL, recorded, webhook

UNKNOWN = "whk_01JD0000000000000000000000"


def test_create_sends_every_option(cli: Cli) -> None:
    made = cli.json(
        "webhooks", "create", URL, "--event", "run.failed", "--event", "schedule.paused",
        "--agent", "agt_01JD0000000000000000000000", "--schedule", "sched_01JD0000000000000000000000",
        "--metadata", "team=news", "--metadata", "x=", "--format", "slack", "--include-output", "--all-users",
        "--description", "d",
    )  # fmt: skip
    assert made["secret"].startswith("whsec_")
    assert made | {
        "url": URL, "events": ["run.failed", "schedule.paused"], "agent_id": "agt_01JD0000000000000000000000",
        "schedule_id": "sched_01JD0000000000000000000000", "metadata": {"team": "news", "x": ""}, "format": "slack",
        "include_output": True, "all_users": True, "description": "d",
    } == made  # fmt: skip


def test_create_wants_a_url_or_poll(cli: Cli) -> None:
    assert cli.json("webhooks", "create", "--poll")["poll"] is True
    for arguments in (["webhooks", "create"], ["webhooks", "create", URL, "--poll"]):
        assert "give either the URL of the receiver or --poll" in cli.fails(2, *arguments)
    assert "url: must begin with https://" in cli.fails(4, "webhooks", "create", "http://example.com/")


def test_a_person_sees_the_secret_once(cli: Cli) -> None:
    shown = cli.run("webhooks", "create", URL).stdout
    assert "whsec_" in shown
    webhook_id = cli.listed("webhooks", "list")[0]["id"]
    assert "whsec_" not in cli.run("webhooks", "get", webhook_id).stdout
    assert "whsec_" in cli.run("webhooks", "rotate", webhook_id).stdout


def test_the_list_shows_the_state(cli: Cli) -> None:
    world = cli.api.world
    made = [webhook(world), webhook(world, events=["run.failed"]), webhook(world)]
    cli.json("webhooks", "update", made[0].key.webhook_id, "--disable")
    world.ports.store.webhooks.save(made[1].failing(world.clock()))
    lines = cli.run("webhooks", "list").stdout.splitlines()
    assert [word in line for word, line in zip(["enabled", "failing", "disabled (caller)"], lines[1:], strict=True)]
    assert "run.failed" in lines[2]
    assert "all but run.started" in lines[3]


def test_update_changes_and_clears(cli: Cli) -> None:
    made = webhook(cli.api.world, events=["run.failed"], description="d", metadata={"a": "b"})
    at = ("webhooks", "update", made.key.webhook_id)
    changed = cli.json(*at, "--url", "https://other.example/", "--event", "run.completed", "--no-output")
    assert (changed["url"], changed["events"]) == ("https://other.example/", ["run.completed"])
    cleared = cli.json(*at, "--unset", "events", "--unset", "description", "--unset", "metadata")
    assert (cleared["events"], cleared["description"], cleared["metadata"]) == (None, None, {})
    assert cli.json(*at, "--disable")["disabled_reason"] == "caller"
    assert cli.json(*at, "--enable")["enabled"] is True
    assert "at least one option" in cli.fails(2, *at)
    assert "cannot be cleared" in cli.fails(2, *at, "--unset", "url")
    assert "is given a value too" in cli.fails(2, *at, "--unset", "events", "--event", "run.failed")


def test_deliveries_are_listed_shown_and_replayed(cli: Cli) -> None:
    made = webhook(cli.api.world)
    over = recorded(cli.api.world, made, code=410)
    at = ("webhooks", "deliveries", made.key.webhook_id)
    table = cli.run(*at, "--status", "dead").stdout
    assert all(word in table for word in (over.key.delivery_id, "run.failed", "dead", "answered 410"))
    assert cli.listed(*at, "--status", "held") == []
    assert cli.json(*at, over.key.delivery_id)["attempts"][0]["status_code"] == 410
    again = cli.json("webhooks", "replay", made.key.webhook_id, over.key.delivery_id)
    assert again["replay_of"] == over.key.delivery_id


def test_a_test_event_is_sent(cli: Cli) -> None:
    made = webhook(cli.api.world)
    sent = cli.json("webhooks", "test", made.key.webhook_id)
    assert sent["event"]["type"] == "webhook.test"
    (message,) = cli.api.world.redeliveries.take_due()  # its receiver was not tried yet
    assert message.key.delivery_id == sent["id"]


def test_delete_removes_it(cli: Cli) -> None:
    made = webhook(cli.api.world)
    assert cli.json("webhooks", "delete", made.key.webhook_id)["deleted"] is True
    assert cli.listed("webhooks", "list") == []
    assert "no webhook" in cli.fails(4, "webhooks", "get", UNKNOWN)
