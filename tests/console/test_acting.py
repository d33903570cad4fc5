"""The console acts for a user of the account, if its key may."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser import PHONE, Console
from tests.support.served import Served

ADA = {"X-On-Behalf-Of": "ada@example.com"}


def act_for(page: Page, user: str) -> None:
    page.get_by_role("textbox", name="User").fill(user)
    page.get_by_role("button", name="Act for this user").click()


def test_pages_show_what_is_the_users_until_it_stops(
    served: Served, looked: Console, accessible: Callable[[Console], None]
) -> None:
    for name, headers in (("Of the account", {}), ("Of Ada", ADA)):
        served.client.post("/api/v1/agents", json={"name": name, "model": "echo"}, headers=headers).raise_for_status()
    page = looked.open("/console/agents")
    link = page.locator("tbody").get_by_role("link")
    expect(link.filter(has_text="Of the account")).to_be_visible()
    page.get_by_role("link", name="Settings").click()
    act_for(page, "ada@example.com")
    bar = page.get_by_text("Acting for ada@example.com")
    expect(bar).to_be_in_viewport()
    accessible(looked)
    page.get_by_role("link", name="Agents", exact=True).click()
    expect(link.filter(has_text="Of Ada")).to_be_visible()
    expect(link.filter(has_text="Of the account")).to_have_count(0)
    page.reload()
    expect(bar).to_be_visible()
    expect(link.filter(has_text="Of Ada")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('user')") == "ada@example.com"
    assert not [request for request in looked.requests if "ada@example.com" in request]
    page.get_by_role("button", name="Stop").click()
    expect(link.filter(has_text="Of the account")).to_be_visible()
    expect(link.filter(has_text="Of Ada")).to_have_count(0)
    expect(bar).to_have_count(0)
    assert page.evaluate("sessionStorage.getItem('user')") is None


def test_what_is_made_belongs_to_the_user(served: Served, looked: Console) -> None:
    page = looked.open("/console/settings")
    act_for(page, "bob")
    expect(page.get_by_text("Acting for bob")).to_be_visible()
    page.goto(f"{served.url}/console/webhooks/new")
    page.get_by_label("URL").fill("https://example.com/bob")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("whsec_").first).to_be_visible()
    [made] = served.client.get("/api/v1/webhooks", headers={"X-On-Behalf-Of": "bob"}).json()["data"]
    assert made["url"] == "https://example.com/bob"
    assert "https://example.com/bob" not in [one["url"] for one in served.client.get("/api/v1/webhooks").json()["data"]]


def test_the_refusal_of_a_user_is_at_the_field(
    served: Served, looked: Console, console_at: Callable[..., Console]
) -> None:
    looked.allowed |= {400}
    page = looked.open("/console/settings")
    act_for(page, "*")
    expect(page.get_by_text("must be 1-150 printable ASCII characters and not `*`")).to_be_visible()
    act_for(page, "zoë 東京")
    expect(page.get_by_text("must be printable ASCII characters", exact=True)).to_be_visible()
    _, secret = served.world.keyring.create("local", "write")
    narrow = console_at(served.url, size=PHONE)
    narrow.allowed.add(403)
    page = narrow.open("/console/settings")
    expect(page.get_by_role("textbox", name="User")).to_be_visible()
    page.route("**/api/v1/whoami", lambda route: route.continue_(headers=ADA | {"Authorization": f"Bearer {secret}"}))
    act_for(page, "ada@example.com")
    field = page.get_by_role("textbox", name="User")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("acting for a user requires the scope `admin`; use a key that has it")).to_be_visible()
    expect(page.locator(".acting")).to_have_count(0)
    assert page.evaluate("sessionStorage.getItem('user')") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_a_key_that_may_no_longer_act_is_signed_out(served: Served, looked: Console) -> None:
    looked.allowed.add(403)
    _, secret = served.world.keyring.create("local", "write")
    looked.context.add_init_script("sessionStorage.getItem('user') ?? sessionStorage.setItem('user', 'ada')")
    page = looked.open("/console", key=secret)
    looked.heading("Sign in")
    expect(page.get_by_text("acting for a user requires the scope `admin`")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('user')") is None


def test_the_reference_sends_the_header_that_it_shows(served: Served, looked: Console) -> None:
    page = looked.open("/console/settings")
    act_for(page, "ada")
    expect(page.get_by_text("Acting for ada")).to_be_visible()
    page.goto(f"{served.url}/docs?operation=whoami")
    expect(page.locator("pre").filter(has_text="X-On-Behalf-Of: ada").first).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("region", name="Answer")).to_contain_text('"on_behalf_of": "ada"')
