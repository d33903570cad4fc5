"""A preview under policies says what then happens, and policies survive the wire and the table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from agent_schedules.api.policy_responses import PoliciesView
from agent_schedules.domain.policies import Policies
from agent_schedules.domain.preview import Preview, upcoming
from agent_schedules.domain.schedules import Schedule
from agent_schedules.domain.settlement import decide, settled
from agent_schedules.domain.timetable import Timetable
from agent_schedules.ports import Limits
from agent_schedules.schemas.policies import PoliciesBody, policies_in
from agent_schedules.storage.policies import policies_json, policies_of
from agent_schedules.timestamps import text_of
from hypothesis import strategies as st

from tests.support.random_policies import policies
from tests.support.schedules import EPOCH, schedule_of
from tests.support.times import instants, law, moments, zones

SHOWN = 20
LIMITS = Limits(misfire_grace=77, run_timeout=777, run_retention_days=7)


@st.composite
def stored(draw: st.DrawFn) -> Schedule:
    """A schedule with policies, as it stands before its next occurrence. Some occurrences to come are to be skipped."""
    spec, instant = draw(moments())
    found = draw(policies(instant))
    coming: list[int] = []
    table = Timetable(spec, found)
    while len(coming) < 8 and (following := table.next_after(coming[-1] if coming else instant)) is not None:
        coming.append(following)
    skips = draw(st.lists(st.sampled_from(coming), max_size=3, unique=True)) if coming else []
    return schedule_of(spec, instant, found, skips=tuple(skips))


def lived(schedule: Schedule, most: int) -> Iterator[tuple[int, str | None, int | None]]:
    """Each nominal time as it is settled when it is due: itself, why it made no run, and how many runs are left."""
    for _ in range(most):
        if schedule.state.next_run_at is None:
            return
        table, before = schedule.timetable, schedule.state.settled_until
        due = table.due_at(schedule.state.next_run_at)
        assert decide(schedule, now=due - 1, grace=3600) is None
        settlement = decide(schedule, now=due, grace=3600)
        assert settlement is not None
        remaining = schedule.remaining_runs
        why: dict[int, str] = {}
        for record in settlement.records:
            at: int | None = record.first
            while at is not None and at <= record.last:
                why[at] = record.reason
                at = table.next_after(at)
        assert sum(record.count for record in settlement.records) == len(why)
        for nominal in sorted([*settlement.runs, *why]):
            assert before < nominal <= settlement.settled_until
            if nominal in settlement.runs:
                assert nominal not in why
                remaining = None if remaining is None else remaining - 1
            yield nominal, why.get(nominal), remaining
        # Nothing is open any more when the next one is due.
        schedule = replace(schedule, state=settled(schedule, settlement, open_run_id=None, now=EPOCH))


@law(stored(), examples=60)
def test_a_preview_under_policies_is_what_happens(schedule: Schedule) -> None:
    shown = upcoming(Preview(schedule, schedule.state.settled_until, SHOWN, stored=True))
    happened = list(lived(schedule, SHOWN))[:SHOWN]
    said = [(occurrence.at, occurrence.hidden, occurrence.remaining_runs) for occurrence in shown]
    assert said[: len(happened)] == happened
    rest = said[len(happened) :]
    assert all(hidden for _, hidden, _ in rest)  # after the last run no record is written
    table = schedule.timetable
    for occurrence in shown:
        assert occurrence.due_at == table.due_at(occurrence.at)
        assert 0 <= occurrence.due_at - occurrence.at <= table.policies.spread_seconds
    for earlier, later in pairwise(shown):
        assert earlier.due_at is not None
        assert earlier.due_at < later.at


@law(stored(), examples=30)
def test_a_preview_has_each_nominal_time_in_bounds(schedule: Schedule) -> None:
    shown = upcoming(Preview(schedule, schedule.state.settled_until, SHOWN, stored=True))
    bounds, at = schedule.definition.policies, schedule.state.settled_until
    nominal: list[int] = []
    while len(nominal) < len(shown):
        following = schedule.definition.timing.next_after(at)
        assert following is not None
        at = following
        if (bounds.first is None or at >= bounds.first) and (bounds.last is None or at <= bounds.last):
            nominal.append(at)
        elif bounds.first is not None and at < bounds.first:
            at = bounds.first - 1
    assert [occurrence.at for occurrence in shown] == nominal


def body_of(drawn: Policies) -> dict[str, Any]:
    """The request that asks for policies, without what is left to its default."""
    values: dict[str, Any] = {name: value for name, value in vars(drawn).items() if value not in (None, ())}
    for name in {"start_at", "end_at"} & set(values):
        values[name] = values[name].isoformat()
    if "exclude" in values:
        values["exclude"] = [str(days) for days in values["exclude"]]
    return {name: value for name, value in values.items() if name in PoliciesBody.model_fields}


@law(st.deferred(lambda: instants.flatmap(policies)), zones, examples=60)
def test_policies_survive_body_table_and_answer(drawn: Policies, timezone: str) -> None:
    sent = json.loads(json.dumps(body_of(drawn)))
    parsed = policies_in(PoliciesBody.model_validate(sent), timezone)
    assert parsed == drawn
    read = policies_of(json.loads(json.dumps(policies_json(parsed))))
    assert read == drawn
    answer = PoliciesView.of(read, LIMITS).model_dump(mode="json")
    assert set(answer) == set(PoliciesBody.model_fields)
    for name in ("start_at", "end_at"):
        moment = getattr(drawn, name)
        assert answer[name] == (None if moment is None else text_of(moment))
    effective = replace(
        drawn,
        misfire_grace_seconds=77 if drawn.misfire_grace_seconds is None else drawn.misfire_grace_seconds,
        timeout_seconds=777 if drawn.timeout_seconds is None else drawn.timeout_seconds,
        run_retention_days=7 if drawn.run_retention_days is None else drawn.run_retention_days,
    )
    assert policies_in(PoliciesBody.model_validate(answer), timezone) == effective
