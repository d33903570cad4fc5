"""A saved agent: the configuration that its runs are rendered from. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

CONFIGURATION = (
    "name",
    "description",
    "model",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "max_tool_calls",
    "fallback_models",
    "text",
    "reasoning",
    "metadata",
)
"""The fields of contract 3.2 that a version of an agent consists of."""


@dataclass(frozen=True)
class Agent:
    """One agent at one version."""

    id: str
    version: int
    configuration: dict[str, Any]
    """Exactly the fields of `CONFIGURATION`."""
    created_at: datetime
    updated_at: datetime
