"""`make scan`, its second part: known vulnerabilities of what the layers ship, from the advisories on PyPI.

pip-audit calls it a success when no advisory could be read at all; here it is one only when each package was looked
up. Where the network has no advisories it says so and ends with a status of its own, so that nobody takes it for clean.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from tools.generated import ROOT
from tools.requirements import of_layers

AUDIT = ROOT / ".tools" / "scan" / "bin" / "pip-audit"
CLEAN, VULNERABLE, UNKNOWN = 0, 1, 3


def shipped() -> list[str]:
    """The pinned packages of all layers, as `name==version`."""
    return re.findall(r"^[A-Za-z0-9._-]+==[^\s;]+", of_layers(), re.MULTILINE)


def audited(packages: Sequence[str]) -> list[dict[str, Any]]:
    """What pip-audit says of each package."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(packages))
        file.flush()
        command = [str(AUDIT), "-r", file.name, "--no-deps", "--disable-pip", "-f", "json", "--progress-spinner", "off"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        found: list[dict[str, Any]] = json.loads(ended.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = (ended.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return [{"name": package, "skip_reason": reason} for package in packages]
    return found


def verdict(packages: Sequence[str], found: Sequence[dict[str, Any]]) -> tuple[int, list[str]]:
    """The status to end with, and what to say."""
    lines = [
        f"{one['name']} {one['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for one in found
        for flaw in one.get("vulns", [])
    ]
    looked_up = {one["name"].lower() for one in found if "vulns" in one}
    missing = [package for package in packages if package.split("==")[0].lower() not in looked_up]
    if missing:
        reasons = sorted({one["skip_reason"] for one in found if "skip_reason" in one})[:1]
        counted = f"NOT AUDITED: {len(missing)} of {len(packages)} packages, no advisories were to be had"
        lines.append(". ".join([counted, *reasons]))
    if any(one.get("vulns") for one in found):
        return VULNERABLE, lines
    if missing or not packages:
        return UNKNOWN, lines
    return CLEAN, [f"pip-audit: no known vulnerability in {len(packages)} packages"]


def main() -> int:
    """Audit, after one package has shown that there are advisories to read."""
    packages = shipped()
    found = audited(packages[:1])
    if "vulns" in found[0]:
        found = audited(packages)
    status, lines = verdict(packages, found)
    for line in lines:
        print(line, file=sys.stderr if status else sys.stdout)
    return status


if __name__ == "__main__":
    sys.exit(main())
