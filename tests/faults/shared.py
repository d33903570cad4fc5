"""What is due when a timing changes: the times that both timings have are the new one's, and no others are made up."""

from __future__ import annotations

from tests.faults import rules
from tests.faults.core import Violation
from tests.faults.nominal import nominal_times
from tests.faults.rules import Definition
from tests.faults.stories import Epoch, Row

NEWEST = 25
"""Shared times that are taken over however many lie between them."""
COMPARED = 100
"""Seconds for which each second's time is compared."""


def with_handover(definition: Definition, state: Row) -> Definition:
    """A definition with what a state row says of the times before it came into force."""
    handover = rules.remembered(state).get("handover")
    return {**definition, "handover": handover} if handover else definition


def kept(definition: Definition, before: Definition) -> Definition:
    """A definition of the same times, with what was handed over to the one before."""
    return {**definition, "handover": before["handover"]} if "handover" in before else definition


def taken_over(last: Epoch, spec: Definition, begins: int, moment: int) -> frozenset[int]:
    """The times of before the change that are the new definition's: none that the old one has not."""
    own = nominal_times(spec, begins, moment)
    had = {*nominal_times(last.spec, last.settled, moment)}
    if spec["type"] == "once" and not had.issuperset(own):
        return frozenset()  # a `run_at` of the last minute
    if extra := [time for time in own if time not in had]:
        raise Violation("shared", f"{spec} makes up for {extra}, which {last.spec} has not")
    return frozenset(own)


def both(last: Epoch, spec: Definition, state: Row | None, moment: int) -> set[int]:
    """The newest times that are due under both definitions, and that neither hides."""
    skips, since = rules.skips_of(state), max(last.settled, moment - COMPARED)
    has = {*nominal_times(spec, since, moment)}
    due = [time for time in nominal_times(last.spec, since, moment) if time in has]
    return {*[t for t in due if not rules.hidden(last.spec, skips, t) and not rules.hidden(spec, skips, t)][-NEWEST:]}
