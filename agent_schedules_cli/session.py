"""The start of every command: which service, which key, and the environment that tests replace."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from agent_schedules_cli.api_client import ApiClient
from agent_schedules_cli.errors import WRONG_USE, Failure
from agent_schedules_cli.transport import Transport, is_loopback, over_network

LOCAL_URL, LOCAL_KEY = "http://127.0.0.1:8000", "local"
_URL = re.compile(r"https?://[\x21-\x7e]+")
_HEADER = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")

Url = Annotated[
    str | None,
    typer.Option("--url", envvar="AGENT_SCHEDULES_URL", show_default=LOCAL_URL, help="URL of the service"),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        envvar="AGENT_SCHEDULES_KEY",
        show_default=False,
        help="API key; a local service has the default `local`. Other users of a machine can read command lines, so "
        "prefer the variable, or `--key -`, which prompts for the key",
    ),
]
User = Annotated[
    str | None,
    typer.Option("--on-behalf-of", envvar="AGENT_SCHEDULES_ON_BEHALF_OF", help="End user to act for"),
]


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"agent-schedules {version('agent-schedules')}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", help="Print the version and exit", is_eager=True, callback=_print_version)
]


def _aws_client(service: str) -> Any:
    from agent_schedules_cli.aws import client

    return client(service)


@dataclass(frozen=True)
class Environment:
    """The network, AWS and the clocks."""

    transport: Transport = over_network
    aws: Callable[[str], Any] = _aws_client
    """Returns the client of an AWS service."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class Session:
    """One call of the command line."""

    url: str | None = None
    """The service's URL, if the user gave one."""
    key: str | None = None
    on_behalf_of: str | None = None
    environment: Environment = field(default_factory=Environment)

    def api(self, default_url: str = LOCAL_URL, *, anonymous: bool = False) -> ApiClient:
        """Return a client of the service, at `default_url` unless the user gave a URL. Raises BadParameter."""
        url = self.url or default_url
        key = None if anonymous else self._key_for(url)
        return ApiClient(url, key, self.on_behalf_of, transport=self.environment.transport)

    def _key_for(self, url: str) -> str:
        if self.key is not None:
            return self.key
        if is_loopback(url):
            return LOCAL_KEY
        raise typer.BadParameter(f"{url} needs an API key: set AGENT_SCHEDULES_KEY, or give `--key -`")


def begin(
    ctx: typer.Context, url: Url = None, key: Key = None, on_behalf_of: User = None, version: Version = False
) -> None:
    """Schedule saved LLM agents: preview timings, manage schedules, follow runs, check a deployment."""
    del version  # its callback has ended the command
    if key == "-":
        key = _asked_key()
    if url is not None and not _is_url(url):
        raise typer.BadParameter("must be a URL such as https://host", param_hint="--url")
    for hint, value in (("--key", key), ("--on-behalf-of", on_behalf_of)):
        if value is not None and not _HEADER.fullmatch(value):
            raise typer.BadParameter("must be printable ASCII without a leading or trailing blank", param_hint=hint)
    environment = ctx.obj if isinstance(ctx.obj, Environment) else Environment()
    ctx.obj = Session(url.rstrip("/") if url else None, key, on_behalf_of, environment)


def service(ctx: typer.Context) -> ApiClient:
    """Return a client of the command's service."""
    session: Session = ctx.obj
    return session.api()


def _asked_key() -> str:
    try:
        return str(typer.prompt("API key", hide_input=True, err=True))
    except typer.Abort:  # the end of the input, or Ctrl-C
        raise Failure(
            "No key came on standard input: type it at the prompt, or set AGENT_SCHEDULES_KEY", WRONG_USE
        ) from None


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(_URL.fullmatch(text) and parts.hostname and not parts.query and not parts.fragment)
