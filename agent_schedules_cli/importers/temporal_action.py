"""Translate the workflow that a schedule of Temporal starts into the input of a run."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from typing import Any

_CARRIED = {"workflowId", "workflowType", "input", "workflowExecutionTimeout"}
_EMPTY: list[Any] = [{}, [], "", "0s", None, "WORKFLOW_ID_REUSE_POLICY_UNSPECIFIED"]


def input_of(workflow: dict[str, Any], kind: str, differs: list[str], not_said: list[str]) -> str:
    """Return the input: the workflow's arguments as text or JSON, or its type if it has none."""
    payloads = (workflow.get("input") or {}).get("payloads") or []
    values = [_value(payload) for payload in payloads]
    if any(value is _UNREADABLE for value in values):
        not_said.append("its arguments, which are not JSON (compressed, encrypted or binary): the input is the type")
        return kind
    if not values:
        differs.append("its workflow has no arguments: the input is the workflow's type; write what the agent is to do")
        return kind
    only = values[0] if len(values) == 1 else values
    differs.append(f"Temporal starts the workflow {kind} with these arguments; here an agent gets them as its input")
    return only if isinstance(only, str) and only else json.dumps(only, ensure_ascii=False)


def not_carried(workflow: dict[str, Any]) -> list[str]:
    """Return what has no counterpart here."""
    names = sorted(name for name, value in workflow.items() if name not in _CARRIED and value not in _EMPTY)
    return [f"{', '.join(names)}: not carried over"] if names else []


_UNREADABLE = object()


def _value(payload: dict[str, Any]) -> Any:
    """Return the JSON of a payload, or `_UNREADABLE`."""
    try:
        encoding = b64decode((payload.get("metadata") or {}).get("encoding") or "").decode()
        if encoding == "binary/null":
            return None
        if encoding not in ("json/plain", "json/protobuf"):
            return _UNREADABLE
        return json.loads(b64decode(payload.get("data") or ""))
    except (binascii.Error, ValueError, RecursionError):
        return _UNREADABLE
