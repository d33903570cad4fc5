"""The API reference: made of the server's own description, offline, with calls that run against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest
from agent_schedules.api import openapi
from meetkai_mka1 import SDK
from playwright.sync_api import expect

from tests.support.browser import PHONE, Console
from tests.support.operations import DOCUMENT
from tests.support.served import HOSTILE, Served

OPERATIONS = {one["operationId"]: one for methods in DOCUMENT["paths"].values() for one in methods.values()}


def test_every_operation_has_a_page_of_its_own(looked: Console) -> None:
    page = looked.open("/docs")
    looked.heading("API reference")
    links = page.get_by_role("navigation", name="Operations").get_by_role("link")
    expect(links).to_have_count(len(OPERATIONS))
    found = links.evaluate_all("links => links.map((link) => new URL(link.href).searchParams.get('operation'))")
    assert sorted(found) == sorted(OPERATIONS)
    for name in found:
        page.get_by_role("navigation", name="Operations").locator(f"a[href$='operation={name}']").click()
        expect(page.locator(".operation .snippets")).to_be_visible()
        expect(page.get_by_role("heading", name="Answers")).to_be_visible()


def test_operations_are_found_and_schemas_unfold(looked: Console, accessible: Callable[[Console], None]) -> None:
    page = looked.open("/docs")
    accessible(looked)
    page.keyboard.press("/")
    page.keyboard.type("create schedule")
    page.get_by_role("link", name="Create a schedule").click()
    expect(page).to_have_url(f"{looked.url}/docs?q=create+schedule&operation=create_agent_schedule")
    page.reload()
    expect(page.get_by_role("heading", name="Create a schedule")).to_be_visible()
    page.get_by_label("Unfold schedule").first.click()
    expect(page.get_by_text("cron_expression")).to_be_visible()
    page.get_by_label("Unfold policies").first.click()
    expect(page.get_by_text("overlap", exact=True).first).to_be_visible()
    accessible(looked)


def test_a_get_is_sent_at_once_and_others_ask_first(
    served: Served, looked: Console, accessible: Callable[[Console], None]
) -> None:
    served.agent(name=HOSTILE[:120])
    page = looked.open("/docs?operation=list_agents")
    page.get_by_label("limit").fill("1")
    page.get_by_role("button", name="Send", exact=True).click()
    answer = page.get_by_role("region", name="Answer", exact=True)
    expect(answer).to_contain_text("x-request-id")
    expect(answer).to_contain_text("<script>window.hacked=1</script>")
    looked.harmless()
    accessible(looked)
    page.goto(f"{served.url}/docs?operation=create_agent")
    page.get_by_role("button", name="Send…").click()
    assert not [call for call in looked.calls("/api/v1/agents") if call.startswith("POST")]
    page.get_by_role("button", name="Send POST").click()
    expect(page.get_by_role("region", name="Answer", exact=True)).to_contain_text('"object": "agent"')


def test_an_error_is_an_answer_too(looked: Console) -> None:
    looked.allowed.add(404)
    page = looked.open("/docs?operation=get_agent")
    page.get_by_label("agent_id").fill("../keys?x")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("region", name="Answer", exact=True)).to_contain_text("404")
    assert looked.calls("/api/v1/agents/..%2Fkeys%3Fx")


def test_the_snippets_are_calls_of_the_sdk_that_exist(looked: Console) -> None:
    page = looked.open("/docs")
    navigation = page.get_by_role("navigation", name="Operations")
    called = 0
    for name, one in OPERATIONS.items():
        if not one["tags"][0].startswith("agent"):
            continue
        navigation.locator(f"a[href$='operation={name}']").click()
        expect(page.locator(f".reference-link[aria-current][href$='operation={name}']")).to_be_visible()
        tab = page.locator(".operation .tab").nth(1)
        if tab.text_content() == "Python SDK":
            tab.click()
            group = one["tags"][0].replace(" ", "_")
            expect(page.locator(".operation .snippets code")).to_contain_text(f"sdk.{group}.{name}(")
            with SDK(server_url=looked.url, bearer_auth="local") as sdk:
                assert callable(getattr(getattr(sdk, group), name))
            called += 1
    assert called == 21


def test_the_python_of_a_body_is_python(looked: Console) -> None:
    page = looked.open("/docs?operation=create_webhook")
    page.get_by_role("textbox", name="Body").fill(
        '{"url": "https://example.com/\'x\'", "include_output": true, "description": null}'
    )
    page.locator(".operation .tab").nth(1).click()
    code = page.locator(".operation .snippets code").text_content() or ""
    compile(code, "snippet", "exec")
    assert '"include_output": True' in code
    assert '"description": None' in code
    page.locator(".operation .tab").nth(0).click()
    expect(page.locator(".operation .snippets code")).to_contain_text("'\\''x'\\''")


def test_it_can_be_read_without_a_key(looked: Console, accessible: Callable[[Console], None]) -> None:
    page = looked.open("/docs?operation=create_agent", key=None)
    expect(page.get_by_role("heading", name="Save an agent")).to_be_visible()
    expect(page.get_by_role("button", name="Send…")).to_have_count(0)
    accessible(looked)
    page.get_by_role("link", name="Sign in to send").click()
    page.get_by_role("button", name="Use the key local").click()
    expect(page.get_by_role("button", name="Send…")).to_be_visible()


def test_a_read_key_is_told_that_it_cannot_send(served: Served, console_at: Callable[..., Console]) -> None:
    _, secret = served.world.keyring.create("local", "read")
    console = console_at(served.url, size=PHONE)
    page = console.open("/docs?operation=create_agent", key=secret)
    expect(page.get_by_text("Your key reads only")).to_be_visible()
    page.get_by_role("link", name="All operations").click()
    page.get_by_role("link", name="List agents, newest first").click()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


@pytest.fixture
def strange() -> Iterator[Served]:
    """A server whose description has a circle, a reference to nothing, and hostile texts."""
    node = {"type": "object", "description": HOSTILE, "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    gone = {"$ref": "#/components/schemas/__proto__"}
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}
    made = {
        "operationId": "odd",
        "tags": ["odd"],
        "description": HOSTILE,
        "parameters": [{"name": HOSTILE, "in": "query", "schema": gone, "description": HOSTILE}],
        "requestBody": body,
        "responses": {"200": {"description": HOSTILE, "content": {"application/json": {"schema": gone}}}},
    }
    odd = {
        "info": {"description": HOSTILE},
        "tags": [{"name": "odd", "description": HOSTILE}],
        "paths": {"/odd": {"post": made}},
        "components": {"schemas": {"Node": node}},
    }
    with patch.object(openapi, "_completed", lambda _: odd), Served() as served:
        yield served


def test_a_strange_description_is_shown_as_text(strange: Served, console_at: Callable[..., Console]) -> None:
    console = console_at(strange.url)
    page = console.open("/docs?operation=odd")
    for _ in range(5):
        page.get_by_label("Unfold next", exact=True).first.click()
    expect(page.get_by_label("Fold next", exact=True)).to_have_count(5)
    console.harmless()
