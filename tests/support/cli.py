"""The command line in this process, over the real app and a world in memory."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from unittest.mock import patch

import httpx
from typer.main import get_command
from typer.testing import CliRunner, Result

from agent_schedules_cli.app import app
from agent_schedules_cli.session import Environment
from agent_schedules_cli.transport import Answer, NotReached, Request, Transport, Unanswered
from tests.support.api import Api

# Typer would build all commands for each call, which takes longer than most commands.
patch("typer.testing._get_command", cache(get_command)).start()

ENVIRON = {
    "AGENT_SCHEDULES_URL": None, "AGENT_SCHEDULES_KEY": None, "AGENT_SCHEDULES_ON_BEHALF_OF": None, "COLUMNS": None,
}  # fmt: skip


class AppTransport(httpx.BaseTransport):
    """httpx requests answered by the app, without a network."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        headers = dict(request.headers)
        del headers["host"]
        answer = self._api.client.request(
            request.method, request.url.raw_path.decode(), content=request.read(), headers=headers
        )
        return httpx.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)


def over(transport: httpx.BaseTransport) -> Transport:
    """Return a transport of the command line that sends through one of httpx, as tests write them."""

    def send(request: Request) -> Answer:
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=request.body)
        try:
            answer = transport.handle_request(sent)
        except httpx.ConnectError as error:
            raise NotReached(str(error)) from error
        except httpx.HTTPError as error:
            raise Unanswered(str(error)) from error
        return Answer(answer.status_code, dict(answer.headers), answer.read())

    return send


class Cli:
    """`agent-schedules` in this process. Time passes when it sleeps, and the worker works then."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.transport = AppTransport(api)
        self.environment = Environment(
            transport=over(self.transport),
            aws=self._no_aws,
            now=lambda: api.world.clock.moment,
            sleep=self._sleep,
            monotonic=lambda: float(api.world.now),
        )
        self.environ: dict[str, str | None] = dict(ENVIRON)

    def run(self, *arguments: str, stdin: str | None = None) -> Result:
        """Run a command; an unexpected error is raised."""
        return CliRunner().invoke(
            app, arguments, input=stdin, env=self.environ, obj=self.environment, catch_exceptions=False
        )

    def json(self, *arguments: str, stdin: str | None = None) -> Any:
        """Return its output with `--json`, and require success."""
        result = self.run(*arguments, "--json", stdin=stdin)
        assert result.exit_code == 0, result.output
        return self.parsed(result.stdout)

    def listed(self, *arguments: str) -> Any:
        """Return the items of a list with `--json`."""
        found = self.json(*arguments)
        assert found["object"] == "list"
        return found["data"]

    @staticmethod
    def parsed(printed: str) -> Any:
        """Return the printed JSON."""
        return json.loads(printed)

    def fails(self, code: int, *arguments: str) -> str:
        """Return its standard error, and require that exit code and no output."""
        result = self.run(*arguments)
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        return result.stderr

    def _sleep(self, seconds: float) -> None:
        self.api.world.pass_time(max(int(seconds), 1))

    @staticmethod
    def _no_aws(service: str) -> Any:
        raise AssertionError(f"{service} is not for this command")
