"""Events as lines of text for a chat."""

from __future__ import annotations

from typing import get_args

import pytest
from agent_schedules.domain.chat_text import LONGEST_OUTPUT, WORDS, chat_text
from agent_schedules.domain.events import KINDS, Kind

RUN = {
    "schedule_id": "sched_1",
    "run_id": "run_1",
    "error_code": "gateway_timeout",
    "scheduled_for": "2026-05-01T09:00:00Z",
    "link": "https://schedules.example/console/agents/agt_1/runs/run_1",
}


def told(kind: str, **data: object) -> str:
    return chat_text(kind, data)


def test_every_kind_has_words() -> None:
    assert set(WORDS) == set(KINDS) == set(get_args(Kind))


def test_failed_run_says_which_why_and_where() -> None:
    assert told("run.failed", **RUN) == (
        "Run failed: sched_1, run_1 (code gateway_timeout, due 2026-05-01T09:00:00Z)"
        " <https://schedules.example/console/agents/agt_1/runs/run_1|open>"
    )


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("schedule.paused", {"schedule_id": "s", "cause": "job", "until": None}, "Schedule paused: s (by job)"),
        ("schedule.silent", {"schedule_id": "s", "since": "T"}, "Schedule silent: s (since T)"),
        ("webhook.disabled", {"webhook_id": "w", "reason": "gone"}, "Webhook disabled: w (reason gone)"),
        ("webhook.test", {"webhook_id": "w", "link": "/console/webhooks/w"}, "Test of a webhook: w"),
        ("occurrence.missed", {"reason": "late", "count": 3}, "Occurrences missed (reason late, how many 3)"),
        ("a.later.kind", {}, "a.later.kind"),
    ],
)  # fmt: skip
def test_other_kinds_say_what_they_have(kind: str, data: dict[str, object], text: str) -> None:
    assert told(kind, **data) == text


def test_nothing_in_the_text_is_a_mention_or_a_link_of_its_own() -> None:
    text = chat_text("run.completed", {"run_id": "<!channel>"}, "<https://evil|x> & <@U1>")
    assert text == "Run completed: &lt;!channel&gt;\n&lt;https://evil|x&gt; &amp; &lt;@\u200bU1&gt;"


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ("@everyone", "@\u200beveryone"),
        ("hi @here, @channel!", "hi @\u200bhere, @\u200bchannel!"),
        ("_@all_ (@joe)", "_@\u200ball_ (@\u200bjoe)"),
        ("all@everyone", "all@\u200beveryone"),
        ("me@example.com @ 9:00", "me@example.com @ 9:00"),
    ],
)
def test_an_output_mentions_none_in_any_chat(output: str, shown: str) -> None:
    assert chat_text("run.completed", {}, output) == f"Run completed\n{shown}"


def test_output_is_cut() -> None:
    text = chat_text("run.completed", {}, "x" * (LONGEST_OUTPUT + 1))
    assert text == "Run completed\n" + "x" * LONGEST_OUTPUT + "…"
