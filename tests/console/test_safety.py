"""Hostile texts in every field that these pages show: they are texts, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.support.browser import Console
from tests.support.markup import HOSTILE
from tests.support.process import Stack
from tests.support.served import Served
from tests.support.showcase import BEGIN

DAILY = {"type": "cron", "cron_expression": "0 7 * * *", "timezone": "Asia/Tokyo"}


def harmless(console: Console) -> None:
    """Nothing of what was shown has run, or became an element."""
    page = console.page
    assert page.evaluate("window.owned") is None
    assert page.evaluate("document.querySelectorAll('main script, main iframe, main img, main style').length") == 0
    assert page.evaluate("document.querySelectorAll('[onload], [onerror], [onfocus], [srcdoc]').length") == 0
    assert page.evaluate("[...document.links].every((link) => ['http:', 'https:'].includes(link.protocol))")


def test_the_list_and_the_overview_show_texts_as_texts(stack: Stack, console: Console) -> None:
    for text in HOSTILE:
        shown = text.replace("\u0000", "")
        agent = stack.post("/api/v1/agents", {"name": shown[:60], "model": "fail"})["id"]
        body = {"name": shown[:60], "input": shown, "schedule": DAILY, "metadata": {"note": shown[:60]}}
        path = f"/api/v1/agents/{agent}/schedules"
        stack.client.post(f"{path}/{stack.post(path, body)['id']}/pause", json={"reason": shown[:200]})
        stack.post(path, body | {"schedule": {"type": "interval", "interval_seconds": 2}, "policies": {"max_runs": 1}})
        stack.ended(agent, 1)
    page = console.open("/console/schedules")
    expect(page.get_by_role("row")).to_have_count(2 * len(HOSTILE) + 1)
    for text in HOSTILE[:-1]:
        expect(page.get_by_role("link", name=text[:60], exact=True).first).to_be_visible()
    harmless(console)
    page.get_by_role("button", name="Delete: ").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(f"{console.url}/console")
    expect(page.get_by_text("Run failed").first).to_be_visible()
    harmless(console)


@dataclass(frozen=True)
class Town:
    """An account whose every free text is hostile: one agent, schedule, webhook and two runs for each text."""

    served: Served
    pages: list[list[str]]
    """The addresses of the things of each text."""


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with Served(BEGIN) as served:
        yield Town(served, [made(served, text.replace("\u0000", "")) for text in HOSTILE])


def made(served: Served, text: str) -> list[str]:
    """Write a text into every field that takes one; the pages of what has it."""
    metadata = {"note": text, text[:60]: text}
    fields = {"description": text, "instructions": text, "metadata": metadata}
    agent = served.agent(text[:60], text[:60], **fields)
    failing = served.agent("fail", text[:60], **fields)
    served.post(f"/api/v1/agents/{agent}", {"instructions": f"{text} "})
    served.gateway.failure = {"code": text, "message": text}
    path = f"/api/v1/agents/{agent}/schedules"
    schedule = served.post(path, {"name": text[:60], "input": text, "schedule": DAILY, "metadata": metadata})["id"]
    runs = [served.post(f"{path}/{schedule}/trigger")["id"]]
    failed = served.post(f"/api/v1/agents/{failing}/runs", {"input": text, "metadata": metadata})["id"]
    served.world.pass_time(5)
    served.post(f"{path}/{schedule}/pause", {"reason": text[:200]})
    hook = {"url": "https://example.com/hook", "description": text, "metadata": metadata}
    webhook = served.post("/api/v1/webhooks", hook)["id"]
    of = f"/console/agents/{agent}"
    return [
        *(f"{of}?show={tab}" for tab in ("work", "configuration", "versions")),
        *(f"{of}/schedules/{schedule}?show={tab}" for tab in ("calendar", "times", "runs", "definition")),
        f"{of}/schedules/{schedule}/edit",
        *(f"{of}/runs/{run}" for run in runs),
        f"/console/agents/{failing}/runs/{failed}",
        f"/console/schedules/new?agent={agent}",
        f"/console/webhooks/{webhook}?show=settings",
    ]


LISTS = ["/console", "/console/schedules", "/console/calendar?view=day", "/console/agents", "/console/webhooks"]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_every_page_shows_a_hostile_text_as_a_text(number: int, town: Town, console_at: Callable[..., Console]) -> None:
    shown = HOSTILE[number].replace("\u0000", "")
    console = console_at(town.served.url)
    page = console.open("/console")
    for path in [*town.pages[number], *(LISTS if number == 0 else ())]:
        page.goto(console.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        expect(page.get_by_text("Loading…")).to_have_count(0)
        held = page.evaluate(
            """(text) => document.body.textContent.includes(text)
              || [...document.querySelectorAll('input, textarea')].some((one) => one.value.includes(text))""",
            shown[:40],
        )
        assert held, path
        harmless(console)


def test_a_hostile_address_is_harmless(console: Console) -> None:
    page = console.open(
        "/console/schedules?name=%3Cimg%20src%3Dx%20onerror%3Dwindow.owned%3D1%3E&after=x&status=paused"
    )
    console.allowed.add(400)
    expect(page.get_by_role("alert")).to_contain_text("after")
    harmless(console)
    page.goto(f"{console.url}/console/agents/%3Cscript%3E/%E0%A4%A/x")
    console.heading("No such page")
    harmless(console)


def test_the_page_cannot_be_put_into_a_frame(console: Console) -> None:
    page = console.open()
    console.heading("Overview")
    answer = page.request.get(f"{console.url}/console")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "require-trusted-types-for 'script'" in answer.headers["content-security-policy"]
    violated = page.evaluate("""() => new Promise((done) => {
      document.addEventListener('securitypolicyviolation', (event) => done(event.violatedDirective));
      try { document.body.innerHTML = '<b>'; } catch { /* refused */ }
    })""")
    assert violated == "require-trusted-types-for"
    assert console.problems  # the reports of it
    console.problems.clear()
