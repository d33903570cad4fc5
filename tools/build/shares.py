"""Who may have how much of the account's concurrency: what `make deploy` sets when nobody chose.

All functions of an account and region share one limit, and a new account's is 10. A reserve would be the plain way to
keep the api function from taking it all, but Lambda refuses one that leaves less than 100 unreserved. So the rate of
requests is what is bounded: requests that come at a rate and take a time are, on average, rate x time at once.
"""

from __future__ import annotations

import re

from agent_schedules.services.runs import GATEWAY_SECONDS
from botocore.exceptions import BotoCoreError, ClientError

from agent_schedules_cli.aws import client

SMALLEST = 10
"""Concurrent executions of an account that AWS has not raised yet. The template's defaults are made for it."""
RECONCILERS = 2  # readers of dead letters, the fewest that Lambda takes (template.yaml)
LEFT = 1  # for the runner, at the least


def shares(limit: int) -> dict[str, int]:
    """Parameters for an account of that limit.

    A caller can make a request take as long as it waits for the gateway: at that length requests take half of the
    account. Workers get a twentieth, and what is left is the runner's: 1 of 10, 698 of 1,000.
    """
    limit = max(limit, SMALLEST)
    return {
        "RequestRateLimit": min(int(limit / 2 / GATEWAY_SECONDS), 100),
        "RequestBurstLimit": min(limit * 2 // 5, 200),
        "WorkerMaximumConcurrency": min(max(limit // 20, 2), 50),
    }


def without_choices(found: dict[str, int], given: str) -> str:
    """The parameters that `given`, one line of them, does not name."""
    return " ".join(f"{name}={value}" for name, value in found.items() if not re.search(rf'(^|\s)"?{name}=', given))


def of_account() -> dict[str, int]:
    """Parameters for the account that the credentials are of; none where Lambda does not say, and why."""
    try:
        limit = client("lambda").get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    except (BotoCoreError, ClientError) as error:
        print(f"Lambda did not say what concurrency the account has ({error}).")
        print(f"The stack keeps its limits. A new one gets those for {SMALLEST} (docs/explanation/concurrency.md).")
        return {}
    found = shares(limit)
    print(f"The account has {limit} concurrent executions unreserved: {without_choices(found, '')}, unless chosen.")
    return found
