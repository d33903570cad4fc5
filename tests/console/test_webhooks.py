"""The pages of webhooks: create with a secret shown once, deliveries, replay, rotation, and a deployment without."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from agent_schedules.domain.deliveries import Attempt, Delivery, DeliveryKey
from agent_schedules.schemas.webhooks import TYPES
from playwright.sync_api import Route, expect

from tests.support.browser import PHONE, Console, lose_first
from tests.support.served import HOSTILE, Served

URL = "https://example.com/hooks"


def made(served: Served, **body: object) -> str:
    return str(served.post("/api/v1/webhooks", {"url": URL, **body})["id"])


def delivery(served: Served, webhook: str, number: int, *, code: int | None, body: str) -> str:
    """A delivery with one attempt, which is over."""
    now = served.world.clock()
    key = DeliveryKey("local", webhook, f"dlv_{number:026d}")
    data = {"run_id": f"run_{number}"}
    event = json.dumps({"id": f"evt_{number}", "type": "run.failed", "timestamp": now.isoformat(), "data": data})
    first = Delivery.first(key, event, now)
    if code == 200:
        after = first.delivered(Attempt(now, code, None, 48), body)
    else:
        failed = first.failed(Attempt(now, code, HOSTILE[:100], 10_000), body, now, jitter=0)
        after = failed.dead("exhausted", now)
    served.world.ports.store.deliveries.save(replace(after, rev=1))
    return key.delivery_id


def test_a_webhook_is_created_and_its_secret_shown_once(
    served: Served, looked: Console, accessible: Callable[[Console], None]
) -> None:
    looked.allowed.add(400)
    page = looked.open("/console/webhooks")
    expect(page.get_by_role("heading", name="No webhook yet")).to_be_visible()
    page.get_by_role("link", name="Create the first webhook").click()
    page.get_by_label("URL").fill("https://127.0.0.1/hooks")
    page.get_by_label("Description").fill(HOSTILE)
    accessible(looked)
    page.get_by_role("button", name="Create the webhook").click()
    expect(page.get_by_label("URL")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("URL").fill(URL)
    page.get_by_label("run.completed").check()
    page.get_by_role("button", name="Create the webhook").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("whsec_")
    expect(dialog).to_contain_text("from standardwebhooks import Webhook")
    dialog.get_by_role("tab", name="Node").click()
    expect(dialog).to_contain_text("express.raw")
    accessible(looked)
    dialog.get_by_role("button", name="Copy the secret").click()
    secret = page.evaluate("navigator.clipboard.readText()")
    dialog.get_by_role("button", name="I have stored it").click()
    looked.heading(URL)
    page.reload()
    looked.heading(URL)
    assert secret.startswith("whsec_")
    assert secret not in page.content()
    assert not [request for request in looked.requests if secret in request]
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Webhooks").click()
    expect(page.get_by_text("<script>window.hacked").first).to_be_visible()
    looked.harmless()
    accessible(looked)


def test_a_webhook_can_ask_for_every_type_of_event(looked: Console) -> None:
    page = looked.open("/console/webhooks/new")
    for name in sorted(TYPES):
        expect(page.get_by_role("checkbox", name=name)).to_be_visible()
    expect(page.locator(".event-type")).to_have_count(len(TYPES))


def test_deliveries_show_what_became_of_them(
    served: Served, looked: Console, accessible: Callable[[Console], None]
) -> None:
    webhook = made(served)
    delivery(served, webhook, 1, code=200, body="thanks")
    delivery(served, webhook, 2, code=None, body=HOSTILE)
    page = looked.open(f"/console/webhooks/{webhook}")
    expect(page.get_by_role("row")).to_have_count(3)
    expect(page.get_by_text("200, 48 ms")).to_be_visible()
    accessible(looked)
    page.get_by_label("Show").select_option("dead")
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_role("link", name="run.failed").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("All attempts failed.")
    expect(dialog).to_contain_text('"run_id": "run_2"')
    expect(dialog).to_contain_text("<script>window.hacked=1</script>")
    looked.harmless()
    accessible(looked)
    page.reload()
    page.get_by_role("dialog").get_by_role("button", name="Send again").click()
    expect(page.get_by_text("Sent the event again")).to_be_visible()
    page.get_by_label("Show").select_option("pending")
    expect(page.get_by_text("a replay")).to_be_visible()


def test_a_test_is_sent_and_the_secret_rotated(served: Served, looked: Console) -> None:
    page = looked.open(f"/console/webhooks/{made(served)}")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("link", name="webhook.test")).to_be_visible()
    page.get_by_role("button", name="Rotate the secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Rotate", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("whsec_")
    page.get_by_role("button", name="I have stored it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_webhook_is_changed_disabled_enabled_and_deleted(served: Served, looked: Console) -> None:
    looked.allowed.add(400)
    webhook = made(served, events=["run.failed"])
    page = looked.open(f"/console/webhooks/{webhook}?show=settings")
    page.get_by_label("All but run.started").check()
    page.get_by_label("Schedule").fill("nonsense")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Schedule")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Schedule").fill("")
    page.get_by_role("button", name="Add a pair").click()
    page.get_by_label("Key 1").fill("team")
    page.get_by_label("Value 1").fill("news")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    now = served.client.get(f"/api/v1/webhooks/{webhook}").json()
    assert (now["events"], now["metadata"]) == (None, {"team": "news"})
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(page.get_by_role("button", name="Enable again")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Enabled.")).to_be_visible()
    expect(page.get_by_role("button", name="Disable")).to_be_focused()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    looked.heading("Webhooks")
    assert served.client.get(f"/api/v1/webhooks/{webhook}").status_code == 404


def test_a_change_of_a_webhook_sends_only_that(served: Served, looked: Console) -> None:
    metadata = {"team:owner": "ops", "note": "one\ntwo", "pad": " x "}
    webhook = made(served, metadata=metadata)
    looked.allowed.add(412)
    page = looked.open(f"/console/webhooks/{webhook}?show=settings")
    page.get_by_label("Description").fill("Mine")
    served.post(f"/api/v1/webhooks/{webhook}", {"events": ["run.completed"]})
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Save").click()
    assert sent.value.post_data_json == {"description": "Mine"}
    expect(page.get_by_text("Save again to put yours on top")).to_be_visible()
    expect(page.get_by_role("checkbox", name="run.completed")).to_be_checked()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    now = served.client.get(f"/api/v1/webhooks/{webhook}").json()
    assert (now["description"], now["events"], now["metadata"]) == ("Mine", ["run.completed"], metadata)


def test_a_test_is_sent_once_while_it_is_under_way(served: Served, looked: Console) -> None:
    page = looked.open(f"/console/webhooks/{made(served)}")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/webhooks/*/test", hold)
    for _ in range(3):
        page.get_by_role("button", name="Send a test").click()
    held[0].continue_()
    expect(page.get_by_text("Sent a test.")).to_be_visible()
    assert len([request for request in looked.requests if request.endswith("/test")]) == 1


def test_a_lost_answer_rotates_a_secret_once(served: Served, looked: Console) -> None:
    looked.aborts = True
    webhook = made(served)
    page = looked.open(f"/console/webhooks/{webhook}")
    lose_first(page, "**/rotate")
    page.get_by_role("button", name="Rotate the secret").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Rotate", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("did not answer")
    rotated = served.client.get(f"/api/v1/webhooks/{webhook}")
    dialog.get_by_role("button", name="Rotate", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("whsec_")
    assert served.client.get(f"/api/v1/webhooks/{webhook}").headers["etag"] == rotated.headers["etag"]


def test_a_webhook_is_deleted_below_a_form_with_changes(served: Served, looked: Console) -> None:
    page = looked.open(f"/console/webhooks/{made(served)}?show=settings")
    page.get_by_label("Description").fill("Never to be saved")
    expect(page.get_by_role("button", name="Save")).to_be_enabled()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    looked.heading("Webhooks")


def test_a_lost_answer_makes_no_second_webhook(served: Served, looked: Console) -> None:
    looked.aborts = True
    before = len(served.client.get("/api/v1/webhooks").json()["data"])
    page = looked.open("/console/webhooks/new")
    page.get_by_label("URL").fill(URL)
    lose_first(page, "**/api/v1/webhooks")
    page.get_by_role("button", name="Create the webhook").click()
    expect(page.get_by_role("alert")).to_contain_text("did not answer")
    page.get_by_role("button", name="Create the webhook").click()
    expect(page.get_by_role("dialog")).to_contain_text("whsec_")
    page.get_by_role("button", name="I have stored it").click()
    looked.heading(URL)
    assert len(served.client.get("/api/v1/webhooks").json()["data"]) == before + 1


def test_a_read_key_gets_no_action_on_a_webhook(served: Served, console_at: Callable[..., Console]) -> None:
    _, secret = served.world.keyring.create("local", "read")
    webhook = made(served, description="Of the team")
    delivery(served, webhook, 7, code=200, body="")
    console = console_at(served.url, size=PHONE)
    for tab in ("", "?show=settings", "?show=verify"):
        page = console.open(f"/console/webhooks/{webhook}{tab}", key=secret)
        console.heading(URL)
        expect(page.get_by_role("button", name="Send a test")).to_have_count(0)
        expect(page.get_by_role("button", name="Save")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


@pytest.fixture
def without(served: Served) -> Iterator[Served]:
    kept = served.world.ports
    served.world.ports = replace(kept, webhooks=None)
    yield served
    served.world.ports = kept


@pytest.mark.usefixtures("without")
def test_a_deployment_without_webhooks_says_how_to_have_them(
    looked: Console, accessible: Callable[[Console], None]
) -> None:
    looked.allowed.add(409)
    page = looked.open("/console/webhooks")
    expect(page.get_by_role("heading", name="Webhooks are off here")).to_be_visible()
    expect(page.get_by_text("Webhooks=on")).to_be_visible()
    expect(page.get_by_role("link", name="New webhook")).to_have_count(0)
    accessible(looked)
