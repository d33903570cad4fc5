"""The record of the echo gateway's requests and responses."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from dev import json_lines
from dev.echo_gateway.requests import Refusal, read_body
from dev.echo_gateway.responses import Accepted
from dev.file_errors import Unusable

_ACCEPTED = TypeAdapter(Accepted)


class Ledger:
    """The requests of the gateway, for tests to inspect. They are kept in the journal if there is one.

    `accepted` holds one entry per response, in order. `posts` counts the posts of each Idempotency-Key,
    refused ones and repeats included.
    """

    def __init__(self, journal: Path | None = None) -> None:
        self.accepted: list[Accepted] = []
        self.posts: Counter[str] = Counter()
        self.by_id: dict[str, Accepted] = {}
        self.by_key: dict[str, Accepted] = {}
        self._journal = journal
        if journal is not None:
            journal.parent.mkdir(parents=True, exist_ok=True)
            journal.touch()
            self._reload(journal)

    def posted(self, key: str) -> int:
        """Count one post of `key`, and return how many there were."""
        self._write({"posted": key})
        self.posts[key] += 1
        return self.posts[key]

    def accept(self, entry: Accepted) -> None:
        """Add a new response."""
        self._write({"accepted": {**vars(entry), "at": entry.at.isoformat()}})
        self._add(entry)

    def cancel(self, entry: Accepted) -> None:
        """Mark a response as cancelled."""
        self._write({"cancelled": entry.id})
        entry.cancelled = True

    def _add(self, entry: Accepted) -> None:
        self.accepted.append(entry)
        self.by_id[entry.id] = entry
        if entry.key is not None:
            self.by_key[entry.key] = entry

    def _write(self, event: dict[str, Any]) -> None:
        if self._journal is not None:
            json_lines.append(self._journal, [event])

    def _reload(self, journal: Path) -> None:
        json_lines.truncate_partial_line(journal)  # no caller got an answer that rests on it
        for number, line in enumerate(journal.read_bytes().splitlines(), 1):
            try:
                self._replay(json.loads(line))
            except (AttributeError, KeyError, TypeError, ValueError, RecursionError, Refusal):
                raise Unusable(
                    f"{journal}: line {number} is not one that the echo gateway writes; restore or delete the file"
                ) from None

    def _replay(self, event: Any) -> None:
        """Take one line of the journal. Raises one of many errors for a line that `_write` does not write."""
        if "posted" in event:
            self.posts[event["posted"]] += 1
        elif "cancelled" in event:
            self.by_id[event["cancelled"]].cancelled = True
        else:
            entry = _ACCEPTED.validate_python(event["accepted"])
            read_body(entry.body)
            self._add(entry)
