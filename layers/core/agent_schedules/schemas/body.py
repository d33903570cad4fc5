"""The base of request bodies. Unknown fields are refused (contract D39)."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A request body, or an object in one."""

    # FastAPI suppresses pydantic's warnings only while it builds a body's field, so do not defer the build
    # (`cold_start.py`).
    model_config = ConfigDict(extra="forbid", defer_build=False)


def examples_of(*examples: dict[str, Any], **keywords: int) -> ConfigDict:
    """Return the configuration that adds examples and keywords to the JSON schema of a body."""
    return ConfigDict(json_schema_extra={**keywords, "examples": list(examples)})
