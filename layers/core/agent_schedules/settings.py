"""The settings of a deployment, read once from the environment that template.yaml sets, and checked at cold start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

THIS_MACHINE = {"127.0.0.1", "::1", "localhost"}
"""The hosts of this machine, where plain HTTP is safe."""


class Settings(BaseModel):
    """Each field is the environment variable of the same name in capitals."""

    model_config = ConfigDict(frozen=True)

    table_name: str = Field(min_length=3)
    schedule_group: str = Field(min_length=1)
    scheduler_role_arn: str = Field(min_length=1)
    runner_arn: str = Field(min_length=1)
    """The exact ARN that entries invoke."""
    scheduler_dlq_arn: str = Field(min_length=1)
    queue_url: str = Field(min_length=1)
    source_queue_url: str = ""
    """The queue that the function reads, if it reads one."""
    gateway_url: str = Field(pattern=r"^https?://")
    """Base of a Responses API: `/responses` is added to it."""
    gateway_mode: Literal["background", "synchronous"] = "background"
    gateway_dialect: Literal["openai", "mka1"] = "openai"
    """The variant of the Responses API. MKA1's additions are sent only with `mka1`."""
    gateway_connect_seconds: Annotated[float, Field(gt=0, le=60)] = 5
    gateway_read_seconds: Annotated[float, Field(gt=0, le=300)] = 20
    """Timeout of a poll or a cancel. A send may take as long as its function has."""
    run_timeout_seconds: Annotated[int, Field(ge=60, le=30 * 86_400)] = 86_400
    """An open run older than this fails."""
    gateway_secret_id: str = ""
    """Secrets Manager secret with the gateway's API key; empty if the gateway needs none."""
    minimum_interval_seconds: Annotated[int, Field(ge=1)] = 1
    misfire_grace_seconds: Annotated[int, Field(ge=120)] = 3600
    maximum_schedules_per_tenant: Annotated[int, Field(ge=0)] = 10_000
    """0 for no limit, as in the next three."""
    maximum_schedules_per_agent: Annotated[int, Field(ge=0)] = 5_000
    maximum_occurrences_per_hour: Annotated[int, Field(ge=0)] = 36_000
    """Of a tenant's schedules together."""
    maximum_runs_per_minute: Annotated[int, Field(ge=0)] = 600
    """Started by callers of a tenant."""
    agent_retention_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """How long a deleted agent can be restored; fixed for each at its deletion."""
    run_retention_days: Annotated[int, Field(ge=0, le=3650)] = 0
    """How long runs are kept after their end; 0: for ever."""
    event_bus_name: str = ""
    """EventBridge bus for events; empty for none."""
    webhooks: Literal["on", "off"] = "off"
    """With `on`, the next three must be given."""
    delivery_queue_url: str = ""
    redelivery_queue_url: str = ""
    webhook_secret_id: str = ""
    """Secrets Manager secret from which the secrets of webhooks derive."""
    webhook_high_ports: Literal["on", "off"] = "off"
    """Whether URLs of webhooks may have ports from 1024 on."""
    maximum_webhooks_per_tenant: Annotated[int, Field(ge=0)] = 50
    public_url: str = Field(default="", pattern=r"^(https?://\S+)?$")
    """The beginning of the links in events: where the console is. Empty: links begin with a slash."""
    jwt_issuer: str = Field(default="", pattern=r"^(https://\S+)?$")
    """Issuer of JSON Web Tokens that are accepted in addition to API keys; empty for none."""
    jwt_audience: str = ""
    jwt_tenant_claim: str = Field(default="tenant", min_length=1)
    jwt_scope_claim: str = "scope"
    """Claim with `read`, `write` or `admin`; if empty, every token has `write`."""
    jwt_keys_url: str = Field(default="", pattern=r"^(https://\S+)?$")
    """URL of the issuer's public keys; empty for `/.well-known/jwks.json` below the issuer."""
    console: Literal["on", "off"] = "on"
    """Whether the api function serves the console."""
    cursor_secret_id: str = Field(min_length=1)
    """Secrets Manager secret that signs the cursors of lists."""

    @field_validator("gateway_url")
    @classmethod
    def _gateway_is_private(cls, url: str, info: ValidationInfo) -> str:
        allowed = url.startswith("https://") or bool((info.context or {}).get("in_the_clear"))
        if not allowed and urlsplit(url).hostname not in THIS_MACHINE:
            raise ValueError(
                "gateway_url: must begin with https://; otherwise its key and every prompt travel unencrypted"
            )
        return url

    @model_validator(mode="after")
    def _tokens_have_an_audience(self) -> Self:
        if self.jwt_issuer and not self.jwt_audience:
            raise ValueError(
                "jwt_audience: is required with jwt_issuer; otherwise tokens for other services would be accepted"
            )
        return self

    @model_validator(mode="after")
    def _webhooks_are_complete(self) -> Self:
        needed = (self.delivery_queue_url, self.redelivery_queue_url, self.webhook_secret_id)
        if self.webhooks == "on" and not all(needed):
            raise ValueError("webhooks: `on` needs delivery_queue_url, redelivery_queue_url and webhook_secret_id")
        return self

    @classmethod
    def from_env(cls, environ: Mapping[str, str], *, in_the_clear: bool = False) -> Settings:
        """Return the settings in a mapping such as `os.environ`. Raises pydantic's ValidationError for invalid ones.

        `in_the_clear`: allow plain HTTP to a gateway on another machine, for a developer's own network.
        """
        given = {name: environ[name.upper()] for name in cls.model_fields if name.upper() in environ}
        return cls.model_validate(given, context={"in_the_clear": in_the_clear})
