"""An event as a line of text for a chat, in the form of Slack's incoming webhooks. Pure.

The text has ids, times and codes only, as the event has. `<url|words>` is Slack's form of a link.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LONGEST_OUTPUT = 3_000  # characters; Slack cuts a message after 40,000, and recommends 4,000

WORDS: Mapping[str, str] = {
    "run.started": "Run started",
    "run.completed": "Run completed",
    "run.failed": "Run failed",
    "run.incomplete": "Run incomplete",
    "run.cancelled": "Run cancelled",
    "occurrence.missed": "Occurrences missed",
    "occurrence.skipped": "Occurrences skipped",
    "schedule.created": "Schedule created",
    "schedule.updated": "Schedule changed",
    "schedule.paused": "Schedule paused",
    "schedule.resumed": "Schedule resumed",
    "schedule.completed": "Schedule completed",
    "schedule.deleted": "Schedule deleted",
    "schedule.silent": "Schedule silent",
    "schedule.recovered": "Schedule recovered",
    "webhook.disabled": "Webhook disabled",
    "webhook.test": "Test of a webhook",
}
"""How the text begins, for each kind of event."""
DETAILS = (
    ("error_code", "code"),
    ("cause", "by"),
    ("reason", "reason"),
    ("after", "after"),
    ("count", "how many"),
    ("scheduled_for", "due"),
    ("since", "since"),
    ("until", "until"),
)
"""Fields of an event, and what they are called in the text, in its order."""
SUBJECTS = ("schedule_id", "run_id", "webhook_id")
MENTION = re.compile(r"(?<![^\W_])@(?=\w)|@(?=everyone|here)", re.IGNORECASE)
"""The `@` of a mention. That of a mail address follows a letter or digit; Discord takes `@everyone` there too."""
NO_SPACE = "\u200b"
"""A space without width. After `@` it ends a mention, and is not seen."""


def chat_text(kind: str, data: Mapping[str, Any], output: str | None = None) -> str:
    """Return the text for an event of that kind, with the start of an output if one is given."""
    subjects = [str(data[name]) for name in SUBJECTS if data.get(name)]
    details = [f"{name} {data[field]}" for field, name in DETAILS if data.get(field) is not None]
    text = ": ".join(part for part in (WORDS.get(kind, kind), ", ".join(subjects)) if part)
    if details:
        text += f" ({', '.join(details)})"
    text = _escaped(text)
    link = str(data.get("link", ""))
    if link.startswith(("https://", "http://")):
        text += f" <{_escaped(link)}|open>"
    if output:
        cut = output if len(output) <= LONGEST_OUTPUT else output[:LONGEST_OUTPUT] + "…"
        text += f"\n{_escaped(cut)}"
    return text


def _escaped(text: str) -> str:
    """Return the text so that a chat shows it as it is: no link, and no mention.

    Slack mentions with `<!channel>`. Others take a plain `@everyone`, and a model's output must not call a whole team.
    """
    return MENTION.sub(f"@{NO_SPACE}", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
