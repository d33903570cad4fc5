"""The local stack's clock: it can start anywhere and run faster than the wall clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path


class StackClock:
    """Stack time: `start` (or the present) when built, then `speed` stack seconds per real second.

    Every part of the local stack reads this clock and no other, so a DST night passes in a minute and all
    parts agree on it. `monotonic` is the real time source, replaceable in tests.
    """

    def __init__(
        self, start: datetime | None = None, speed: float = 1.0, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        if speed <= 0:
            raise ValueError("speed: must be above 0")
        if start is not None and start.tzinfo is None:
            raise ValueError("start: needs an offset, for example 2026-03-29T00:55:00Z")
        self.speed = speed
        self._start = (start or datetime.now(UTC)).astimezone(UTC)
        self._monotonic = monotonic
        self._origin = monotonic()

    def now(self) -> datetime:
        """Return the present stack time, aware, in UTC."""
        return self._start + timedelta(seconds=(self._monotonic() - self._origin) * self.speed)

    def real_seconds(self, stack_seconds: float) -> float:
        """Return how many real seconds `stack_seconds` last."""
        return stack_seconds / self.speed

    def pause(self, stack_seconds: float) -> None:
        """Wait until that much stack time has passed."""
        time.sleep(self.real_seconds(stack_seconds))


class ClockFile:
    """The time that the clock has reached, kept next to the data.

    If the clock started earlier the next time, every schedule would be silent until it reached that time again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def start(self, wanted: datetime | None) -> datetime | None:
        """Return where the clock begins: at the wanted time (None: the present), but never before it stopped."""
        with suppress(OSError, ValueError, TypeError):  # missing, damaged, or without an offset
            stopped = datetime.fromisoformat(self._path.read_text(encoding="ascii"))
            if stopped > (wanted or datetime.now(UTC)):
                return stopped
        return wanted

    def note(self, now: datetime) -> None:
        """Replace the file in one step, because the process may be killed at any moment."""
        new = self._path.with_suffix(".new")
        try:
            new.write_text(now.isoformat(), encoding="ascii")
        except OSError as error:  # a full disk refuses the write, and the error of a write names no file
            raise OSError(error.errno, error.strerror, str(new)) from None
        new.replace(self._path)


def parse_start(text: str) -> datetime:
    """Parse a start of the clock, such as 2026-03-29T00:55:00Z. Raises ValueError without an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("needs an offset, for example 2026-03-29T00:55:00Z")
    return moment.astimezone(UTC)
