"""The request bodies of webhooks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictBool, StringConstraints

from agent_schedules.domain.events import KINDS, OPT_IN
from agent_schedules.domain.webhook_urls import LONGEST_URL
from agent_schedules.ids import id_pattern
from agent_schedules.schemas.body import Body, examples_of
from agent_schedules.schemas.fields import KEPT, Metadata, NotNull
from agent_schedules.schemas.requests import Changes

TYPES = sorted(KINDS.keys() - {"webhook.test"})
"""Without the one that is sent to its webhook alone, whatever its filters."""


def _known(kind: str) -> str:
    if kind not in TYPES:
        raise ValueError(f"is not a type of event; use {', '.join(TYPES)}")
    return kind


def _once_each(kinds: list[str]) -> list[str]:
    if len(set(kinds)) < len(kinds):
        raise ValueError("names a type of event twice; name each once")
    return kinds


Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_URL,
        description="`https://` and a public DNS name, in ASCII. No user name, password or fragment. Port 443, unless "
        "the deployment allows ports from 1024 on",
        json_schema_extra={"format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"},
    ),
]
Events = Annotated[
    list[Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(TYPES)})]],
    Field(min_length=1, max_length=len(TYPES), json_schema_extra={"uniqueItems": True}),
    AfterValidator(_once_each),
    Field(
        description="The types of event that are sent; null for all but those that must be asked for: "
        + ", ".join(f"`{kind}`" for kind in sorted(OPT_IN))
    ),
]
Description = Annotated[str, StringConstraints(max_length=500)]
AgentFilter = Annotated[
    str,
    Field(
        pattern=id_pattern("agt"), description="Only events of this agent. It is not looked up, so it need not exist"
    ),
]
ScheduleFilter = Annotated[
    str,
    Field(
        pattern=id_pattern("sched"),
        description="Only events of this schedule. It is not looked up, so it need not exist",
    ),
]
MetadataFilter = Annotated[Metadata, Field(description="Only events of schedules whose metadata has all these values")]
Format = Annotated[
    Literal["standard", "slack"],
    Field(description="`slack`: a text that an incoming webhook of Slack takes, in place of the event"),
]
IncludeOutput = Annotated[
    StrictBool, Field(description="Whether a completed run's event has the first 32 KB of its output text")
]
AllUsers = Annotated[
    StrictBool,
    Field(
        description="Whether it also gets the events of all users that the account acts for. Only with the scope "
        "`admin`, and without `X-On-Behalf-Of`. It cannot be changed later"
    ),
]


class CreateWebhookBody(Body):
    """A new webhook."""

    model_config = examples_of(
        {"url": "https://example.com/hooks/agents"},
        {"url": "https://example.com/hooks", "events": ["run.failed", "occurrence.missed"], "metadata": {"team": "a"}},
        {"poll": True},
    )
    url: Annotated[Url | None, Field(description="Required, unless `poll` is true")] = None
    poll: Annotated[
        StrictBool,
        Field(
            description="Whether its deliveries are only recorded, for a caller that reads them. Such a webhook lives "
            "for 24 hours; an owner has at most 5"
        ),
    ] = False
    description: Description | None = None
    events: Events | None = None
    agent_id: AgentFilter | None = None
    schedule_id: ScheduleFilter | None = None
    metadata: MetadataFilter = Field(default={})
    format: Format = "standard"
    include_output: IncludeOutput = False
    all_users: AllUsers = False


class UpdateWebhookBody(Changes):
    """Changes to a webhook. Omitted fields keep their values. Null clears a field that may be null."""

    model_config = examples_of({"events": ["run.failed"]}, {"enabled": True}, minProperties=1)
    url: Annotated[Url, NotNull] = KEPT
    description: Description | None = None
    events: Events | None = None
    agent_id: AgentFilter | None = None
    schedule_id: ScheduleFilter | None = None
    metadata: Annotated[MetadataFilter, NotNull] = KEPT
    format: Annotated[Format, NotNull] = KEPT
    include_output: Annotated[IncludeOutput, NotNull] = KEPT
    enabled: Annotated[
        StrictBool,
        NotNull,
        Field(description="False stops it. True starts it again, and forgets earlier failures"),
    ] = KEPT
