"""An answer of the gateway, and an issuer's keys, cost what they are long."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from agent_schedules.adapters import issuer_keys
from agent_schedules.adapters.gateway_answers import response_in, scrubbed
from agent_schedules.adapters.http_pool import Answer
from agent_schedules.errors import Unavailable
from agent_schedules.ports import GatewayError

from tests.support.growth import MOST, growth
from tests.support.hostile import ANYWHERE, Make, of

pytestmark = pytest.mark.slow

LARGEST = 1024 * 1024  # bytes
RESPONSE = b'{"id":"resp_1","status":"completed",'
ANSWERS: dict[str, Make] = {
    **ANYWHERE,
    "output": of(RESPONSE + b'"output":[', b'{"type":"message","content":[]}', b"]}"),
    "halves of pairs in a response": of(RESPONSE + b'"a":"', rb"\ud83d", b'"}', b""),
    "numbers that are none": of(RESPONSE + b'"a":[', b"NaN", b"]}"),
    "an error": of(b'{"error":{"message":"', b"a", b'"}}', b""),
    "a page": of(b"<html>", b"<p>", b"</html>", b""),
}


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_costs_what_it_is_long(name: str, status: int) -> None:
    def prepared(size: int) -> Callable[[], object]:
        answer = Answer(status, {}, ANSWERS[name](size))

        def act() -> None:
            with suppress(GatewayError):
                response_in(answer, "poll", response_id=None, wall=0)

        return act

    assert growth(prepared, LARGEST) < MOST


TEXTS: dict[str, Make] = {
    "letters": of(b"", b"a", b"", b""),
    "blanks": of(b"key", b" ", b"", b""),
    "words": of(b"", b"key a", b"", b" "),
    "keys": of(b"", b"sk-aaaaaaaaaaaaaaaa", b"", b" "),
    "dashes": of(b"", b"aa-", b"", b""),
    "bearers": of(b"", b"Bearer", b"", b" "),
}


@pytest.mark.parametrize("key", ["", "x", "sk-aaaaaaaaaaaaaaaa"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_scrubbed_in_linear_time(name: str, key: str) -> None:
    def prepared(size: int) -> Callable[[], object]:
        text = TEXTS[name](size).decode()
        return lambda: scrubbed(text, key)

    assert growth(prepared, 64 * 1024) < MOST


KEYS: dict[str, Make] = {
    **ANYWHERE,
    "keys that are none": of(b'{"keys":[', b"{}", b"]}"),
    "keys of no kind": of(b'{"keys":[', b'{"kid":"%d","kty":"x"}', b"]}"),
    "secret keys": of(b'{"keys":[', b'{"kid":"%d","kty":"oct","k":"AA"}', b"]}"),
}


@pytest.mark.parametrize("name", KEYS)
def test_an_issuers_keys_cost_what_they_are_long(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def prepared(size: int) -> Callable[[], object]:
        answer = Answer(200, {}, KEYS[name](size))

        def act() -> None:
            monkeypatch.setattr(issuer_keys, "ask", lambda *_, **__: answer)
            with suppress(Unavailable):
                issuer_keys.IssuerKeys("https://issuer.test/").find("key")

        return act

    assert growth(prepared, issuer_keys.LARGEST) < MOST
