"""How the processor time of something grows with its input. A ratio of two sizes, so that no machine is too slow.

Counting calls would not do: a loop over `list.count`, or a regular expression that backtracks, is a call like others.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable

TIMES_LARGER = 16
MOST = 48
"""What a linear cost never reaches, with three to spare for a busy machine. A quadratic one reaches 256, unless what
does not grow outweighs it, and then it does no harm."""
ROUNDS, TRIES = 2, 3


def growth(act: Callable[[int], Callable[[], object]], largest: int) -> float:
    """How many times more an input of `largest` costs than one that is 16 times smaller. `act` prepares a size.

    A bad ratio is measured again: a busy machine makes a linear cost look worse, but no other one better.
    """
    least = math.inf
    for _ in range(TRIES):
        least = min(least, _cost(act(largest)) / _cost(act(largest // TIMES_LARGER)))
        if least < MOST:
            break
    return least


def _cost(act: Callable[[], object]) -> float:
    """The least nanoseconds of this thread's processor time in a few rounds."""
    return min(_once(act) for _ in range(ROUNDS))


def _once(act: Callable[[], object]) -> int:
    gc.disable()
    before = time.thread_time_ns()
    try:
        act()
    finally:
        gc.enable()
    return time.thread_time_ns() - before
