"""Read one YAML document into JSON values, with the line of each.

The values are built from the parser's events, not by a constructor: nothing in a file can make an object, bounds hold
while it is read, and the scalars are those of YAML 1.2. Aliases may be used; what they expand to counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NoReturn

from agent_schedules_cli.fleet_file.core_schema import value_of
from agent_schedules_cli.fleet_file.problems import InvalidFile, Lines, Path, Problem

LARGEST_FILE = 16 * 1024 * 1024  # bytes
MOST_VALUES = 1_000_000  # with those that aliases repeat
DEEPEST = 40  # lists and objects within each other


@dataclass
class _Open:
    """A list or an object that has not ended."""

    value: list[Any] | dict[str, Any]
    path: Path
    anchor: str | None
    line: int
    key: str | None = None
    """The member whose value comes next."""
    key_lines: dict[str, int] = field(default_factory=dict)
    values: int = 1
    """How many values it has, itself included."""
    depth: int = 1
    """How deep it is nested."""


@dataclass(frozen=True)
class _Whole:
    """A value that has ended."""

    value: Any
    values: int = 1
    depth: int = 0


def read_yaml(data: bytes) -> tuple[Any, Lines]:
    """Return the value of a document and the lines of its values. Raises InvalidFile."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    if len(data) > LARGEST_FILE:
        raise InvalidFile(Problem((), None, f"has more than {LARGEST_FILE:,} bytes; split it into several"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidFile(Problem((), line, "is not UTF-8 text; save it as UTF-8")) from error
    builder = _Builder()
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"is not valid YAML: {' '.join(str(error.problem or error.context).split())}"
        raise InvalidFile(Problem((), mark.line + 1 if mark else None, message)) from error
    except (YAMLError, ValueError) as error:  # a character that YAML does not allow, or an escape of none
        raise InvalidFile(Problem((), None, f"is not valid YAML: {str(error).splitlines()[0]}")) from error
    if not builder.documents:
        raise InvalidFile(Problem((), None, "is empty; `agent-schedules export` writes a whole one"))
    return builder.root, builder.lines


class _Builder:
    """Turns events into values."""

    def __init__(self) -> None:
        self.root: Any = None
        self.documents = 0
        self.lines: dict[Path, int] = {}
        self._open: list[_Open] = []
        self._anchors: dict[str, _Whole] = {}
        self._values = 0

    def take(self, event: Any) -> None:
        """Take the parser's next event. Raises InvalidFile."""
        line = event.start_mark.line + 1
        match type(event).__name__:
            case "DocumentStartEvent":
                self._document(event, line)
            case "ScalarEvent":
                self._scalar(event, line)
            case "AliasEvent":
                self._alias(event.anchor, line)
            case "MappingStartEvent":
                self._begin({}, event, line)
            case "SequenceStartEvent":
                self._begin([], event, line)
            case "MappingEndEvent" | "SequenceEndEvent":
                self._end()

    def _document(self, event: Any, line: int) -> None:
        self.documents += 1
        if self.documents > 1:
            self._fail(line, "a second document begins here; put all agents into one")
        if event.version not in (None, (1, 2), "1.2"):
            self._fail(line, "is read as YAML 1.2; remove the `%YAML` line")

    def _scalar(self, event: Any, line: int) -> None:
        if event.tag not in (None, "!"):
            self._fail(line, f"has the tag {event.tag!r}; remove it, and quote the value if it is a string")
        plain = event.style is None and event.tag is None
        if self._wants_key():
            self._key(event.value, line, plain=plain)
            return
        self._count(1, line)
        self.lines.setdefault(self._next_path(), line)
        self._place(_Whole(self._value(event.value, line, plain=plain)), event.anchor)

    def _value(self, text: str, line: int, *, plain: bool) -> Any:
        try:
            return value_of(text) if plain else _unicode(text)
        except ValueError as error:
            self._fail(line, str(error), self._next_path())

    def _wants_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    def _key(self, text: str, line: int, *, plain: bool) -> None:
        parent = self._open[-1]
        name = self._value(text, line, plain=plain)
        if not isinstance(name, str):
            self._fail(line, f"the name {text!r} is not a string; quote it", parent.path)
        if name in parent.key_lines:
            where = parent.key_lines[name]
            self._fail(line, f"occurs twice, first on line {where}; remove one of them", (*parent.path, name))
        parent.key, parent.key_lines[name] = name, line
        self.lines[*parent.path, name] = line

    def _alias(self, anchor: str, line: int) -> None:
        if self._wants_key():
            self._fail(line, "an alias cannot be a name; write the name", self._open[-1].path)
        found = self._anchors.get(anchor)
        if found is None:
            self._fail(
                line, f"the alias *{anchor} has no anchor that ends before it; write the value", self._next_path()
            )
        if len(self._open) + found.depth > DEEPEST:
            self._too_deep(line)
        self._count(found.values, line)
        self.lines.setdefault(self._next_path(), line)
        self._place(found, None)

    def _begin(self, value: list[Any] | dict[str, Any], event: Any, line: int) -> None:
        if event.tag is not None:
            self._fail(line, f"has the tag {event.tag!r}; remove it", self._next_path())
        if self._wants_key():
            self._fail(line, "a list or an object cannot be a name", self._open[-1].path)
        if len(self._open) >= DEEPEST:
            self._too_deep(line)
        path = self._next_path()
        self.lines.setdefault(path, line)
        self._count(1, line)
        self._open.append(_Open(value, path, event.anchor, line))

    def _end(self) -> None:
        ended = self._open.pop()
        self._place(_Whole(ended.value, ended.values, ended.depth), ended.anchor)

    def _place(self, whole: _Whole, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = whole
        if not self._open:
            self.root = whole.value
            return
        parent = self._open[-1]
        parent.values += whole.values
        parent.depth = max(parent.depth, whole.depth + 1)
        if isinstance(parent.value, list):
            parent.value.append(whole.value)
        else:
            assert parent.key is not None  # `_wants_key` was false
            parent.value[parent.key], parent.key = whole.value, None

    def _next_path(self) -> Path:
        if not self._open:
            return ()
        parent = self._open[-1]
        if isinstance(parent.value, list):
            return (*parent.path, len(parent.value))
        return parent.path if parent.key is None else (*parent.path, parent.key)

    def _count(self, values: int, line: int) -> None:
        self._values += values
        if self._values > MOST_VALUES:
            self._fail(line, f"has more than {MOST_VALUES:,} values, with those that aliases repeat; split it", ())

    def _too_deep(self, line: int) -> NoReturn:
        self._fail(line, f"is nested more than {DEEPEST} deep", self._next_path()[:6])

    def _fail(self, line: int, message: str, path: Path = ()) -> NoReturn:
        raise InvalidFile(Problem(path, line, message))


def _unicode(text: str) -> str:
    """Join halves of characters, as JSON escapes those beyond U+FFFF. Raises ValueError for a half alone."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise ValueError("has half of a character (a lone surrogate), which is not Unicode text; remove it") from None
