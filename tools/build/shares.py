"""Shares of the account's concurrency: the defaults that `make deploy` computes.

All functions of an account and region share one limit, which is 10 for a new account. Reserved concurrency would keep
the api function from taking all of it, but Lambda refuses a reserve that leaves less than 100 unreserved. So the rate
of requests is limited instead: on average, rate x duration of them run at once.
"""

from __future__ import annotations

import re

from agent_schedules.services.runs import GATEWAY_SECONDS
from botocore.exceptions import BotoCoreError, ClientError

from agent_schedules_cli.aws import client

SMALLEST = 10
"""Concurrent executions of a new account. The template's defaults fit it."""
RECONCILERS = 2  # readers of dead letters, the smallest MaximumConcurrency that Lambda allows (template.yaml)
LEFT = 1  # for the runner, at the least


def shares(limit: int) -> dict[str, int]:
    """Return the parameters for an account with that limit.

    A request takes at most as long as it waits for the gateway: requests of that length take half of the account.
    Workers get a twentieth, and the runner the rest: 1 of 10, 698 of 1,000.
    """
    limit = max(limit, SMALLEST)
    return {
        "RequestRateLimit": min(int(limit / 2 / GATEWAY_SECONDS), 100),
        "RequestBurstLimit": min(limit * 2 // 5, 200),
        "WorkerMaximumConcurrency": min(max(limit // 20, 2), 50),
    }


def without_choices(found: dict[str, int], given: str) -> str:
    """Return the parameters that `given`, a line of them, does not name."""
    return " ".join(f"{name}={value}" for name, value in found.items() if not re.search(rf'(^|\s)"?{name}=', given))


def of_account() -> dict[str, int]:
    """Return the parameters for the credentials' account; none, with a message, if Lambda does not tell the limit."""
    try:
        limit = client("lambda").get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    except (BotoCoreError, ClientError) as error:
        print(f"Lambda did not say what concurrency the account has ({error}).")
        print(f"The stack keeps its limits. A new one gets those for {SMALLEST} (docs/explanation/concurrency.md).")
        return {}
    found = shares(limit)
    print(f"The account has {limit} concurrent executions unreserved: {without_choices(found, '')}, unless chosen.")
    return found
