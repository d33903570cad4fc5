"""The text of JSON in the table. Pure."""

from __future__ import annotations

import json
from typing import Any


def json_text(value: Any) -> str:
    """Return JSON as it is stored and measured: compact, with Unicode unescaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
