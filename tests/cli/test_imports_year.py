"""For a year, an imported schedule occurs when the source's own rules say, read independently of the importers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from agent_schedules.timing.dst import stretches
from agent_schedules.timing.zones import zone
from cronsim import CronSim

from agent_schedules_cli.fleet_file.yaml_reader import read_yaml
from dev.scheduler.expressions import parse
from tests.support.imports import NOW, OPTIONS, YEAR, sources, times_of

pytestmark = pytest.mark.slow

START = int(NOW.timestamp())
MACROS = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@every_minute": "* * * * *",
}  # fmt: skip


def schedules_of(source: Path) -> list[dict[str, Any]]:
    """The schedules of the expected YAML."""
    file = read_yaml(source.with_suffix(".yaml").read_bytes())[0]
    return [schedule for agent in file["agents"] for schedule in agent["schedules"]]


def documents(source: Path) -> list[dict[str, Any]]:
    """The objects of a JSON file."""
    text = re.sub(r"\}\s*\{", "},{", source.read_text("utf-8").strip())
    found: list[dict[str, Any]] = json.loads(text if text.startswith("[") else f"[{text}]")
    return found


def entries(source: Path) -> Iterator[tuple[str, str, str]]:
    """The zone, the fields and the command of each line that can be an entry."""
    options = OPTIONS.get(source.stem, [])
    name = options[options.index("--tz") + 1] if "--tz" in options else "UTC"
    for line in source.read_text("utf-8").splitlines():
        if line.startswith("CRON_TZ="):
            name = line.partition("=")[2].strip('"')
        words = re.split(r"[ \t]+", line.strip(" \t-"))
        count = 1 if words[0].startswith("@") else 5
        rest = re.split(r"[ \t]+", line.strip(" \t-"), maxsplit=count + ("--system" in options))[-1]
        command = re.split(r"(?<!\\)%", rest)[0].replace("\\%", "%").strip()
        yield name, MACROS.get(words[0], " ".join(words[:count])), command


@pytest.mark.parametrize("source", sources("crontab"), ids=lambda source: source.stem)
def test_crontabs_occur_as_cronsim_says(source: Path) -> None:
    left = list(entries(source))
    for schedule in schedules_of(source):
        found = next(one for one in left if one[2] == schedule["input"].splitlines()[0])
        left.remove(found)
        name, fields, _ = found
        tz, ours = zone(name), times_of(schedule)
        instants = (int(moment.timestamp()) for moment in CronSim(fields, NOW.astimezone(tz)))
        theirs = set(takewhile(lambda instant: instant <= START + YEAR, instants))
        edges = changes(name)
        apart = {instant for instant in ours ^ theirs if all(abs(instant - edge) > 93_600 for edge in edges)}
        assert not apart, (schedule, sorted(apart)[:5])
        if ours ^ theirs:
            assert "the clocks" in source.with_suffix(".report").read_text("utf-8"), schedule


def changes(name: str) -> list[int]:
    """The instants of the year at which the clocks of a zone change."""
    found, at = [], START
    for begins, ends in stretches(zone(name), START, START + YEAR):
        at += int((ends - begins).total_seconds())
        found.append(at)
    return found[:-1]


@pytest.mark.parametrize("source", sources("eventbridge"), ids=lambda source: source.stem)
def test_eventbridge_occurs_as_the_evaluator_of_aws_says(source: Path) -> None:
    given = iter(documents(source))
    for schedule in schedules_of(source):
        one = next(each for each in given if each.get("Name") == schedule["name"])
        start, end, created = (moment(one.get(name)) for name in ("StartDate", "EndDate", "CreationDate"))
        if one["ScheduleExpression"].startswith("rate") and not (start or created):
            continue  # its grid begins with `apply`
        expression = parse(
            one["ScheduleExpression"],
            timezone=one.get("ScheduleExpressionTimezone", "UTC"),
            start=start,
            end=end,
            created=created,
        )
        theirs, at = set[int](), NOW
        while (following := expression.next_fire(at)) is not None and following.timestamp() <= START + YEAR:
            at = following
            theirs.add(int(at.timestamp()))
        ours = times_of(schedule)
        if "* * * *" in schedule["schedule"].get("cron_expression", ""):
            ours = {instant for instant in ours if not second_pass(instant, schedule["schedule"]["timezone"])}
        assert ours == theirs, schedule


def second_pass(instant: int, name: str) -> bool:
    """Whether the clocks show the time again: AWS does not say that it runs then, and we do if every hour is open."""
    return datetime.fromtimestamp(instant, zone(name)).fold == 1


def moment(value: Any) -> datetime | None:
    """A time as AWS's command line prints it."""
    if value is None:
        return None
    return datetime.fromtimestamp(value, UTC) if isinstance(value, float) else datetime.fromisoformat(value)


@pytest.mark.parametrize("source", sources("temporal"), ids=lambda source: source.stem)
def test_temporal_occurs_as_its_calendars_say(source: Path) -> None:
    given = {
        one["schedule"]["action"]["startWorkflow"]["workflowId"]: one["schedule"]["spec"]
        for one in documents(source)
        if isinstance(one["schedule"], dict) and one["schedule"]["action"]
    }
    ours: dict[str, set[int]] = {}
    for schedule in schedules_of(source):
        ours.setdefault(schedule["name"], set()).update(times_of(schedule))
    for name, found in ours.items():
        spec = given[name]
        theirs = set(selected(spec))
        twice = {instant for instant in theirs if second_pass(instant, spec["timezoneName"] or "UTC")}
        if twice - found:
            assert "the clocks show" in source.with_suffix(".report").read_text("utf-8")
        assert found | twice == theirs, name


def selected(spec: dict[str, Any]) -> Iterator[int]:
    """The seconds of the year that a spec selects, decided for each minute from the clock alone."""
    tz = zone(spec["timezoneName"] or "UTC")
    first, last = (moment(spec[name]) if name in spec else None for name in ("startTime", "endTime"))
    calendars, exclusions = (
        [{name: values(ranges) for name, ranges in one.items() if name != "comment"} for one in spec[kind]]
        for kind in ("structuredCalendar", "excludeStructuredCalendar")
    )
    for minute in range(START, START + YEAR + 1, 60):
        at = datetime.fromtimestamp(minute, tz)
        if (first and at < first) or (last and at > last):
            continue
        found = {second for one in calendars if fits(one, at) for second in one["second"]}
        found |= {0 for one in spec["interval"] if (minute - seconds(one["phase"])) % seconds(one["interval"]) == 0}
        found -= {second for one in exclusions if fits(one, at) for second in one["second"]}
        yield from (minute + second for second in found if START < minute + second <= START + YEAR)


def fits(calendar: dict[str, set[int]], at: datetime) -> bool:
    """Whether each field of a local time, down to the minute, is in the calendar."""
    return (
        at.minute in calendar["minute"]
        and at.hour in calendar["hour"]
        and at.day in calendar["dayOfMonth"]
        and at.month in calendar["month"]
        and at.year in calendar.get("year", {at.year})
        and (at.weekday() + 1) % 7 in calendar["dayOfWeek"]
    )


def values(ranges: list[dict[str, int]]) -> set[int]:
    """The values of ranges."""
    return {value for one in ranges for value in range(one["start"], one["end"] + 1, one["step"])}


def seconds(text: str) -> int:
    """A duration of JSON."""
    return int(text.removesuffix("s"))
