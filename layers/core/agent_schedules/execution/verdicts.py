"""What a call to the gateway that brought no response object means for the run: asking again, and when, or its end.

One bad answer is never a verdict. A gateway that cannot be reached or says "not now" is asked again until the run
times out. An answer that nothing can be made of, and a refusal to show a response that exists, is a verdict when it
came several times in a row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from agent_schedules.domain.entries import LONGEST_DELAY
from agent_schedules.ports import GatewayError

POLL_DELAYS = (2, 4, 8, 16, 32, 60)  # seconds; the last one repeats
SEND_DELAYS = (2, 4, 8, 16, 32, 60, 120, 300, 600, LONGEST_DELAY)
MOST_ODD = 10  # in a row; of looks they take at least five minutes
LAST_TRY = 30  # seconds before a run's time is over in which it is not sent again

NOT_IN_BACKGROUND = (
    "It was sent once, may have been carried out, and is not sent again. A gateway that has background responses "
    "answers within moments: set GatewayMode to synchronous for one that has none"
)
NOT_IN_TIME = "It was sent once, may have been carried out, and is not sent again"


@dataclass(frozen=True)
class Again:
    """Ask again in `delay` seconds, with these counts."""

    delay: int
    asked: int
    odd: int


@dataclass(frozen=True)
class End:
    """The run fails."""

    code: str
    message: str


def after_send(
    error: GatewayError, *, asked: int, odd: int, left: float, patience: float, background: bool
) -> Again | End:
    """What follows a send that brought no response. `asked` sends went before it, `odd` of them so that the gateway may
    have taken them; `left` are the seconds until the run times out."""
    if error.kind == "refused":
        return End("gateway_refused", error.message)
    if error.kind == "timed_out" and error.waited >= patience:
        advice = NOT_IN_BACKGROUND if background else NOT_IN_TIME
        return End("gateway_timeout", f"{error.message}. {advice}")
    # The gateway may have carried out each of these: it is not to be paid without end.
    odd += error.kind in {"strange", "broken", "timed_out"}
    if odd >= MOST_ODD:
        code = "gateway_invalid" if error.kind == "strange" else "gateway_unavailable"
        return End(code, f"{error.message}; it was sent {asked + 1} times")
    spare = int(left) - LAST_TRY
    if spare < 1:
        return End("gateway_unavailable", error.message)
    return Again(min(_delay(SEND_DELAYS, asked, error), spare), asked + 1, odd)


def after_look(error: GatewayError | None, *, asked: int, odd: int) -> Again | End:
    """What follows a look at a response that is not over, or that brought none."""
    if error is None:
        odd = 0
    elif not error.passing:
        odd += 1
        if odd >= MOST_ODD:
            code = "gateway_invalid" if error.kind == "strange" else "gateway_refused"
            return End(code, f"{error.message}; so it was {odd} times in a row")
    return Again(_delay(POLL_DELAYS, asked + 1, error), asked + 1, odd)


def _delay(delays: tuple[int, ...], asked: int, error: GatewayError | None) -> int:
    """Growing ones, or what the gateway asks for where that is longer, as far as one message can wait."""
    hinted = error.retry_after if error is not None and error.retry_after is not None else 0.0
    return max(delays[min(asked, len(delays) - 1)], math.ceil(min(hinted, LONGEST_DELAY)))
