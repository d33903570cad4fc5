"""docs/openapi.json, the document that the app serves as /openapi.json. `--check` compares only."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, cast

from agent_schedules.http import create_app

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "openapi.json"


def generated() -> str:
    """The document as text. It follows from the routes alone, so nothing stands behind them here."""
    nothing = cast(Any, None)
    return json.dumps(create_app(nothing, nothing).openapi(), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the file, or say that it is stale."""
    text = generated()
    if "--check" not in sys.argv:
        TARGET.write_text(text)
        return 0
    if TARGET.exists() and TARGET.read_text() == text:
        return 0
    print(f"{TARGET.relative_to(ROOT)} is not what the routes say: run `make fix`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
