"""A preview loses nothing: what it shows and what it says is skipped are together all the local times selected."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from agent_schedules.domain.preview import MOST_SKIPPED
from agent_schedules.timing.spec import Cron
from agent_schedules.timing.zones import zone
from hypothesis import assume
from hypothesis import strategies as st

from tests.support.schedules import upcoming_of
from tests.support.times import changes, changing_zones, crons, law


@law(crons(), st.deferred(lambda: st.sampled_from(changing_zones())), st.integers(0, 2), examples=60)
def test_shown_and_skipped_are_all_the_local_times_selected(drawn: Cron, name: str, which: int) -> None:
    assume(not drawn.fields.every_hour)
    spec, tz = replace(drawn, timezone=name), zone(name)
    change = changes(name)[which % len(changes(name))]
    first = change - 4 * 3600
    start = datetime.fromtimestamp(first, tz).replace(tzinfo=None)
    shown = upcoming_of(spec, first, 600 if len(spec.fields.minutes) * len(spec.fields.hours) > 30 else 40)
    assume(shown and all(len(occurrence.dst_skipped) < MOST_SKIPPED for occurrence in shown))
    end = min(shown[-1].local.replace(tzinfo=None, fold=0), start + timedelta(hours=9))
    walls = [start.replace(second=0) + timedelta(minutes=minute) for minute in range(1, 9 * 60 + 1)]
    selected = [wall for wall in walls if wall <= end and spec.fields.matches(wall)]
    skipped = [moment for occurrence in shown for moment in occurrence.dst_skipped]
    runs = [occurrence.local.replace(tzinfo=None, fold=0) for occurrence in shown]
    assert sorted({*skipped, *runs} & {*walls}) == selected
    assert len(set(skipped)) + len(set(runs)) == len(skipped) + len(runs)
    for moment in skipped:
        there_and_back = moment.replace(tzinfo=tz).timestamp()
        assert datetime.fromtimestamp(there_and_back, tz).replace(tzinfo=None) != moment
    for occurrence in shown:
        offsets = {occurrence.local.replace(fold=fold).utcoffset() for fold in (0, 1)}
        assert occurrence.dst_repeated == (len(offsets) == 2)
