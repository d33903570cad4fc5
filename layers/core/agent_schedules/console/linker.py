"""Put ES modules together into one, when they are first asked for. Pure.

A browser asks for all modules of a page at once. Behind API Gateway each of these requests is an invocation, and many
at once are as many cold starts. One file is one invocation. The source stays plain ES modules without a build step.

Each module becomes a function that returns its exports, in the order in which they depend on each other. The linker
knows only the forms of `import` and `export` below, and refuses every other with its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

_OWN_IMPORT = re.compile(r'^import (?:\{([^}]*)\}|\* as ([\w$]+)) from "([^"]+)";$', re.MULTILINE)
_OWN_EXPORT = re.compile(r"^export (?=(?:(?:async )?function\*?|const|class) ([\w$]+))", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b", re.MULTILINE)
_PACKED_IMPORT = re.compile(r'import\{([^}]*)\}from"([^"]+)";')
_PACKED_EXPORT = re.compile(r"export\{([^}]*)\};")
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


class LinkError(ValueError):
    """A module that the linker cannot take: an unknown form, a missing module, or a circle of imports."""


@dataclass(frozen=True)
class _Module:
    body: str
    """The text, with `import(name)` of other modules in place of import declarations."""
    exports: Mapping[str, str]
    """The names that it exports, and what it calls them itself."""
    needs: tuple[str, ...]


def linked(modules: Mapping[str, str], entry: str, packages: Mapping[str, str]) -> str:
    """Return one module that does what `entry` does.

    `modules`: the texts by their paths. `packages`: the paths of the libraries, by the names that imports use.
    """
    done: dict[str, str] = {}
    parts: list[str] = []

    def take(path: str, through: tuple[str, ...]) -> str:
        if path in through:
            raise LinkError(f"{path}: imports itself through {' and '.join(through[through.index(path) + 1 :])}")
        if path not in done:
            if path not in modules:
                raise LinkError(f"{through[-1] if through else entry}: imports {path}, which does not exist")
            module = _read(path, modules[path], packages)
            names = {need: take(need, (*through, path)) for need in module.needs}
            body = re.sub(r"\x00([^\x00]+)\x00", lambda found: names[found[1]], module.body)
            done[path] = f"$m{len(done)}"
            exports = ", ".join(f"{name}: {own}" for name, own in module.exports.items())
            parts.append(f"// {path}\nconst {done[path]} = (() => {{\n{body}\nreturn {{ {exports} }};\n}})();\n")
        return done[path]

    take(entry, ())
    return "".join(parts)


def _read(path: str, text: str, packages: Mapping[str, str]) -> _Module:
    return (_packed if path in packages.values() else _own)(path, text, packages)


def _own(path: str, text: str, packages: Mapping[str, str]) -> _Module:
    """Read a module of the console."""
    needs: list[str] = []

    def fetched(found: re.Match[str]) -> str:
        needs.append(_resolved(path, found[3], packages))
        return f"const {found[2] or _renamed(found[1])} = \x00{needs[-1]}\x00;"

    body = _OWN_IMPORT.sub(fetched, text)
    exports = {name: name for name in _OWN_EXPORT.findall(body)}
    body = _OWN_EXPORT.sub("", body)
    if left := _LEFT.search(body):
        line = body.count("\n", 0, left.start())
        raise LinkError(f"{path}: the linker does not know this form: {body.splitlines()[line]}")
    return _Module(body, exports, tuple(needs))


def _packed(path: str, text: str, packages: Mapping[str, str]) -> _Module:
    """Read a library, which is minified."""
    needs: list[str] = []
    exports: dict[str, str] = {}

    def fetched(found: re.Match[str]) -> str:
        needs.append(_resolved(path, found[2], packages))
        return f"const {_renamed(found[1])}=\x00{needs[-1]}\x00;"

    def given(found: re.Match[str]) -> str:
        for one in found[1].split(","):
            own, _, name = one.strip().partition(" as ")
            exports[name or own] = own
        return ""

    body = _PACKED_EXPORT.sub(given, _PACKED_IMPORT.sub(fetched, _SOURCE_MAP.sub("", text)))
    if "export default function" in body:
        body, exports["default"] = body.replace("export default function", "function $default", 1), "$default"
    if not exports or "import{" in body or "export " in body:
        raise LinkError(f"{path}: the linker does not know a form of import or export in it")
    return _Module(body.strip(), exports, tuple(needs))


def _renamed(names: str) -> str:
    """Return imported names as a pattern of a declaration: `{ a, b: c }`."""
    return "{ " + ", ".join(name.strip().replace(" as ", ": ") for name in names.split(",") if name.strip()) + " }"


def _resolved(path: str, name: str, packages: Mapping[str, str]) -> str:
    """Return the path of an imported module. Raises LinkError for a package that is not vendored."""
    if not name.startswith("."):
        if name not in packages:
            raise LinkError(f"{path}: imports {name}, which is not among the vendored libraries")
        return packages[name]
    found: list[str] = []
    for part in (*PurePosixPath(path).parent.parts, *name.split("/")):
        if part == "..":
            found.pop()
        elif part != ".":
            found.append(part)
    return "/".join(found)
