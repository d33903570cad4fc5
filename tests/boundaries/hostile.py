"""Values that a boundary may meet: JSON of every kind, what Python's parser takes for JSON, and messages of other
services with a part of them changed. `FUZZ_SCALE` multiplies the examples, `FUZZ_SEED` chooses others."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import given, seed, settings
from hypothesis import strategies as st

SEED = os.environ.get("FUZZ_SEED")
SCALE = int(os.environ.get("FUZZ_SCALE") or 1)
EVENTS = Path(__file__).parent.parent.parent / "events"
Test = Callable[..., None]


def nested(levels: int) -> Any:
    """A list in a list, so many levels deep."""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


ODD = [
    None, True, False, 0, -1, -0.0, 1.5, 1e308, float("nan"), float("inf"), float("-inf"), 2**31, 2**63, 10**40,
    -(10**40), 10**100, "", " ", "0", "-1", "NaN", "\0", "\r\n", "\x7f\x80\x9f", "\ud800", "a\udfff", "\u2028", "é",
    "日本", "🎉", "²", "#", "a#b", "a" * 2_000, [], {}, [None], [[]], {"": {}}, {"\ud800": 1}, nested(300),
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "2026-03-29T01:00:00", "1e999",
]  # fmt: skip
"""What somebody's parser, number or text was not made for."""

odd = st.sampled_from(ODD)
texts = (
    st.text(max_size=20)
    | st.text(st.characters(), max_size=5)
    | st.sampled_from([o for o in ODD if isinstance(o, str)])
)
values = st.recursive(
    odd | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
"""Anything that `json.loads` can answer, and what it should not."""


def hostile(*strategies: st.SearchStrategy[Any], examples: int) -> Callable[[Test], Test]:
    """A test of so many random values of each strategy in a quick run."""

    def decorated(test: Test) -> Test:
        drawn = settings(max_examples=examples * SCALE)(given(*strategies)(test))
        return seed(int(SEED))(drawn) if SEED else drawn

    return decorated


def event(name: str) -> Any:
    """One of the event files."""
    return json.loads((EVENTS / f"{name}.json").read_text())


def _places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield way
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from _places(member, (*way, name))


@st.composite
def mutants(draw: st.DrawFn, *originals: Any, most: int = 2) -> Any:
    """One of the documents with up to `most` of its members replaced or left out."""
    document = json.loads(json.dumps(draw(st.sampled_from(originals))))
    for _ in range(draw(st.integers(1, most))):
        places = [way for way in _places(document) if way]
        if not places:
            return draw(values)
        *way, last = draw(st.sampled_from(places))
        holder = document
        for name in way:
            holder = holder[name]
        if draw(st.booleans()):
            holder[last] = deepcopy(draw(odd | values))
        else:
            del holder[last]
    return document


def wire(value: Any) -> bytes:
    """JSON as a careless server writes it: `NaN`, and half of a surrogate pair as its escape."""
    return json.dumps(value).encode()


@st.composite
def damaged(draw: st.DrawFn, text: bytes) -> bytes:
    """The bytes with some of them changed, left out or put in."""
    data = bytearray(text)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["set", "cut", "insert", "end"])):
            case "set" if at < len(data):
                data[at] = draw(st.integers(0, 255))
            case "cut":
                del data[at : at + draw(st.integers(1, 40))]
            case "insert":
                data[at:at] = draw(
                    st.binary(max_size=8) | st.sampled_from([b"NaN", b"\\ud800", b"\xff", b"\n", b"[" * 500])
                )
            case _:
                del data[at:]
    return bytes(data)


def is_json(value: Any) -> bool:
    """Whether it is JSON proper, which every reader takes: finite numbers, whole characters, at most 255 levels."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, TypeError, RecursionError):
        return False
    return max((len(way) for way in _places(value)), default=0) <= 255
