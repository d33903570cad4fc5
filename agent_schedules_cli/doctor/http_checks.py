"""What `doctor` asks over HTTP: the gateway, without spending a token, and the API itself."""

from __future__ import annotations

from collections.abc import Iterator

from agent_schedules_cli.api_client import Api, at
from agent_schedules_cli.doctor.checks import Check, fail, ok
from agent_schedules_cli.errors import Failure
from agent_schedules_cli.transport import NotReached, Request, Transport, Unanswered, over_network

NOBODY = "resp_00000000000000000000000000000000"
PATIENCE = 20.0  # seconds


def gateway_check(url: str, key: str | None, transport: Transport = over_network) -> Check:
    """Whether a Responses API is there and knows the key: it is asked for a response that nobody has."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        status = transport(Request("GET", f"{url}/responses/{NOBODY}", PATIENCE, headers)).status
    except (NotReached, Unanswered) as error:
        return fail("gateway", f"{url} cannot be reached from here ({error}): check GatewayUrl")
    if status in {401, 403}:
        return fail("gateway", f"{url} refuses its key ({status}): put a valid one into the secret")
    if status in {200, 400, 404}:
        return ok("gateway", f"{url} answers and accepts its key")
    return fail("gateway", f"{url} answers {status}: check GatewayUrl, and the gateway itself")


def api_checks(api: Api, *, with_key: bool) -> Iterator[Check]:
    """Whether the API is up, and whether it knows the key if there is one."""
    try:
        api.healthy()
        yield ok("api", f"{api.url} is up")
    except Failure as failure:
        yield fail("api", str(failure))
        return
    if not with_key:
        return
    try:
        api.listed(at(), 1)
        yield ok("key", "the API knows your key")
    except Failure as failure:
        yield fail("key", f"{failure}")
