"""The DynamoDB expressions that the table's adapter writes: conditions, key conditions and updates.

Items and values are in DynamoDB's typed form. Each text is parsed once; the adapter writes a few dozen.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

Item = dict[str, dict[str, Any]]
Names = Mapping[str, str]
Values = Mapping[str, dict[str, Any]]
Condition = Callable[[Item, Names, Values], bool]

_TOKEN = re.compile(r"\s*([#:]?\w+|<=|>=|[=<>(),])")
_COMPARISONS = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True)
class Term:
    """A comparison, or a function: `name` of an attribute against `operand`, a placeholder."""

    name: str
    attribute: str
    operand: str | None = None


def plain(typed: Mapping[str, Any]) -> Any:
    """Return the plain value of a typed one. Numbers are whole in this table."""
    ((kind, value),) = typed.items()
    return int(value) if kind == "N" else value


@cache
def condition(text: str) -> Condition:
    """Parse a ConditionExpression into a test of an item, which is empty if absent. Raises ValueError."""
    parser = _Parser(text)
    found = parser.alternatives()
    parser.end()
    return found


@cache
def key_terms(text: str) -> tuple[Term, ...]:
    """Parse a KeyConditionExpression: the hash key's term, and the range key's if there is one. Raises ValueError."""
    parser = _Parser(text)
    terms = [parser.term()]
    while parser.take("AND"):
        terms.append(parser.term())
    parser.end()
    return tuple(terms)


def updated(item: Item, text: str, names: Names, values: Values) -> Item:
    """Return the item after an UpdateExpression of SET and ADD. Raises ValueError."""
    new = dict(item)
    for verb, attribute, operand in _actions(text):
        name, value = _named(attribute, names), values[operand]
        if verb == "ADD":
            value = {"N": str(plain(new.get(name, {"N": "0"})) + plain(value))}
        new[name] = value
    return new


@cache
def _actions(text: str) -> tuple[tuple[str, str, str], ...]:
    """Return verb, attribute and placeholder of each action."""
    parser = _Parser(text)
    actions: list[tuple[str, str, str]] = []
    for verb in ("SET", "ADD"):
        if not parser.take(verb):
            continue
        while True:
            attribute = parser.next()
            if verb == "SET":
                parser.expect("=")
            actions.append((verb, attribute, parser.next()))
            if not parser.take(","):
                break
    parser.end()
    return tuple(actions)


def _named(attribute: str, names: Names) -> str:
    return names[attribute] if attribute.startswith("#") else attribute


class _Parser:
    """Reads tokens from left to right; AND binds stronger than OR."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _TOKEN.findall(text)
        if "".join(self._tokens) != re.sub(r"\s", "", text):
            raise ValueError(f"an expression this service does not use: {text}")

    def next(self) -> str:
        """Take the next token."""
        if not self._tokens:
            raise ValueError(f"an expression that is not complete: {self._text}")
        return str(self._tokens.pop(0))

    def take(self, token: str) -> bool:
        """Take this token if it is next."""
        comes = self._tokens[:1] == [token]
        if comes:
            self._tokens.pop(0)
        return comes

    def expect(self, token: str) -> None:
        """Take this token, or raise ValueError."""
        if not self.take(token):
            raise ValueError(f"{token} is missing in: {self._text}")

    def end(self) -> None:
        """Raise ValueError if a token is left."""
        if self._tokens:
            raise ValueError(f"{self._tokens[0]} is one too many in: {self._text}")

    def alternatives(self) -> Condition:
        """Parse conditions joined by OR."""
        return self._between("OR", self._conjunction, any)

    def _conjunction(self) -> Condition:
        return self._between("AND", self._part, all)

    def _between(
        self, word: str, read: Callable[[], Condition], together: Callable[[Iterable[bool]], bool]
    ) -> Condition:
        parts = [read()]
        while self.take(word):
            parts.append(read())
        if len(parts) == 1:
            return parts[0]
        return lambda item, names, values: together(part(item, names, values) for part in parts)

    def _part(self) -> Condition:
        if self.take("("):
            inner = self.alternatives()
            self.expect(")")
            return inner
        return _test(self.term())

    def term(self) -> Term:
        """Parse one comparison or function."""
        first, then = self.next(), self.next()
        if then in _COMPARISONS:
            return Term(then, first, self.next())
        attribute, operand = self.next(), None
        if then != "(" or first not in {"attribute_exists", "attribute_not_exists", "begins_with"}:
            raise ValueError(f"a condition this service does not use: {self._text}")
        if first == "begins_with":
            self.expect(",")
            operand = self.next()
        self.expect(")")
        return Term(first, attribute, operand)


def _test(term: Term) -> Condition:
    if term.operand is None:
        wanted = term.name == "attribute_exists"
        return lambda item, names, _: (_named(term.attribute, names) in item) is wanted
    if term.name not in _COMPARISONS:
        raise ValueError(f"{term.name}: only a key condition uses it here")
    compare, operand = _COMPARISONS[term.name], term.operand

    def holds(item: Item, names: Names, values: Values) -> bool:
        stored, given = item.get(_named(term.attribute, names)), values[operand]
        return stored is not None and stored.keys() == given.keys() and bool(compare(plain(stored), plain(given)))

    return holds
