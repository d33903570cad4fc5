"""The page of one run: what came out, why it was late, and its actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.support.browser import PHONE, Console
from tests.support.served import HOSTILE, Served

STEP = 45


def run(served: Served, text: Any = "Hello", *, model: str = "echo", seconds: int = 5) -> str:
    """The page of a run that has had some time."""
    made = served.post(f"/api/v1/agents/{served.agent(model)}/runs", {"input": text})
    served.world.pass_time(seconds)
    return f"/console/agents/{made['agent_id']}/runs/{made['id']}"


def test_a_run_shows_what_went_in_and_out(
    served: Served, looked: Console, accessible: Callable[[Console], None]
) -> None:
    page = looked.open(run(served, "Say hello"))
    looked.heading("Run of Reporter")
    expect(page.get_by_text("Say hello")).to_have_count(2)
    expect(page.get_by_text("Completed").first).to_be_visible()
    expect(page.get_by_text("1,234")).to_be_visible()
    expect(page.get_by_text("A call of the API, without a schedule")).to_be_visible()
    page.get_by_role("button", name="Copy the output").click()
    assert page.evaluate("navigator.clipboard.readText()") == "Say hello"
    page.get_by_text("Raw response").click()
    expect(page.get_by_text('"output_tokens": 34')).to_be_visible()
    accessible(looked)


def test_hostile_texts_of_a_run_are_shown_as_texts(served: Served, looked: Console) -> None:
    served.gateway.says = [
        {"type": "reasoning", "summary": [{"text": HOSTILE}]},
        {"type": HOSTILE, "name": HOSTILE},
        {"type": "message", "content": [{"text": HOSTILE}, {"refusal": HOSTILE}, {"type": 7}, None]},
        None,
    ]
    try:
        at = run(served, [{"role": "user", "content": [{"type": "input_text", "text": HOSTILE}]}])
    finally:
        served.gateway.says = None
    page = looked.open(at)
    expect(page.get_by_text("<script>window.hacked=1</script>").first).to_be_visible()
    page.get_by_text("Raw response").click()
    page.get_by_text("Input as sent").click()
    expect(page.locator(".code")).to_have_count(2)
    page.get_by_text("{{window.hacked=1}}").nth(1).click()
    looked.harmless()


def test_a_failed_run_says_what_to_do(served: Served, looked: Console, accessible: Callable[[Console], None]) -> None:
    served.gateway.failure = {"code": "rate_limit_exceeded", "message": HOSTILE}
    at = run(served, model="fail")
    page = looked.open(at)
    expect(page.get_by_text("rate_limit_exceeded")).to_be_visible()
    expect(page.get_by_text("Spread the schedules")).to_be_visible()
    looked.harmless()
    accessible(looked)
    page.get_by_role("button", name="Run again").click()
    page.get_by_role("dialog").get_by_role("button", name="Run again").click()
    expect(page.get_by_text("Someone ran an earlier run again")).to_be_visible()
    page.get_by_role("link", name="an earlier run").click()
    expect(page).to_have_url(served.url + at)


def test_an_open_run_is_followed_and_cancelled(served: Served, looked: Console) -> None:
    served.gateway.polls = 10**9
    try:
        at = run(served)
        page = looked.open(at)
        expect(page.get_by_text("Running")).to_be_visible()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Cancel the run").click()
        expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Run again")).to_be_visible()
    finally:
        served.gateway.polls = 0


def test_an_open_run_is_polled_until_its_end(served: Served, looked: Console) -> None:
    at = run(served, seconds=0)
    page = looked.open(at)
    expect(page.get_by_text("It is not sent yet.")).to_be_visible()
    served.world.pass_time(5)
    expect(page.get_by_text("Completed").first).to_be_visible()
    calls = len(looked.calls("/api/v1/agents"))
    expect(page.get_by_text("1,234")).to_be_visible()
    assert len(looked.calls("/api/v1/agents")) <= calls + 4  # what is around the run, once more


def test_a_run_that_waited_in_line_says_so(served: Served, looked: Console) -> None:
    body = {
        "schedule": {"type": "interval", "interval_seconds": STEP}, "input": "x", "name": "Digest",
        "policies": {"overlap": "queue_one"},
    }  # fmt: skip
    served.gateway.polls = 10**9
    try:
        of = served.agent()
        served.post(f"/api/v1/agents/{of}/schedules", body)
        served.world.pass_time(2 * STEP + 5)
        second, first = served.client.get(f"/api/v1/agents/{of}/runs?limit=2").json()["data"]
        page = looked.open(f"/console/agents/{of}/runs/{second['id']}")
        looked.heading("Run of Digest")
        expect(page.get_by_text("another run of the schedule to end")).to_be_visible()
        served.post(f"/api/v1/agents/{of}/runs/{first['id']}/cancel")
        served.world.pass_time(20)
        expect(page.get_by_text("in line for another run of the schedule").first).to_be_visible()
    finally:
        served.gateway.polls = 0
    page.get_by_role("link", name="Previous run").click()
    expect(page).to_have_url(f"{served.url}/console/agents/{of}/runs/{first['id']}")
    page.get_by_role("link", name="Next run").click()
    expect(page.get_by_text("Why so late?")).to_be_visible()


def test_a_backfilled_run_says_why_it_came_late(served: Served, looked: Console) -> None:
    of = served.agent()
    made = served.post(f"/api/v1/agents/{of}/schedules", {
        "schedule": {"type": "interval", "interval_seconds": 3600}, "input": "x", "paused": True,
    })  # fmt: skip
    at = f"/api/v1/agents/{of}/schedules/{made['id']}"
    begin = served.world.clock().isoformat()
    served.world.clock.advance(2 * 3600 + 60)
    served.post(f"{at}/resume")
    served.world.pass_time(5)
    body = {"from": begin, "to": served.world.clock().isoformat(), "dry_run": False}
    served.post(f"{at}/backfill", body)
    served.world.pass_time(60)
    found = served.client.get(f"/api/v1/agents/{of}/runs?limit=1").json()["data"][0]
    page = looked.open(f"/console/agents/{of}/runs/{found['id']}")
    expect(page.get_by_text("A backfill made this run for a time in the past").first).to_be_visible()


def test_a_read_key_gets_no_action_on_a_run(served: Served, console_at: Callable[..., Console]) -> None:
    _, secret = served.world.keyring.create("local", "read")
    console = console_at(served.url, size=PHONE)
    page = console.open(run(served), key=secret)
    console.heading("Run of Reporter")
    expect(page.get_by_role("button", name="Run again")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_a_run_that_is_not_there_says_so(served: Served, looked: Console) -> None:
    looked.allowed.add(404)
    page = looked.open(f"/console/agents/{served.agent()}/runs/run_01JD0000000000000000000000")
    expect(page.get_by_role("alert")).to_contain_text("run_01JD0000000000000000000000")
