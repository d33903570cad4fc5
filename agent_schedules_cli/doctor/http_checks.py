"""The checks over HTTP: of the gateway, without spending a token, and of the API."""

from __future__ import annotations

from collections.abc import Iterator

from agent_schedules_cli.api_client import ApiClient, agents_path
from agent_schedules_cli.doctor.checks import Check, fail, ok
from agent_schedules_cli.errors import Failure
from agent_schedules_cli.transport import NotReached, Request, Transport, Unanswered, over_network

NO_RESPONSE = "resp_00000000000000000000000000000000"
STEP_SECONDS, TOTAL_SECONDS = 10.0, 20.0


def gateway_check(url: str, key: str | None, transport: Transport = over_network) -> Check:
    """Check that a Responses API accepts the key, by asking for a response that does not exist."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        status = transport(
            Request("GET", f"{url}/responses/{NO_RESPONSE}", STEP_SECONDS, TOTAL_SECONDS, headers)
        ).status
    except (NotReached, Unanswered) as error:
        return fail("gateway", f"{url} cannot be reached from here ({error}): check GatewayUrl")
    if status in {401, 403}:
        return fail("gateway", f"{url} refuses its key ({status}): put a valid key into the secret")
    if status in {200, 400, 404}:
        return ok("gateway", f"{url} answers and accepts its key")
    return fail("gateway", f"{url} answers {status}: check GatewayUrl, and the gateway itself")


def api_checks(api: ApiClient, *, with_key: bool) -> Iterator[Check]:
    """Check that the API is up and, if there is a key, that it accepts the key."""
    try:
        api.check_health()
        yield ok("api", f"{api.url} is up")
    except Failure as failure:
        yield fail("api", str(failure))
        return
    if not with_key:
        return
    try:
        api.list_items(agents_path(), 1)
        yield ok("key", "the API accepts your key")
    except Failure as failure:
        yield fail("key", str(failure))
