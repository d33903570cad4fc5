"""`If-Match` as a text: what it may be, and what it means (RFC 9110, 5.6.1, 8.8.3 and 13.1.1)."""

from __future__ import annotations

import pytest
from agent_schedules.domain.etags import Condition
from agent_schedules.errors import InvalidRequest, PreconditionFailed
from hypothesis import example, given
from hypothesis import strategies as st

OPAQUE = st.text(st.sampled_from("!#Wg/*,1~\x80\xff"), max_size=4)
TAGS = st.lists(st.builds('{}"{}"'.format, st.sampled_from(["", "W/"]), OPAQUE), min_size=1, max_size=4)
SEPARATOR = st.sampled_from([",", ", ", " ,\t", ",,", ", ,"])


def spelled_out(header: str) -> set[str] | None:
    """The tags of a header, character by character; None for what is no list of them."""
    found: set[str] = set()
    separated = True
    while header:
        if header[0] in " \t,":
            separated = separated or header[0] == ","
            header = header[1:]
            continue
        start = header.find('"')
        end = header.find('"', start + 1)
        if not separated or header[: max(start, 0)] not in {"", "W/"} or end < 0:
            return None
        if any(character <= " " or character == "\x7f" or character > "\xff" for character in header[start:end]):
            return None
        found.add(header[: end + 1])
        header, separated = header[end + 1 :], False
    return found or None


@given(TAGS, st.data())
def test_a_list_is_its_tags_whatever_stands_between_them(tags: list[str], data: st.DataObject) -> None:
    header = tags[0] + "".join(data.draw(SEPARATOR) + tag for tag in tags[1:])
    assert Condition.of(header).tags == frozenset(tags)


@given(st.text(st.sampled_from('"W/*, \tg1\n\x7f\x80\xff\u0100'), max_size=12))
@example('"a""b"')
@example('"a" "b"')
@example('"a"\n')
@example("*, *")
@example("")
def test_any_text_is_a_list_of_tags_an_asterisk_or_refused(header: str) -> None:
    expected = spelled_out(header)
    if header == "*" or expected is not None:
        assert Condition.of(header).tags == (None if header == "*" else expected)
        return
    with pytest.raises(InvalidRequest, match=r"^If-Match: "):
        Condition.of(header)


@given(TAGS, OPAQUE)
def test_a_condition_holds_only_for_a_strong_tag_it_names(tags: list[str], opaque: str) -> None:
    current = f'"{opaque}"'
    Condition.of("*").must_hold(current)
    Condition.of(", ".join([*tags, current])).must_hold(current)
    others = [f"W/{current}", *(tag for tag in tags if tag != current)]
    with pytest.raises(PreconditionFailed):
        Condition.of(",".join(others)).must_hold(current)


def test_a_long_list_wrong_at_its_end_is_refused_at_once() -> None:
    for text in ('"a" , ,' * 2_000, " ," * 5_000, '"' + "a" * 10_000, "W/" * 5_000):
        with pytest.raises(InvalidRequest):
            Condition.of(text + "x")
