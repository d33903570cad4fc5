"""The layers' requirements.txt, exported from uv.lock for SAM."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.generated import ROOT, write_or_check

LAYERS = ROOT / "layers"


def exported(*groups: str) -> str:
    """Return the lock's packages of some dependency groups."""
    uv = Path(sys.executable).parent / "uv"
    command = [str(uv), "export", "--quiet", "--frozen", "--no-hashes", "--no-header"]
    only = [option for group in groups for option in ("--only-group", group)]
    text = subprocess.run([*command, *only], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return "# Exported from uv.lock by `make fix`.\n" + text


def of_layers() -> str:
    """Return the requirements of all layers, one file after the other."""
    return "".join(path.read_text("utf-8") for path in sorted(LAYERS.glob("*/requirements.txt")))


def without(lines: str, others: str) -> str:
    """Return the packages of one export that another lacks, each with the comments below it."""
    known = {line for line in others.splitlines() if "==" in line}
    kept: list[str] = []
    keeping = True
    for line in lines.splitlines():
        if not line.startswith(" "):
            keeping = line not in known
        if keeping:
            kept.append(line)
    return "\n".join(kept) + "\n"


def main() -> int:
    """Write the files, or print which are stale."""
    core = exported("layer")
    layers = {"core": core, "jwt": without(exported("layer", "jwt"), core)}
    return max(
        [write_or_check(LAYERS / layer / "requirements.txt", text, "uv.lock says") for layer, text in layers.items()]
    )


if __name__ == "__main__":
    sys.exit(main())
