"""The files of the console, with the headers that they are served with. It reads nothing but its own folder.

There are three: the page, one module with all scripts, one style sheet. The page is the same for every path; its
scripts read the path. The names of the other two contain a hash of both, so browsers keep them for ever.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from agent_schedules.console.linker import linked

ASSETS = Path(__file__).parent / "assets"
MANIFEST = ASSETS / "vendor" / "manifest.json"
"""The vendored libraries: name, version, licence, source and hash. `make check` compares the files with it."""
SCRIPT, STYLE = "console.js", "console.css"
LAYERS = "@layer tokens, base, parts, pages;\n"
"""The order of the style sheets' layers, a later one before an earlier one."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the icon
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
COMMON = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Vary": "Accept-Encoding",
}
FOR_EVER = "public, max-age=31536000, immutable"
TYPES = {SCRIPT: "text/javascript; charset=utf-8", STYLE: "text/css; charset=utf-8"}


@dataclass(frozen=True)
class Reply:
    """An answer to a browser."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class _File:
    plain: bytes
    packed: bytes
    headers: Mapping[str, str]

    @classmethod
    def of(cls, content: bytes, headers: Mapping[str, str]) -> _File:
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        return cls(content, gzip.compress(content, mtime=0), {**COMMON, **headers, "ETag": tag})

    def reply(self, accepts: str, known: str) -> Reply:
        if known and self.headers["ETag"] in known:
            return Reply(304, self.headers)
        if "gzip" in accepts.lower():
            return Reply(200, {**self.headers, "Content-Encoding": "gzip"}, self.packed)
        return Reply(200, self.headers, self.plain)


def page(local_key: str | None, *, accepts: str = "", known: str = "") -> Reply:
    """Return the page. `local_key`: a key that the sign-in names. `accepts` and `known` are the request's
    `Accept-Encoding` and `If-None-Match`."""
    return _page(local_key or "").reply(accepts, known)


def asset(digest: str, name: str, *, accepts: str = "", known: str = "") -> Reply | None:
    """Return an asset, or None if there is none of that name with that hash."""
    files = _assets()
    return files[name].reply(accepts, known) if digest == version() and name in files else None


@cache
def version() -> str:
    """Return the hash of all assets."""
    whole = hashlib.sha256()
    for name in sorted(sources()):
        whole.update(f"{name}\0{sources()[name]}\0".encode())
    return whole.hexdigest()[:16]


@cache
def sources() -> Mapping[str, str]:
    """Return the texts of the console's files by their paths below `assets`."""
    return {
        path.relative_to(ASSETS).as_posix(): path.read_text("utf-8")
        for path in sorted(ASSETS.rglob("*"))
        if path.suffix in {".css", ".html", ".js", ".mjs"}
    }


def script() -> str:
    """Return all scripts as one module. Raises LinkError."""
    packages = {name: f"vendor/{about['file']}" for name, about in json.loads(MANIFEST.read_text("utf-8")).items()}
    return linked({name: text for name, text in sources().items() if name.endswith("js")}, "main.js", packages)


@cache
def _assets() -> Mapping[str, _File]:
    style = LAYERS + "".join(text for name, text in sources().items() if name.endswith(".css"))
    contents = {SCRIPT: script(), STYLE: style}
    headers = {name: {"Content-Type": TYPES[name], "Cache-Control": FOR_EVER} for name in contents}
    return {name: _File.of(text.encode(), headers[name]) for name, text in contents.items()}


@cache
def _page(local_key: str) -> _File:
    values = {"assets": f"/console/assets/{version()}", "local-key": local_key}
    text = sources()["index.html"]
    for name, value in values.items():
        text = text.replace(f"{{{{{name}}}}}", escape(value))
    return _File.of(text.encode(), {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"})
