"""Decide what follows a call to the gateway that brought no terminal response: another attempt, or the run's failure.

One bad answer never fails a run. A gateway that cannot be reached or answers "not now" is asked again until the run
times out. An answer that cannot be understood, and a refusal to show a response that exists, fail the run when they
come several times in a row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from agent_schedules.domain.entries import LONGEST_DELAY
from agent_schedules.ports import GatewayError

POLL_DELAYS = (2, 4, 8, 16, 32, 60)  # seconds; the last one repeats
SEND_DELAYS = (2, 4, 8, 16, 32, 60, 120, 300, 600, LONGEST_DELAY)
MOST_ODD = 10  # in a row; ten polls take at least five minutes
LAST_TRY = 30  # seconds before the run timeout in which a run is not sent again

NOT_IN_BACKGROUND = (
    "The run was sent once and may have been carried out, so it is not sent again. A gateway with background responses "
    "answers within moments; set GatewayMode to synchronous for a gateway without them"
)
NOT_IN_TIME = "The run was sent once and may have been carried out, so it is not sent again"


@dataclass(frozen=True)
class RetryLater:
    """Ask again in `delay` seconds, with these counts."""

    delay: int
    attempts: int
    odd: int


@dataclass(frozen=True)
class Fail:
    """The run fails."""

    code: str
    message: str


def after_send(
    error: GatewayError, *, attempts: int, odd: int, left: float, patience: float, background: bool
) -> RetryLater | Fail:
    """Decide what follows a send that brought no response.

    `attempts` sends went before it, and the gateway may have taken `odd` of them. `left` are the seconds until the run
    times out.
    """
    if error.kind == "refused":
        return Fail("gateway_refused", error.message)
    if error.kind == "timed_out" and error.waited >= patience:
        advice = NOT_IN_BACKGROUND if background else NOT_IN_TIME
        return Fail("gateway_timeout", f"{error.message}. {advice}")
    # The gateway may have carried out each of these, and charges for each.
    odd += error.kind in {"strange", "broken", "timed_out"}
    if odd >= MOST_ODD:
        code = "gateway_invalid" if error.kind == "strange" else "gateway_unavailable"
        return Fail(code, f"{error.message}; the run was sent {attempts + 1} times")
    spare = int(left) - LAST_TRY
    if spare < 1:
        return Fail("gateway_unavailable", error.message)
    return RetryLater(min(_delay(SEND_DELAYS, attempts, error), spare), attempts + 1, odd)


def after_look(error: GatewayError | None, *, attempts: int, odd: int) -> RetryLater | Fail:
    """Decide what follows a poll that brought a response which is not terminal, or none."""
    if error is None:
        odd = 0
    elif not error.passing:
        odd += 1
        if odd >= MOST_ODD:
            code = "gateway_invalid" if error.kind == "strange" else "gateway_refused"
            return Fail(code, f"{error.message}; {odd} polls in a row failed like this")
    return RetryLater(_delay(POLL_DELAYS, attempts + 1, error), attempts + 1, odd)


def _delay(delays: tuple[int, ...], attempts: int, error: GatewayError | None) -> int:
    """Return the next of the growing delays, or the gateway's `Retry-After` if longer, at most a message's delay."""
    hinted = error.retry_after if error is not None and error.retry_after is not None else 0.0
    return max(delays[min(attempts, len(delays) - 1)], math.ceil(min(hinted, LONGEST_DELAY)))
