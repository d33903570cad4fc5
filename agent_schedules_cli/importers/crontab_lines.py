"""Read the lines of a crontab: settings and entries. What `cron` itself would do with a line, not yet what we do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SETTING = re.compile(r"""(?P<quote>["']?)(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P=quote)[ \t]*=[ \t]*(?P<value>.*)""")
_ENTRY = re.compile(r"(?P<quiet>-?)(?P<when>@\S+|[^\s@]\S*(?:[ \t]+\S+){4})[ \t]+(?P<rest>\S.*)")
_USER = re.compile(r"(?P<user>\S+)[ \t]+(?P<command>\S.*)")
_PERCENT = re.compile(r"\\%|%")


@dataclass(frozen=True)
class Setting:
    """A line such as `MAILTO=ops`, which holds for the entries below it."""

    line: int
    name: str
    value: str


@dataclass(frozen=True)
class Entry:
    """A line with a time and a command."""

    line: int
    when: str
    """The five fields, or a word such as `@daily`."""
    command: str
    stdin: str | None
    """The text after the first `%`, each further `%` a new line; None if there is none."""
    user: str | None
    """The user of a system crontab."""
    quiet: bool
    """The line begins with `-`: cron does not log it."""


@dataclass(frozen=True)
class Unreadable:
    """A line that is neither."""

    line: int
    text: str


def lines_of(text: str, *, system: bool) -> Iterator[Setting | Entry | Unreadable]:
    """Yield what each line says, without blank ones and comments. `system`: entries name a user before the command."""
    for number, raw in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        line = raw.strip(" \t")
        if line and not line.startswith("#"):
            yield _read(number, line, system=system)


def _read(number: int, line: str, *, system: bool) -> Setting | Entry | Unreadable:
    setting = _SETTING.fullmatch(line)
    if setting is not None:
        return Setting(number, setting["name"], _unquoted(setting["value"].strip()))
    entry = _ENTRY.fullmatch(line)
    named = _USER.fullmatch(entry["rest"]) if entry is not None and system else None
    if entry is None or (system and named is None):
        return Unreadable(number, line)
    command, stdin = _split(named["command"] if named is not None else entry["rest"])
    return Entry(
        line=number,
        when=re.sub(r"[ \t]+", " ", entry["when"]),
        command=command,
        stdin=stdin,
        user=named["user"] if named is not None else None,
        quiet=bool(entry["quiet"]),
    )


def _split(text: str) -> tuple[str, str | None]:
    """Return the command and its standard input: `%` ends the command, `\\%` is a percent sign."""
    parts = [""]
    at = 0
    for found in _PERCENT.finditer(text):
        parts[-1] += text[at : found.start()]
        at = found.end()
        if found[0] == "%":
            parts.append("")
        else:
            parts[-1] += "%"
    parts[-1] += text[at:]
    return parts[0].rstrip(), "\n".join(parts[1:]) if len(parts) > 1 else None


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
