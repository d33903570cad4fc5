"""Read a server through the vendor's SDK, the extra `mka1`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from agent_schedules_cli.errors import REFUSED, UNANSWERED, Failure

PAGE = 100  # the most that a list shows
FARTHEST = 10_000  # the largest offset of the vendor's API


class SdkSource:
    """A server, with one key."""

    def __init__(self, url: str, key: str, on_behalf_of: str | None) -> None:
        from meetkai_mka1 import SDK
        from meetkai_mka1.utils import BackoffStrategy, RetryConfig

        # A busy server is asked again, because a read can be repeated. One that is not there is named at once.
        patience = RetryConfig("backoff", BackoffStrategy(500, 5_000, 1.5, 30_000), retry_connection_errors=False)
        self._url, self._user = url, on_behalf_of
        self._sdk = SDK(server_url=url, bearer_auth=key, timeout_ms=30_000, retry_config=patience)

    def agents(self) -> tuple[list[dict[str, Any]], bool]:
        """Return the agents that are not deleted, and whether these are all. Raises Failure."""
        found: list[dict[str, Any]] = []
        while len(found) <= FARTHEST:
            listed = partial(self._sdk.agents.list_agents, limit=PAGE, x_on_behalf_of=self._user)
            page = self._asked(partial(listed, offset=len(found)))
            found += [one.model_dump(mode="json", by_alias=True) for one in page.data]
            if not page.has_more or not page.data:
                return found, True
        return found, False

    def schedules(self, agent_id: str) -> tuple[list[dict[str, Any]], bool]:
        """Return an agent's schedules, and whether these are all: the list has no second page, but two ends."""
        listed = partial(
            self._sdk.agent_schedules.list_agent_schedules,
            agent_id=agent_id,
            limit=PAGE,
            x_on_behalf_of=self._user,
        )
        newest = self._asked(partial(listed, order="desc"))
        oldest = self._asked(partial(listed, order="asc")) if newest.has_more else newest
        found = {one.id: one.model_dump(mode="json", by_alias=True) for one in [*newest.data, *oldest.data]}
        ends_meet = len(found) < len(newest.data) + len(oldest.data)
        return list(found.values()), ends_meet or not newest.has_more

    def _asked(self, call: Callable[[], Any]) -> Any:
        from httpx import HTTPError
        from meetkai_mka1 import errors

        try:
            return call()
        except errors.SDKError as error:
            status = error.status_code
            code = REFUSED if 400 <= status < 500 else UNANSWERED
            raise Failure(f"{self._url} answered {status}: {str(error).splitlines()[0][:200]}", code) from error
        except (HTTPError, errors.NoResponseError) as error:
            raise Failure(f"Nothing answers at {self._url} ({error})", UNANSWERED) from error
