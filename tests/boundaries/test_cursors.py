"""Cursors that a caller made or changed: the page they were sealed for, or a 400."""

from __future__ import annotations

from agent_schedules.domain.paging import Cursors, Paging
from agent_schedules.errors import InvalidRequest
from hypothesis import strategies as st

from tests.boundaries.hostile import damaged, hostile, texts

CURSORS = Cursors(lambda: b"secret")
SCOPE = ("local", "agents")
LAST = "agt_01KJPZV2800000000000000001"
SEALED = CURSORS.sign(SCOPE, Paging(), LAST)


@hostile(
    damaged(SEALED.encode()).map(lambda data: data.decode("latin-1")) | texts | st.text(), st.booleans(), examples=400
)
def test_a_cursor_of_any_kind_opens_its_own_page_or_none(after: str, newest_first: bool) -> None:
    paging = Paging(after=after, newest_first=newest_first)
    try:
        opened = CURSORS.verify(SCOPE, paging)
    except InvalidRequest:
        return
    assert (opened.after, opened.newest_first) == (LAST, True)
