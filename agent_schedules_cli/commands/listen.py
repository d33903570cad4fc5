"""`listen`: print events as they come, and forward them."""

from __future__ import annotations

import json
import select
import sys
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from agent_schedules_cli.commands.listening import listening
from agent_schedules_cli.errors import say
from agent_schedules_cli.options import check_id
from agent_schedules_cli.output import Json, print_json, print_line
from agent_schedules_cli.session import Environment, Session
from agent_schedules_cli.signals import orderly
from agent_schedules_cli.transport import NotReached, Request, Unanswered

SECONDS = 10.0
"""That a receiver has for its answer, as it has for a delivery."""
PLAIN_HOSTS = {"127.0.0.1", "localhost"}
"""The hosts for which http is enough."""
SUBJECTS = ("agent_id", "schedule_id", "run_id", "webhook_id")
DETAILS = ("error_code", "cause", "reason", "after", "count", "scheduled_for")


def _types(text: str | None) -> list[str] | None:
    """Return the types in a list with commas."""
    if text is None:
        return None
    types = [part.strip() for part in text.split(",")]
    if not all(types):
        raise typer.BadParameter("must be types with commas between them, such as run.failed,occurrence.missed")
    return types


def _url(text: str | None) -> str | None:
    """Return a URL that events may be sent to."""
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username is not None or parts.fragment or not (text.isascii() and text.isprintable()):
        raise typer.BadParameter("must be a URL such as http://127.0.0.1:3000/hook, without a password or a fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in PLAIN_HOSTS):
        raise typer.BadParameter("must begin with https://, or with http://127.0.0.1 or http://localhost")
    return text


def listen(
    ctx: typer.Context,
    events: Annotated[
        str | None,
        typer.Option(
            "--events",
            metavar="<types>",
            help="Only these types of event, with commas; all but run.started by default",
        ),
    ] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="Only events of this agent", callback=check_id)] = None,
    forward_to: Annotated[
        str | None,
        typer.Option("--forward-to", metavar="<url>", help="Also send each event to this URL", callback=_url),
    ] = None,
    count: Annotated[int | None, typer.Option("--count", min=1, help="Stop after so many events")] = None,
    as_json: Json = False,
) -> None:
    """Print events as they come, until Ctrl-C or --count.

    With --forward-to each one is also sent to a URL, once, signed with the secret that is printed at the start.

    Makes a webhook without a URL, and deletes it at the end.
    """
    session: Session = ctx.obj
    environment = session.environment
    wanted = {name: value for name, value in {"events": _types(events), "agent_id": agent}.items() if value is not None}
    shown = 0
    with orderly(), listening(session.api(), wanted, lambda: environment.now().timestamp()) as listener:
        say("Listening. Ctrl-C stops it")
        if forward_to is not None:
            say(f"Forwarding to {forward_to}. Secret: {listener.secret}")
        for event in listener.events(environment.sleep, _reader_gone):
            result = None if forward_to is None else _forwarded(environment, forward_to, listener.secret, event)
            if as_json:
                print_json(event, line=True)
                if result is not None:
                    say(f"{event['id']} -> {result}")
            else:
                print_line([*_cells(event), *([] if result is None else [f"-> {result}"])])
            shown += 1
            if shown == count:
                return


def _cells(event: dict[str, Any]) -> list[str]:
    data = event["data"]
    subjects = [data[name] for name in SUBJECTS if data.get(name)]
    details = [f"{name}={data[name]}" for name in DETAILS if data.get(name) is not None]
    return [event["timestamp"], event["type"], *subjects, *details]


def _forwarded(environment: Environment, url: str, secret: str, event: dict[str, Any]) -> str:
    """Send an event as a delivery is sent. Returns the status of the answer, or why there is none."""
    from agent_schedules.domain.webhook_signatures import headers_with

    body = json.dumps(event, separators=(",", ":")).encode()
    signed = headers_with(secret, event_id=event["id"], body=body, now=environment.now())
    headers = {"Content-Type": "application/json", "User-Agent": "agent-schedules", **signed}
    try:
        return str(environment.transport(Request("POST", url, SECONDS, SECONDS, headers=headers, body=body)).status)
    except (NotReached, Unanswered) as error:
        return f"no answer ({error})"


def _reader_gone() -> bool:
    """Whether standard output is a pipe that nothing reads any more. A write would tell too, but none may follow."""
    if not hasattr(select, "poll"):  # Windows
        return False
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(happened & select.POLLERR for _, happened in poll.poll(0))
