"""The settings: use of the limits, keys to look at, and how this browser shows things."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.support.browser import PHONE, Console
from tests.support.served import HOSTILE, Served


def test_settings_show_limits_use_and_keys(
    served: Served, looked: Console, accessible: Callable[[Console], None]
) -> None:
    agent = served.agent()
    served.post(
        f"/api/v1/agents/{agent}/schedules",
        {"schedule": {"type": "interval", "interval_seconds": 3600}, "input": "x"},
    )
    key, secret = served.world.keyring.create("local", "read", name=HOSTILE.replace("\u2028", "")[:120])
    gone, _ = served.world.keyring.create("local", "write", name="old backend")
    served.world.keyring.revoke("local", gone.id)
    page = looked.open("/console/settings")
    looked.heading("Settings")
    expect(page.get_by_role("progressbar", name="Schedules", exact=True)).to_have_attribute("value", "1")
    expect(page.get_by_text("<script>window.hacked=1</script>").first).to_be_visible()
    expect(page.get_by_text("Revoked")).to_be_visible()
    looked.harmless()
    accessible(looked)
    assert key.digest not in page.content()
    assert secret not in page.content()


def test_theme_zone_and_density_are_kept(served: Served, looked: Console) -> None:
    agent = served.agent()
    page = looked.open("/console/settings")
    page.get_by_label("Theme").select_option("dark")
    page.get_by_label("Times").select_option("utc")
    page.get_by_label("Density").select_option("compact")
    page.goto(f"{served.url}/console/agents/{agent}")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("html")).to_have_attribute("data-density", "compact")
    expect(page.locator(".values time")).to_contain_text("UTC")


def test_a_read_key_sees_no_keys_and_can_sign_out(served: Served, console_at: Callable[..., Console]) -> None:
    _, secret = served.world.keyring.create("local", "read")
    console = console_at(served.url, size=PHONE)
    page = console.open("/console/settings", key=secret)
    console.heading("Settings")
    expect(page.get_by_role("heading", name="API keys")).to_have_count(0)
    expect(page.get_by_text("10,000")).to_be_visible()
    assert not console.calls("/api/v1/keys")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    console.heading("Sign in")
