"""What the service logs, watched during every test: no key and no prompt may be in it (invariant 8)."""

from __future__ import annotations

import logging
import re

from agent_schedules.telemetry import logger

PROMPT = "a prompt that no log may quote"
"""The input of whatever tests make by default, and so the answer of the fake gateway too."""
_SECRETS = re.compile(
    rf"{PROMPT}|\bagsched_[0-9A-Za-z]{{36}}|\bas_[0-9A-Za-z_-]{{43}}|Bearer\s+\S|\beyJ[\w-]+\.[\w-]+\."
)


class LogWatch(logging.Handler):
    """Keeps the lines that the service would print, in the form in which it prints them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._latest: logging.LogRecord | None = None
        self._watched = (logging.getLogger(logger.name), logging.getLogger())
        self._others = logging.Formatter("%(name)s %(levelname)s %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        """Note a line: of ours as JSON, of a library as plain text with its traceback."""
        if record is self._latest:
            return  # it came up to the root
        self._latest = record
        ours = record.name == logger.name
        self.lines.append((logger.registered_formatter if ours else self._others).format(record))

    def start(self) -> None:
        """Hear everything that our logger says, however quiet it is on the screen, and what others say in earnest."""
        for handler in logger.handlers:
            if handler is not self and handler.level < logging.CRITICAL:
                handler.setLevel(logging.CRITICAL)
        logger.setLevel(logging.DEBUG)
        for watched in self._watched:
            watched.addHandler(self)

    def stop(self) -> None:
        """Hear nothing any more."""
        for watched in self._watched:
            watched.removeHandler(self)

    def leaks(self) -> list[str]:
        """Return the lines that contain something that must not be logged."""
        return [line for line in self.lines if _SECRETS.search(line)]
