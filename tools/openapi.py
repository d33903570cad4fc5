"""docs/openapi.json, the document that the app serves as /openapi.json."""

from __future__ import annotations

import json
import sys
from typing import Any, cast

from agent_schedules.api.app import create_app

from tools.generated import ROOT, write_or_check

TARGET = ROOT / "docs" / "openapi.json"


def generated() -> str:
    """Return the document. It follows from the routes alone, so they get no services here."""
    nothing = cast(Any, None)
    return json.dumps(create_app(nothing, nothing).openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(write_or_check(TARGET, generated(), "the routes say"))
