"""docs/reference/parameters.md: the template's parameters in its own groups and words, with defaults and limits."""

from __future__ import annotations

import sys
from typing import Any

from dev.template import load_template
from tools.generated import ROOT, write_or_check

TARGET = ROOT / "docs" / "reference" / "parameters.md"
HEAD = """# Parameters

Every parameter of `template.yaml`, with its default. [Deploy](../how-to/deploy.md#where-parameters-come-from) says how
to set one. `make fix` writes this page from the template, and `make check` compares.

Read more: [gateways](gateways.md) for `Gateway…` and `RunTimeoutSeconds`;
[keys and tokens](../how-to/keys.md#json-web-tokens) for `Jwt…`;
[requests and concurrency](../explanation/concurrency.md) for `RequestRateLimit`, `RequestBurstLimit`,
`WorkerMaximumConcurrency` and the reserves; [decision 8](../decisions/0008-limits.md) for the limits;
[decision 11](../decisions/0011-end-of-deleted-agents.md) for `AgentRetentionDays`;
[retention](policies.md#retention) for `RunRetentionDays`; [events](events.md) for `NotificationEmail`, `EventBusName`
and `PublicUrl`.
"""


def allowed(parameter: dict[str, Any]) -> str:
    """Return what values a parameter takes, as a cell of a table."""
    if "AllowedValues" in parameter:
        return ", ".join(f"`{value}`" for value in parameter["AllowedValues"])
    if "MinValue" in parameter:
        low = parameter["MinValue"]
        return f"{low:,} to {parameter['MaxValue']:,}" if "MaxValue" in parameter else f"{low:,} or more"
    return str(parameter.get("ConstraintDescription", "")).removeprefix("must be ")


def row(name: str, parameter: dict[str, Any]) -> str:
    """Return a parameter's line of its table."""
    default = f"`{parameter['Default']}`" if parameter.get("Default") not in ("", None) else "empty"
    cells = (f"`{name}`", default, allowed(parameter), " ".join(parameter["Description"].split()))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def written() -> str:
    """Return the document."""
    template = load_template()
    parts = [HEAD]
    for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]:
        rows = [row(name, template["Parameters"][name]) for name in group["Parameters"]]
        table = "| parameter | default | values | meaning |\n|---|---|---|---|\n" + "\n".join(rows)
        parts.append(f"\n## {group['Label']['default']}\n\n{table}\n")
    return "".join(parts)


if __name__ == "__main__":
    sys.exit(write_or_check(TARGET, written(), "the template says"))
