"""How many cases were answered how: the proof that a run met more than the door."""

from __future__ import annotations

from collections import Counter
from typing import Any

from schemathesis import Case, Response


class Tally:
    """Counts by phase, operation and status."""

    def __init__(self) -> None:
        self._answers: Counter[tuple[str, str, int]] = Counter()

    def note(self, case: Case[Any], response: Response) -> None:
        """Count one case."""
        assert case.meta is not None
        self._answers[case.meta.phase.name.value, case.operation.label, response.status_code] += 1

    def phases(self) -> Counter[str]:
        """Cases by phase."""
        found: Counter[str] = Counter()
        for (phase, _, _), count in self._answers.items():
            found[phase] += count
        return found

    def statuses(self) -> dict[str, Counter[int]]:
        """Answers by operation and status."""
        found: dict[str, Counter[int]] = {}
        for (_, label, status), count in self._answers.items():
            found.setdefault(label, Counter())[status] += count
        return found

    def lines(self) -> list[str]:
        """All of it, to be read."""
        table = [
            f"{label:74} " + "  ".join(f"{status} x {count}" for status, count in sorted(answers.items()))
            for label, answers in sorted(self.statuses().items())
        ]
        phases = self.phases()
        return [*table, f"{phases.total()} cases: " + ", ".join(f"{name} {phases[name]}" for name in sorted(phases))]


TALLY = Tally()
"""Of this run."""
