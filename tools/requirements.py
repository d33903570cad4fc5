"""The layer's requirements.txt, exported from uv.lock: SAM installs it, the lock decides it. `--check` compares
only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "layers" / "core" / "requirements.txt"


def exported() -> str:
    """What the lock says the layer ships."""
    uv = Path(sys.executable).parent / "uv"
    command = [str(uv), "export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", "--no-hashes", "--no-header"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603


def main() -> int:
    """Write the file, or say that it is stale."""
    text = "# Exported from uv.lock by `make fix`.\n" + exported()
    if "--check" not in sys.argv:
        TARGET.write_text(text)
        return 0
    if TARGET.read_text() == text:
        return 0
    print(f"{TARGET.relative_to(ROOT)} is not what uv.lock says: run `make fix`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
