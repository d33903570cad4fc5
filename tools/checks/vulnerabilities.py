"""`make scan`, second part: known vulnerabilities of the packages in the layers, from the advisories on PyPI.

pip-audit succeeds even if it could read no advisory. Here the scan succeeds only if every package was looked up, and
has an exit status of its own if no advisories can be read.
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
    """Return the pinned packages of all layers, as `name==version`."""
    return re.findall(r"^[A-Za-z0-9._-]+==[^\s;]+", of_layers(), re.MULTILINE)


def audited(packages: Sequence[str]) -> list[dict[str, Any]]:
    """Return pip-audit's result for each package."""
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
    """Return the exit status and the lines to print."""
    lines = [
        f"{one['name']} {one['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for one in found
        for flaw in one.get("vulns", [])
    ]
    looked_up = {one["name"].lower() for one in found if "vulns" in one}
    missing = [package for package in packages if package.split("==")[0].lower() not in looked_up]
    if missing:
        reasons = sorted({one["skip_reason"] for one in found if "skip_reason" in one})[:1]
        counted = f"NOT AUDITED: {len(missing)} of {len(packages)} packages, because no advisories could be read"
        lines.append(". ".join([counted, *reasons]))
    if any(one.get("vulns") for one in found):
        return VULNERABLE, lines
    if missing or not packages:
        return UNKNOWN, lines
    return CLEAN, [f"pip-audit: no known vulnerability in {len(packages)} packages"]


def main() -> int:
    """Audit one package to see whether advisories can be read, then all."""
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
