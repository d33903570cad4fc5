"""docs/reference/licences.md: the licence of each package in the layers."""

from __future__ import annotations

import json
import sys
from importlib.metadata import metadata

from agent_schedules.console.site import MANIFEST

from tools.checks.vulnerabilities import shipped
from tools.generated import ROOT, write_or_check

TARGET = ROOT / "docs" / "reference" / "licences.md"
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "PSF-2.0",
    "Unlicense",
}
# Names of licences from before SPDX, and their SPDX identifiers.
SPELT = {
    "Apache License 2.0": "Apache-2.0",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "MIT License": "MIT",
}
HEAD = """# Licences

The packages that the layers ship in addition to our own code (Apache-2.0). `make fix` writes this page from the
packages' metadata. `make check` compares it, and refuses a licence that it does not know.

| package | version | licence |
|---|---|---|
"""
CONSOLE = """
The console's pages come with these libraries, unchanged from npm:

| package | version | licence |
|---|---|---|
"""


def licence_of(package: str) -> str:
    """Return a package's licence as an SPDX expression. Raises LookupError unless its metadata names an allowed one."""
    about = metadata(package)
    named = about["License-Expression"] or about["License"] or ""
    if not named or "\n" in named:
        classifiers = [
            line.split(" :: ")[-1] for line in about.get_all("Classifier") or [] if line.startswith("License")
        ]
        named = classifiers[0] if classifiers else ""
    named = SPELT.get(named, named)
    words = named.replace("(", " ").replace(")", " ").split()
    licences = {word for word in words if word not in ("AND", "OR", "WITH")}
    if not licences or not licences <= ALLOWED:
        raise LookupError(f"{package} is under {named or 'no licence'}, which is not among those allowed")
    return named


def written() -> str:
    """Return the document."""
    rows = [package.split("==") for package in shipped()]
    table = "".join(f"| {name} | {version} | {licence_of(name)} |\n" for name, version in rows)
    return HEAD + table + CONSOLE + "".join(sorted({library(about) for about in vendored().values()}))


def vendored() -> dict[str, dict[str, str]]:
    """Return the manifest of the console's libraries."""
    found: dict[str, dict[str, str]] = json.loads(MANIFEST.read_text("utf-8"))
    return found


def library(about: dict[str, str]) -> str:
    """Return a library's line of the table."""
    return f"| {about['package']} | {about['version']} | {about['licence']} |\n"


def main() -> int:
    """Write the file, or print why it cannot be written or is stale."""
    try:
        return write_or_check(TARGET, written(), "the layers ship")
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
