"""Clean-up when SIGTERM or SIGHUP ends a command."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has no SIGHUP


@contextmanager
def orderly() -> Iterator[None]:
    """Turn both signals into SystemExit with 128 + the signal's number, so that each `finally` runs.

    Without it Python ends at once. Signals after the first are ignored, because they would interrupt the clean-up. A
    signal that was ignored before, as SIGHUP is under `nohup`, stays ignored.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heard = [number for number, handler in before.items() if handler is not signal.SIG_IGN]

    def end(number: int, _: FrameType | None) -> None:
        for other in heard:
            signal.signal(other, signal.SIG_IGN)
        raise SystemExit(128 + number)

    for number in heard:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number] or signal.SIG_DFL)
