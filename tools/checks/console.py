"""Check the console's files: the vendored libraries against their manifest, the size, and what no script may use.

    python -m tools.checks.console

`make check-console` checks the types of the scripts, which needs Node.js.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from agent_schedules.console.linker import LinkError
from agent_schedules.console.site import ASSETS, MANIFEST, SCRIPT, STYLE, asset, page, sources, version

from tools.checks.licences import ALLOWED

LARGEST = 200 * 1024  # bytes of all that a browser loads, compressed
LONGEST = 300  # lines of a file
FIELDS = {"package", "version", "licence", "source", "file", "sha256"}
FORBIDDEN = {
    r"\b(?:inner|outer)HTML\b|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write": "makes HTML of a text",
    r"\beval\(|new Function\b": "makes code of a text",
    r"<\w[^`>]*\sstyle=(?!\$\{\{)": "has a style attribute, which the policy forbids; use a class, or style=${{...}}",
    r"https?://(?!www\.w3\.org/)[\w.]+\.\w": "names another host",
    r"\blocalStorage\b": "keeps something beyond the tab; lib/settings.js does that, for what is not secret",
}
MAY = {("lib/settings.js", r"\blocalStorage\b")}


def vendored() -> Iterator[str]:
    """Return what is wrong with the vendored libraries."""
    known = json.loads(MANIFEST.read_text("utf-8"))
    files = {path.name for path in MANIFEST.parent.iterdir()} - {MANIFEST.name}
    listed: set[str] = set()
    for name, about in known.items():
        if about.keys() != FIELDS:
            yield f"{name}: must have exactly {', '.join(sorted(FIELDS))}"
            continue
        if about["licence"] not in ALLOWED:
            yield f"{name}: is under {about['licence']}, which is not among those allowed"
        notice = f"{about['package']}.LICENSE"
        if notice not in files:
            yield f"{name}: the text of its licence is missing: {notice}"
        listed |= {about["file"], notice}
        content = (MANIFEST.parent / about["file"]).read_bytes()
        if hashlib.sha256(content).hexdigest() != about["sha256"]:
            yield f"{about['file']}: is not {about['source']}; its hash differs from the manifest's"
    for name in sorted(files - listed):
        yield f"{name}: is not in the manifest"


def written() -> Iterator[str]:
    """Return what is wrong with our own scripts and styles."""
    for name, text in sources().items():
        if name.startswith("vendor/"):
            continue
        if text.count("\n") > LONGEST:
            yield f"{name}: has more than {LONGEST} lines"
        for pattern, meaning in FORBIDDEN.items():
            if name.endswith(".html") or (name, pattern) in MAY:
                continue
            for found in re.finditer(pattern, text):
                line = text.count("\n", 0, found.start()) + 1
                yield f"{name}:{line}: {meaning}"


def weight() -> dict[str, int]:
    """Return the compressed bytes of all that a browser loads."""
    loaded = {name: asset(version(), name) for name in (SCRIPT, STYLE)} | {"index.html": page(None)}
    return {name: len(gzip.compress(reply.body, mtime=0)) for name, reply in loaded.items() if reply}


def main() -> int:
    """Print what is wrong."""
    problems = [*vendored(), *written()]
    try:
        total = sum(weight().values())
    except LinkError as error:
        problems.append(str(error))
    else:
        if total > LARGEST:
            problems.append(f"the console is {total} bytes compressed, more than {LARGEST}")
    for problem in problems:
        print(f"{ASSETS.relative_to(Path.cwd())}: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
