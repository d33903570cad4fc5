"""`webhooks`: send events to a URL, and see what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from agent_schedules_cli.api_client import webhooks_path
from agent_schedules_cli.commands.schedule_filters import pairs_of
from agent_schedules_cli.option_groups import grouped
from agent_schedules_cli.options import All, Limit, check_id, limit_of
from agent_schedules_cli.output import Json, print_item, print_list
from agent_schedules_cli.session import service

app = typer.Typer(no_args_is_help=True, help="Events sent to a URL.")

COLUMNS = {"id": "id", "url": "url", "events": "events", "state": "state", "description": "description"}
DELIVERIES = {
    "id": "id", "event": "type", "status": "status", "attempts": "number", "last answer": "last",
    "next attempt": "next_attempt_at",
}  # fmt: skip


class Form(StrEnum):
    """The form of a request's body."""

    standard = "standard"
    slack = "slack"


class DeliveryStatus(StrEnum):
    """The status of a delivery."""

    pending = "pending"
    delivered = "delivered"
    dead = "dead"
    held = "held"


WebhookId = Annotated[str, typer.Argument(help="Id of the webhook", show_default=False, callback=check_id)]
DeliveryId = Annotated[str, typer.Argument(help="Id of the delivery", show_default=False, callback=check_id)]


@dataclass(frozen=True)
class WebhookOptions:
    """The options that set fields of a webhook."""

    event: Annotated[
        list[str] | None,
        typer.Option("--event", metavar="<type>", help="A type of event that is sent, such as run.failed"),
    ] = None
    agent: Annotated[str | None, typer.Option("--agent", help="Only events of this agent", callback=check_id)] = None
    schedule: Annotated[
        str | None, typer.Option("--schedule", help="Only events of this schedule", callback=check_id)
    ] = None
    metadata: Annotated[
        list[str] | None,
        typer.Option("--metadata", metavar="<key>=<value>", help="Only events of schedules with this pair"),
    ] = None
    form: Annotated[Form | None, typer.Option("--format", help="The form of the requests' bodies")] = None
    include_output: Annotated[
        bool | None,
        typer.Option(
            "--include-output/--no-output", help="Whether ended runs come with their output", show_default=False
        ),
    ] = None
    description: Annotated[str | None, typer.Option("--description", help="Your own words")] = None

    def fields(self) -> dict[str, Any]:
        """Return the fields of a request; those that no option names are None. Raises BadParameter."""
        return {
            "events": self.event or None,
            "agent_id": self.agent,
            "schedule_id": self.schedule,
            "metadata": pairs_of(self.metadata),
            "format": self.form and self.form.value,
            "include_output": self.include_output,
            "description": self.description,
        }


@app.command()
@grouped
def create(
    ctx: typer.Context,
    url: Annotated[str | None, typer.Argument(help="URL of the receiver", show_default=False)] = None,
    poll: Annotated[bool, typer.Option("--poll", help="Without a receiver: only record deliveries, for a day")] = False,
    all_users: Annotated[
        bool, typer.Option("--all-users", help="Send the events of all the account's users too; not changed later")
    ] = False,
    *,
    chosen: WebhookOptions,
    as_json: Json = False,
) -> None:
    """Create a webhook. Its secret is shown now, and never again."""
    if (url is None) != poll:
        raise typer.BadParameter("give either the URL of the receiver or --poll")
    body = _given({"url": url, "poll": poll or None, "all_users": all_users or None} | chosen.fields())
    print_item(service(ctx).post(webhooks_path(), body), as_json=as_json)


@app.command("list")
def list_webhooks(ctx: typer.Context, limit: Limit = None, everything: All = False, as_json: Json = False) -> None:
    """List webhooks, newest first."""
    page = service(ctx).list_items(webhooks_path(), limit_of(limit, everything))
    rows = ({**one, "events": _listed(one["events"]), "state": _state(one)} for one in page.items)
    print_list(page, COLUMNS, as_json=as_json, rows=rows)


@app.command()
def get(ctx: typer.Context, webhook_id: WebhookId, as_json: Json = False) -> None:
    """Show a webhook, without its secret."""
    print_item(service(ctx).get(webhooks_path(webhook_id)), as_json=as_json)


@app.command()
@grouped
def update(
    ctx: typer.Context,
    webhook_id: WebhookId,
    url: Annotated[str | None, typer.Option("--url", help="URL of the receiver")] = None,
    *,
    chosen: WebhookOptions,
    enable: Annotated[
        bool | None, typer.Option("--enable/--disable", help="Start it again, or stop it", show_default=False)
    ] = None,
    unset: Annotated[
        list[str] | None,
        typer.Option("--unset", metavar="<field>", help="Clear events, agent_id, schedule_id, metadata or description"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Change some fields of a webhook, or enable it again."""
    body = _given({"url": url, "enabled": enable} | chosen.fields())
    for name in unset or ():
        if name not in {"events", "agent_id", "schedule_id", "metadata", "description"}:
            raise typer.BadParameter(f"--unset {name}: cannot be cleared")
        if name in body:
            raise typer.BadParameter(f"--unset {name}: is given a value too")
        body[name] = {} if name == "metadata" else None
    if not body:
        raise typer.BadParameter("give at least one option to change")
    print_item(service(ctx).post(webhooks_path(webhook_id), body), as_json=as_json)


@app.command()
def delete(ctx: typer.Context, webhook_id: WebhookId, as_json: Json = False) -> None:
    """Delete a webhook. Deliveries that wait are not sent."""
    print_item(service(ctx).delete(webhooks_path(webhook_id)), as_json=as_json)


@app.command()
def rotate(ctx: typer.Context, webhook_id: WebhookId, as_json: Json = False) -> None:
    """Make a new secret, and show it. The old one signs too for 24 hours."""
    print_item(service(ctx).post(webhooks_path(webhook_id, "rotate")), as_json=as_json)


@app.command("test")
def send_test(ctx: typer.Context, webhook_id: WebhookId, as_json: Json = False) -> None:
    """Send a test event."""
    print_item(service(ctx).post(webhooks_path(webhook_id, "test")), as_json=as_json)


@app.command()
def deliveries(
    ctx: typer.Context,
    webhook_id: WebhookId,
    delivery_id: Annotated[
        str | None, typer.Argument(help="Show only this delivery", show_default=False, callback=check_id)
    ] = None,
    status: Annotated[DeliveryStatus | None, typer.Option("--status", help="Only deliveries with this status")] = None,
    limit: Limit = None,
    everything: All = False,
    as_json: Json = False,
) -> None:
    """List the deliveries of a webhook, newest first, or show one."""
    api = service(ctx)
    if delivery_id is not None:
        print_item(api.get(webhooks_path(webhook_id, "deliveries", delivery_id)), as_json=as_json)
        return
    query = {} if status is None else {"status": status.value}
    page = api.list_items(webhooks_path(webhook_id, "deliveries"), limit_of(limit, everything), **query)
    rows = (
        {**one, "type": one["event"]["type"], "number": len(one["attempts"]), "last": _last(one["attempts"])}
        for one in page.items
    )
    print_list(page, DELIVERIES, as_json=as_json, rows=rows)


@app.command()
def replay(ctx: typer.Context, webhook_id: WebhookId, delivery_id: DeliveryId, as_json: Json = False) -> None:
    """Send the event of a delivery that is over once more, as a new delivery."""
    print_item(service(ctx).post(webhooks_path(webhook_id, "deliveries", delivery_id, "replay")), as_json=as_json)


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _listed(events: list[str] | None) -> str:
    return "all but run.started" if events is None else ", ".join(events)


def _state(one: dict[str, Any]) -> str:
    if not one["enabled"]:
        return f"disabled ({one['disabled_reason']})"
    return "failing" if one["failing_since"] else "enabled"


def _last(attempts: list[dict[str, Any]]) -> str | None:
    return (attempts[-1]["error"] or str(attempts[-1]["status_code"])) if attempts else None
