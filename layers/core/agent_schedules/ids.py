"""Identifiers: a prefix and 26 characters that sort by time (the ULID form: 48 bits of milliseconds, 80 bits of rest).

Only `[A-Za-z0-9_]` is used, because the vendor's SDK does not escape path ids (contract 1.1) and EventBridge names
allow little more (aws.md 1.2).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REST = "_[0-9A-HJKMNP-TV-Z]{26}"
_FORM = re.compile("[a-z]{2,8}" + _REST)

Entropy = Callable[[int], bytes]
"""A source of n random bytes, `secrets.token_bytes` outside tests."""


def id_pattern(prefix: str) -> str:
    """Return the regular expression of the ids with that prefix, for the API's description."""
    return f"^{prefix}{_REST}$"


def _encode(milliseconds: int, rest: bytes) -> str:
    number = (milliseconds << 80) | int.from_bytes(rest, "big")
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def new_id(prefix: str, now: datetime, entropy: Entropy) -> str:
    """Return a new id that sorts after those of earlier milliseconds, for example `sched_01JD…`."""
    return f"{prefix}_{_encode(int(now.timestamp() * 1000), entropy(10))}"


def run_id(schedule_id: str, nominal: int) -> str:
    """Return the id of an occurrence's run. It depends only on the schedule and the nominal time in whole UTC seconds.

    A repeated hint therefore gives the same run, and runs sort by the time they were due.
    """
    digest = hashlib.sha256(f"{schedule_id}/{nominal}".encode()).digest()
    return f"run_{_encode(nominal * 1000, digest[:10])}"


def delivery_id(webhook_id: str, event_id: str, milliseconds: int, *, nonce: str = "") -> str:
    """Return the id of an event's delivery to a webhook. The same event gives the same delivery.

    It sorts by the time of the event (`milliseconds`). A replay has a `nonce`, and so an id of its own.
    """
    digest = hashlib.sha256("/".join((webhook_id, event_id, *([nonce] if nonce else []))).encode()).digest()
    return f"dlv_{_encode(milliseconds, digest[:10])}"


def earliest(prefix: str, instant: int) -> str:
    """Return a text that sorts before every id of this prefix from that UTC second on, and after all earlier ones."""
    return f"{prefix}_{_encode(instant * 1000, bytes(10))[:10]}"


def nominal_of(schedule_id: str, run: str) -> int | None:
    """Return the nominal time (UTC seconds) that a run's id was made from; None if it was made otherwise."""
    nominal = milliseconds_of(run) // 1000
    return nominal if run == run_id(schedule_id, nominal) else None


def milliseconds_of(made: str) -> int:
    """Return the time in an id, in milliseconds since the epoch."""
    milliseconds = 0
    for letter in made.rpartition("_")[2][:10]:
        milliseconds = milliseconds * 32 + _ALPHABET.index(letter)
    return milliseconds


def first_run_id(milliseconds: int, *, below: bool = False) -> str:
    """Return the first id that a run of that time could have; with `below` the last one that it could not."""
    if not below or milliseconds == 0:
        return f"run_{_encode(milliseconds, bytes(10))}"
    return f"run_{_encode(milliseconds - 1, bytes([255] * 10))}"


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` has the form of an id of this kind. Other text is refused without a read of the table."""
    return text.startswith(prefix + "_") and _FORM.fullmatch(text) is not None
