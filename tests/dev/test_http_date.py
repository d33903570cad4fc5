"""The local stack's `Date`: its own clock's, once in each answer."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
from starlette.responses import PlainTextResponse

from dev.http_date import dated
from dev.server import serve


def test_an_answer_has_the_date_of_the_given_clock() -> None:
    app = dated(PlainTextResponse("ok"), lambda: datetime(2026, 3, 28, 23, 30, tzinfo=UTC))
    with serve(app, dates=False) as server:
        answer = httpx.get(server.url)
    assert answer.headers.get_list("date") == ["Sat, 28 Mar 2026 23:30:00 GMT"]
