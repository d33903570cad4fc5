"""Translate schedules of Temporal, as `temporal schedule describe -o json` prints them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

from agent_schedules.errors import InvalidRequest
from agent_schedules.timing.zones import must_be_zone

from agent_schedules_cli.fleet_file.keys import slug
from agent_schedules_cli.importers.bounds import bounded, moment
from agent_schedules_cli.importers.drafts import Drafts, display_name
from agent_schedules_cli.importers.report import Imported, Report
from agent_schedules_cli.importers.temporal_action import input_of, not_carried
from agent_schedules_cli.importers.temporal_spec import (
    Calendar,
    covers_times,
    excluded_dates,
    merged,
    touches,
    without,
)
from agent_schedules_cli.importers.temporal_twice import repeated_time, shared_time

LONGEST_SPREAD, LONGEST_GRACE, LONGEST_TIMEOUT, SHORTEST_TIMEOUT = 900, 604_800, 604_800, 10
DEFAULT_WINDOW = 365 * 86_400  # seconds: Temporal's catch-up window
_OVERLAP = {
    "unspecified": "skip", "skip": "skip", "bufferone": "queue_one", "bufferall": "queue_all",
    "cancelother": "cancel_previous", "terminateother": "cancel_previous", "allowall": "allow",
}  # fmt: skip
_DURATION = re.compile(r"(\d+)(\.\d+)?s", re.ASCII)
_TO_THE_MINUTE = "Temporal starts to the second; here runs start within their minute, unless `precision` is `second`"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Timing = tuple[dict[str, Any], dict[str, Any]]
"""A timing, and the policies that belong to it."""


def from_temporal(described: list[dict[str, Any]], *, now: datetime, model: str) -> Imported:
    """Return the file of schedules. Each type of workflow becomes an agent."""
    drafts = Drafts(Report("temporal"), now, model)
    for position, one in enumerate(described):
        name = f"schedule {position + 1}"
        try:
            schedule = one.get("schedule") or {}
            workflow = (schedule.get("action") or {}).get("startWorkflow") or {}
            name = str(one.get("scheduleId") or workflow.get("workflowId") or name)
            _Translation(drafts, schedule, workflow, name, now).add()
        except (ValueError, OverflowError, InvalidRequest) as error:
            drafts.report.left_out.append((name, str(error)))
        except (TypeError, AttributeError, KeyError) as error:
            said = f"is not as `temporal schedule describe -o json` prints it: {error}"
            drafts.report.left_out.append((name, said))
    found = drafts.imported()
    if any("precision" not in schedule["schedule"] for agent in found.agents for schedule in agent["schedules"]):
        found.report.differs.insert(0, ("all", _TO_THE_MINUTE))
    return found


class _Translation:
    """One schedule. Several of ours where its times need more than one timing."""

    def __init__(
        self, drafts: Drafts, schedule: dict[str, Any], workflow: dict[str, Any], name: str, now: datetime
    ) -> None:
        self._drafts, self._workflow, self._name, self._now = drafts, workflow, name, now
        self._spec: dict[str, Any] = schedule.get("spec") or {}
        self._state: dict[str, Any] = schedule.get("state") or {}
        self._policies: dict[str, Any] = schedule.get("policies") or {}
        self._zone = self._spec.get("timezoneName") or "UTC"
        self._differs: list[str] = []
        self._not_said: list[str] = []

    def add(self) -> None:
        """Add the schedule, or say why not."""
        if not self._workflow:
            raise ValueError("starts no workflow")
        timings = self._timings()
        common = self._common_policies(parts=len(timings))
        kind = str((self._workflow.get("workflowType") or {}).get("name") or "workflow")
        agent = {"key": slug(kind, "workflow"), "name": display_name(kind)}
        text = input_of(self._workflow, kind, self._differs, self._not_said)
        written: list[dict[str, Any]] = []
        for number, (timing, policies) in enumerate(timings, 1):
            schedule = {
                "key": slug(self._name, "schedule"),
                "name": display_name(self._name),
                "paused": bool(self._state.get("paused")),
                "schedule": timing,
                "input": text,
                "policies": policies | common,
            }
            where = self._name if len(timings) == 1 else f"{self._name}, part {number}"
            if self._drafts.add(agent, schedule, where):
                written.append(schedule)
        if written:
            self._report(written, parts=len(timings))

    def _timings(self) -> list[Timing]:
        """Return the timings whose union the schedule has. Raises ValueError, with the reason, if there are none."""
        if self._spec.get("timezoneData"):
            raise ValueError("has timezoneData, a time zone of its own; only zones of the IANA database are known here")
        if any(self._spec.get(name) for name in ("cronString", "calendar", "excludeCalendar")):
            raise ValueError("has cronString or calendar, which a server's answer has not: describe it from the server")
        must_be_zone(self._zone)
        start, end = (self._time(name) for name in ("startTime", "endTime"))
        exclusions = [Calendar.of(one) for one in self._spec.get("excludeStructuredCalendar") or []]
        found = [
            self._of_calendar(one, exclusions, start, end)
            for one in merged([Calendar.of(one) for one in self._spec.get("structuredCalendar") or []])
        ]
        found += [self._of_interval(one, exclusions, start, end) for one in self._spec.get("interval") or []]
        if not found:
            raise ValueError("has no times: it runs only when it is triggered")
        return found

    def _of_calendar(
        self, calendar: Calendar, exclusions: list[Calendar], start: datetime | None, end: datetime | None
    ) -> Timing:
        dated: list[Calendar] = []
        for exclusion in exclusions:
            narrower = without(calendar, exclusion)
            if narrower is not None:
                calendar = narrower
            elif covers_times(exclusion, calendar):
                dated.append(exclusion)
            elif touches(calendar, exclusion):
                raise ValueError("excludes times of days that no cron expression and no dates say")
        timing = calendar.expression()
        if timing is None:
            raise ValueError("selects days by day of the month and by day of the week, which no cron expression says")
        bounds = bounded(start, end, calendar.years, self._zone, self._now)
        self._exclude(bounds, dated, calendar)
        return timing | {"timezone": self._zone}, bounds

    def _of_interval(
        self, one: dict[str, Any], exclusions: list[Calendar], start: datetime | None, end: datetime | None
    ) -> Timing:
        if not all(covers_times(exclusion, None) for exclusion in exclusions):
            raise ValueError("excludes times of days from an interval, which no dates say")
        seconds, phase = (_seconds(one.get(name)) for name in ("interval", "phase"))
        timing = {
            "type": "interval",
            "interval_seconds": seconds,
            "start_at": (_EPOCH + timedelta(seconds=phase)).isoformat().replace("+00:00", "Z"),
            "timezone": self._zone,
        }
        bounds = bounded(start, end, None, self._zone, self._now)
        self._exclude(bounds, exclusions, None)
        return timing, bounds

    def _exclude(self, bounds: dict[str, Any], exclusions: list[Calendar], calendar: Calendar | None) -> None:
        """Write out the dates of exclusions."""
        if not exclusions:
            return
        dates, until = excluded_dates(exclusions, calendar, self._now.date())
        bounds["exclude"] = [*dates, *bounds.get("exclude", [])]
        if until is not None:
            self._not_said.append(f"excluded dates after {until}; the ones before are written out")

    def _time(self, name: str) -> datetime | None:
        value = self._spec.get(name)
        return None if value is None else moment(value)

    def _common_policies(self, *, parts: int) -> dict[str, Any]:
        name = str(self._policies.get("overlapPolicy") or "skip").removeprefix("SCHEDULE_OVERLAP_POLICY_")
        name = name.lower().replace("_", "")
        if name not in _OVERLAP:
            raise ValueError(f"has the overlap policy {name!r}, which is not known here")
        if name == "terminateother":
            self._differs.append("terminates an open workflow; here an open run is cancelled")
        window = _seconds(self._policies.get("catchupWindow")) or DEFAULT_WINDOW
        if window > LONGEST_GRACE:
            self._differs.append(
                f"its catch-up window of {window} s is cut to a week, the longest `misfire_grace_seconds`"
            )
        policies: dict[str, Any] = {
            "overlap": _OVERLAP[name], "misfire": "run_all", "misfire_grace_seconds": min(window, LONGEST_GRACE),
        }  # fmt: skip
        jitter = _seconds(self._spec.get("jitter"))
        if jitter > LONGEST_SPREAD:
            self._differs.append(f"its jitter of {jitter} s is cut to {LONGEST_SPREAD}, the longest `spread_seconds`")
        if jitter:
            policies["spread_seconds"] = min(jitter, LONGEST_SPREAD)
        timeout = _seconds(self._workflow.get("workflowExecutionTimeout"))
        if timeout:
            policies["timeout_seconds"] = min(max(timeout, SHORTEST_TIMEOUT), LONGEST_TIMEOUT)
            if policies["timeout_seconds"] != timeout:
                self._differs.append(f"its timeout of {timeout} s becomes {policies['timeout_seconds']} s, the nearest")
        if self._state.get("limitedActions"):
            left = int(self._state.get("remainingActions") or 0)
            if left == 0:
                raise ValueError("has no remaining actions, so it does not run any more")
            policies["max_runs"] = left
            if parts > 1:
                self._not_said.append(
                    f"its {left} remaining actions are of all parts together; here each part has so many"
                )
        if self._policies.get("pauseOnFailure"):
            self._not_said.append("pauseOnFailure: a schedule goes on after a failed run here")
        if self._policies.get("keepOriginalWorkflowId"):
            self._differs.append("keepOriginalWorkflowId: runs have ids of their own here")
        return policies

    def _report(self, written: list[dict[str, Any]], *, parts: int) -> None:
        report = self._drafts.report
        if parts > 1:
            self._differs.append(f"is {parts} schedules here; overlap, pause and jitter count for each by itself")
        for one, other in combinations(written, 2):
            both = shared_time(one, other, self._now)
            if both is not None:
                self._not_said.append(f"two of its parts share {both}: Temporal starts one workflow, here both run")
        for one in written:
            twice = repeated_time(one, self._now)
            if twice is not None:
                self._differs.append(f"the clocks show {twice} twice: Temporal runs it both times, here it runs once")
        if self._state.get("notes"):
            self._differs.append(f"its note is not carried over: {display_name(str(self._state['notes']))}")
        self._differs += not_carried(self._workflow)
        report.not_said += [(self._name, said) for said in dict.fromkeys(self._not_said)]
        report.differs += [(self._name, said) for said in dict.fromkeys(self._differs)]


def _seconds(value: Any) -> int:
    """Return a duration of JSON, such as `3600s`, in whole seconds. Temporal cuts fractions. Raises ValueError."""
    if value is None:
        return 0
    found = _DURATION.fullmatch(str(value))
    if found is None:
        raise ValueError(f"{value!r} is not a duration such as `3600s`")
    return int(found[1])
