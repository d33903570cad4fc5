"""A schedule as a person reads it: its timing, its pause and its policies in a few words."""

from __future__ import annotations

from typing import Any

from agent_schedules_cli.commands.policy_options import policies_text
from agent_schedules_cli.output import print_item


def timing_text(spec: dict[str, Any]) -> str:
    """Return a timing in a few words."""
    texts: dict[str, str] = {
        "cron": f"{spec.get('cron_expression')} {spec['timezone']}",
        "interval": f"every {spec.get('interval_seconds')} s",
        "once": f"at {spec.get('run_at')}",
    }
    return texts[spec["type"]] + (" to the second" if spec.get("precision") == "second" else "")


def pause_text(pause: dict[str, Any] | None) -> str | None:
    """Return a pause in a few words."""
    if pause is None:
        return None
    words = [pause["cause"], pause["reason"], f"by {pause['by']}" if pause["by"] else None]
    words += [f"{name} {pause[name]}" for name in ("since", "until") if pause[name]]
    return ", ".join(word for word in words if word)


def show_schedule(schedule: dict[str, Any], *, as_json: bool) -> None:
    """Print a schedule."""
    words = {
        "schedule": timing_text(schedule["schedule"]),
        "policies": policies_text(schedule["policies"]),
        "pause": pause_text(schedule["pause"]),
    }
    print_item(schedule if as_json else schedule | words, as_json=as_json)
