"""docs/reference/schedules.schema.json, the JSON Schema of the file of `export`, `plan` and `apply`."""

from __future__ import annotations

import json
import sys
from typing import Any

from agent_schedules_cli.fleet_file.model import FleetFile
from tools.generated import ROOT, write_or_check

TARGET = ROOT / "docs" / "reference" / "schedules.schema.json"


def generated() -> str:
    """Return the schema of the file's model."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **FleetFile.model_json_schema(),
        "title": "Agents and schedules",
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(write_or_check(TARGET, generated(), "the model of the file says"))
