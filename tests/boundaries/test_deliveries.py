"""Bodies on the queues of deliveries: messages of ours, or refused; and URLs of any kind."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from agent_schedules.domain.deliveries import Deliver, DeliveryKey, deliver_of
from agent_schedules.domain.webhook_urls import url_problem
from hypothesis import strategies as st

from tests.boundaries.hostile import damaged, hostile, is_json, mutants, texts, values

KEY = DeliveryKey("acme:" + "a" * 64, "whk_01KJPZV2800000000000000001", "dlv_01KJPZV2800000000000000002")
MESSAGES = [Deliver(KEY, 1, '{"id":"evt_1"}').body(), Deliver(KEY, 7).body()]
URL = b"https://user:x@example.com:443/a/b?c=d#e"
HOSTS = [
    "127.1",
    "0x7f.1",
    "[::1]",
    "localhost.",
    "example.com",
    "2130706433",
    "a.internal",
    "xn--a.example",
    "①.example",
]


@hostile(mutants(*MESSAGES, most=3) | values, examples=400)
def test_a_body_of_any_json_is_a_delivery_or_none(sent: Any) -> None:
    try:
        message = deliver_of(sent)
    except ValueError:
        return
    assert is_json(message.body())
    assert "#" not in "".join(vars(message.key).values())
    assert deliver_of(json.loads(json.dumps(message.body()))) == message


urls = (
    damaged(URL).map(lambda data: data.decode("latin-1"))
    | texts
    | st.builds("{}{}{}{}".format, st.sampled_from(["https://", "HTTPS://", "//", "https:/"]),
                st.sampled_from(["", "user@", "a:b@", "\\", "\t"]), st.sampled_from(HOSTS),
                st.sampled_from(["", "/", ":443/", ":8443", ":0443", "#@b", "?@b", "\\@b", "/@b"]))
)  # fmt: skip


@hostile(urls, examples=400)
def test_a_url_that_is_taken_names_the_host_that_its_parser_sees(url: str) -> None:
    if url_problem(url) is not None:
        return
    parts = urlsplit(url)
    assert parts.scheme == "https"
    assert (parts.username, parts.password, parts.fragment, parts.port) == (None, None, "", parts.port)
    assert parts.port in {None, 443}
    assert parts.hostname is not None
    assert url[len("https://") :].lower().startswith(parts.hostname)
    assert not parts.hostname.rpartition(".")[2].isdigit()
