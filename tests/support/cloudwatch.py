"""CloudWatch as far as alarms need it: metrics by namespace, name and exact dimensions, statistics over periods, and
what an alarm makes of them."""

from __future__ import annotations

import json
import math
import operator
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

Dimensions = frozenset[tuple[str, str]]
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
STATISTICS: dict[str, Callable[[list[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
    "Average": lambda values: sum(values) / len(values),
}


class CloudWatch:
    """Values that were reported, each in the minute of its second (UTC)."""

    def __init__(self) -> None:
        self._values: defaultdict[tuple[str, str, Dimensions], list[tuple[int, float]]] = defaultdict(list)

    def put(self, namespace: str, name: str, dimensions: Mapping[str, str], value: float, *, at: int) -> None:
        """One value, as an AWS service reports it."""
        self._values[namespace, name, frozenset(dimensions.items())].append((at, value))

    def read(self, line: str, *, at: int) -> None:
        """A line of a function's log: in the embedded metric format it holds metrics, else it holds none."""
        try:
            found = json.loads(line)
        except ValueError:
            return
        if not isinstance(found, dict) or "_aws" not in found:
            return
        for described in found["_aws"]["CloudWatchMetrics"]:
            for names in described["Dimensions"]:
                dimensions = {name: str(found[name]) for name in names}
                for metric in described["Metrics"]:
                    values = found[metric["Name"]]
                    for value in values if isinstance(values, list) else [values]:
                        self.put(described["Namespace"], metric["Name"], dimensions, value, at=at)

    def statistic(self, metric: tuple[str, str, Dimensions], name: str, *, start: int, seconds: int) -> float | None:
        """A statistic over a period; None where nothing was reported."""
        values = sorted(value for at, value in self._values.get(metric, []) if start <= at < start + seconds)
        if not values:
            return None
        if name.startswith("p"):
            return values[max(math.ceil(float(name[1:]) / 100 * len(values)), 1) - 1]
        return STATISTICS[name](values)

    def alarms(self, alarm: Mapping[str, Any], *, now: int) -> bool:
        """Whether an alarm, its references resolved, is in ALARM once every period that ended by `now` is known."""
        seconds = period_of(alarm)
        last = now - now % seconds
        breaches = 0
        for back in range(1, alarm["EvaluationPeriods"] + 1):
            value = self._value(alarm, start=last - back * seconds, seconds=seconds)
            if value is None:
                breaches += {"notBreaching": False, "breaching": True}[alarm["TreatMissingData"]]
            else:
                breaches += COMPARISONS[alarm["ComparisonOperator"]](value, alarm["Threshold"])
        return breaches >= int(alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]))

    def _value(self, alarm: Mapping[str, Any], *, start: int, seconds: int) -> float | None:
        if "Metrics" not in alarm:
            statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
            return self.statistic(metric_of(alarm), statistic, start=start, seconds=seconds)
        [expression] = [query["Expression"] for query in alarm["Metrics"] if query.get("ReturnData", True)]
        if expression != "SUM(METRICS())":
            raise ValueError(f"{expression}: of expressions, only the sum of all series is worked out here")
        stats = [query["MetricStat"] for query in alarm["Metrics"] if "MetricStat" in query]
        values = [
            self.statistic(metric_of(stat["Metric"]), stat["Stat"], start=start, seconds=seconds) for stat in stats
        ]
        known = [value for value in values if value is not None]
        return sum(known) if known else None


def metric_of(described: Mapping[str, Any]) -> tuple[str, str, Dimensions]:
    """The metric that an alarm, or one of its series, names."""
    dimensions = frozenset((dimension["Name"], dimension["Value"]) for dimension in described["Dimensions"])
    return described["Namespace"], described["MetricName"], dimensions


def series_of(alarm: Mapping[str, Any]) -> list[tuple[str, str, Dimensions]]:
    """Every metric that an alarm looks at."""
    if "Metrics" not in alarm:
        return [metric_of(alarm)]
    return [metric_of(query["MetricStat"]["Metric"]) for query in alarm["Metrics"] if "MetricStat" in query]


def period_of(alarm: Mapping[str, Any]) -> int:
    """The seconds of an alarm's periods, which are the same for all its series."""
    if "Metrics" not in alarm:
        return int(alarm["Period"])
    [seconds] = {query["MetricStat"]["Period"] for query in alarm["Metrics"] if "MetricStat" in query}
    return int(seconds)
