"""The text of a response of the Responses API. Pure."""

from __future__ import annotations

from typing import Any


def output_text(response: dict[str, Any] | None) -> str | None:
    """Return the text parts of a response's messages, joined; None if there are none.

    The response is the gateway's, so nothing about its form is certain.
    """
    parts = [
        part["text"]
        for item in _objects((response or {}).get("output"))
        if item.get("type", "message") == "message"
        for part in _objects(item.get("content"))
        if part.get("type", "output_text") == "output_text" and isinstance(part.get("text"), str)
    ]
    return "".join(parts) if parts else None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
