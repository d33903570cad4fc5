"""The pages of agents: list, create, configuration, versions, deletion and restoration."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser import PHONE, Console, lose_first
from tests.support.served import HOSTILE, Served


def at(agent: str, tab: str = "") -> str:
    return f"/console/agents/{agent}{f'?show={tab}' if tab else ''}"


def test_agents_are_found_by_what_they_are_called(
    served: Served, looked: Console, accessible: Callable[[Console], None]
) -> None:
    served.agent("gpt-x", "Needle in the list", description=HOSTILE)
    for number in range(3):
        served.agent("echo", f"Hay {number}")
    page = looked.open("/console/agents")
    looked.heading("Agents")
    expect(page.get_by_role("row")).to_have_count(5)
    accessible(looked)
    page.keyboard.press("/")
    page.keyboard.type("needle")
    expect(page.get_by_role("row")).to_have_count(2)
    page.reload()
    expect(page.get_by_role("row")).to_have_count(2)
    looked.harmless()
    page.get_by_role("link", name="Needle in the list").click()
    looked.heading("Needle in the list")


def test_an_agent_is_created_with_errors_at_their_fields(
    served: Served, looked: Console, accessible: Callable[[Console], None]
) -> None:
    looked.allowed.add(400)
    page = looked.open("/console/agents/new")
    page.get_by_label("Name").fill(HOSTILE[:120])
    page.get_by_label("Model", exact=True).fill("echo")
    page.get_by_label("Instructions").fill(HOSTILE)
    page.get_by_label("Key", exact=True).fill("Not A Key")
    page.get_by_text("Tools and details").click()
    page.get_by_label("Tools", exact=True).fill("[{")
    page.get_by_role("button", name="Create the agent").click()
    expect(page.get_by_label("Tools", exact=True)).to_have_attribute("aria-invalid", "true")
    assert not [call for call in looked.calls("/api/v1/agents") if call.startswith("POST")]
    page.get_by_label("Tools", exact=True).fill('[{"type": "web_search"}]')
    page.get_by_role("button", name="Add a pair").click()
    page.get_by_label("Key 1").fill("team")
    page.get_by_label("Value 1").fill("news")
    page.get_by_role("button", name="Create the agent").click()
    expect(page.get_by_label("Key", exact=True)).to_have_attribute("aria-invalid", "true")
    accessible(looked)
    page.get_by_label("Key", exact=True).fill("news-digest")
    page.get_by_role("button", name="Create the agent").click()
    expect(page.get_by_text("web_search")).to_be_visible()
    expect(page.get_by_text("news-digest")).to_be_visible()
    looked.harmless()
    made = served.client.get("/api/v1/agents/by-key/news-digest").json()
    assert (made["instructions"], made["metadata"]) == (HOSTILE, {"team": "news"})


def test_a_change_makes_a_version_that_can_be_compared(
    served: Served, looked: Console, accessible: Callable[[Console], None]
) -> None:
    agent = served.agent(instructions="one\ntwo\nthree")
    page = looked.open(at(agent, "configuration"))
    page.get_by_label("Instructions").fill(f"one\n{HOSTILE}\nthree")
    expect(page.get_by_role("button", name="Save")).to_be_enabled()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    page.get_by_role("link", name="Versions").click()
    expect(page.locator(".diff-removed")).to_have_text("- two\n")
    expect(page.locator(".diff-added")).to_contain_text("+ <script>window.hacked=1</script>")
    looked.harmless()
    accessible(looked)
    page.get_by_role("button", name="Roll back to version 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("the same as version 1")).to_be_visible()
    expect(page.get_by_role("button", name="Roll back to version 1")).to_be_focused()
    assert served.client.get(f"/api/v1/agents/{agent}").json()["instructions"] == "one\ntwo\nthree"
    page.get_by_role("row").filter(has_text="Version 2").get_by_role("button", name="Compare").click()
    expect(page.locator(".diff-added")).to_have_text("+ two\n")
    expect(page.get_by_label("From")).to_have_value("2")
    page.get_by_role("row").filter(has_text="Version 1").get_by_role("button", name="Compare").click()
    expect(page.get_by_text("The two are the same.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("The two are the same.")).to_be_visible()


def test_a_change_of_a_stale_page_is_refused(served: Served, looked: Console) -> None:
    looked.allowed.add(412)
    agent = served.agent()
    page = looked.open(at(agent, "configuration"))
    page.get_by_label("Description").fill("mine")
    served.post(f"/api/v1/agents/{agent}", {"description": "theirs"})
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Both of you have changed: description.")
    assert served.client.get(f"/api/v1/agents/{agent}").json()["description"] == "theirs"
    expect(page.get_by_label("Description")).to_have_value("mine")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as version 3.")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert served.client.get(f"/api/v1/agents/{agent}").json()["description"] == "mine"


def test_a_form_with_changes_is_not_left_for_another_tab(served: Served, looked: Console) -> None:
    page = looked.open(at(served.agent(), "configuration"))
    page.get_by_label("Instructions").fill("A long new prompt")
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("dialog")).to_contain_text("Leave without saving?")
    page.get_by_role("button", name="Stay here").click()
    expect(page.get_by_label("Instructions")).to_have_value("A long new prompt")
    page.get_by_role("link", name="Versions").click()
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("heading", name="Versions")).to_be_visible()


def test_metadata_of_an_agent_stays_as_it_is(served: Served, looked: Console) -> None:
    metadata = {"team:owner": "ops", "note": "one\ntwo: three", "pad": " x ", "url": "https://example.com"}
    agent = served.agent(metadata=metadata, tool_choice="none")
    page = looked.open(at(agent, "configuration"))
    expect(page.get_by_label("Value 2")).to_have_value("one\ntwo: three")
    page.get_by_label("Value 1").fill("dev")
    page.get_by_label("Tool choice").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    now = served.client.get(f"/api/v1/agents/{agent}").json()
    assert (now["metadata"], now["tool_choice"]) == (metadata | {"team:owner": "dev"}, "auto")


def test_a_change_that_is_none_leaves_nothing_unsaved(served: Served, looked: Console) -> None:
    page = looked.open(at(served.agent(tools=[{"type": "web_search"}]), "configuration"))
    page.get_by_label("Tools", exact=True).fill('[{"type":"web_search"}]')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Nothing to save")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_role("link", name="Versions").click()
    expect(page.get_by_role("heading", name="Versions")).to_be_visible()


def test_a_lost_answer_makes_no_second_agent(served: Served, looked: Console) -> None:
    looked.aborts = True
    page = looked.open("/console/agents/new")
    page.get_by_label("Name").fill("Only one")
    page.get_by_label("Model", exact=True).fill("echo")
    lose_first(page, "**/api/v1/agents")
    page.get_by_role("button", name="Create the agent").click()
    expect(page.get_by_role("alert")).to_contain_text("did not answer")
    page.get_by_role("button", name="Create the agent").click()
    looked.heading("Only one")
    agents = served.client.get("/api/v1/agents", params={"limit": 100}).json()["data"]
    assert [one["name"] for one in agents].count("Only one") == 1


def test_an_agent_runs_now_with_an_input(served: Served, looked: Console) -> None:
    agent = served.agent()
    page = looked.open(at(agent))
    expect(page.get_by_text("It has not run yet.")).to_be_visible()
    page.get_by_role("button", name="Run now").click()
    page.get_by_label("Input").fill("Say this")
    page.get_by_role("dialog").get_by_role("button", name="Run now").click()
    looked.heading("Run of Reporter")
    served.world.pass_time(5)
    expect(page.get_by_text("Completed").first).to_be_visible()
    page.go_back()
    expect(page.get_by_role("cell", name="Say this")).to_be_visible()


def test_a_deleted_agent_can_be_restored(
    served: Served, looked: Console, accessible: Callable[[Console], None]
) -> None:
    agent = served.agent(name="Old one")
    made = served.post(
        f"/api/v1/agents/{agent}/schedules",
        {"schedule": {"type": "interval", "interval_seconds": 3600}, "input": "x", "name": HOSTILE[:100]},
    )
    page = looked.open(at(agent))
    expect(page.get_by_text("<script>").first).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("All its schedules are paused")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("It can be restored until")).to_be_visible()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Agents").click()
    page.get_by_label("Deleted").check()
    page.get_by_role("button", name="Restore Old one").click()
    accessible(looked)
    page.get_by_role("dialog").get_by_role("button", name="Restore").click()
    page.get_by_role("link", name="Look at it").click()
    looked.heading("Old one")
    expect(page.get_by_text("Paused")).to_be_visible()
    looked.harmless()
    assert served.client.get(f"/api/v1/agents/{agent}/schedules/{made['id']}").json()["status"] == "paused"


def test_a_read_key_gets_no_action_on_an_agent(served: Served, console_at: Callable[..., Console]) -> None:
    _, secret = served.world.keyring.create("local", "read")
    agent = served.agent(instructions="Be brief.")
    console = console_at(served.url, size=PHONE)
    page = console.open(at(agent, "configuration"), key=secret)
    expect(page.get_by_text("Be brief.")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(0)
    for tab in ("", "versions"):
        page.goto(console.url + at(agent, tab))
        console.heading("Reporter")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.goto(f"{console.url}/console/agents")
    console.heading("Agents")
    expect(page.get_by_role("link", name="New agent")).to_have_count(0)


@pytest.mark.parametrize("deleted", [False, True])
def test_an_account_without_agents_is_told_what_they_are(
    served: Served, console_at: Callable[..., Console], deleted: bool
) -> None:
    console = console_at(served.url)
    page = console.open(f"/console/agents{'?deleted=true' if deleted else ''}", key="local-2")
    expect(page.get_by_role("heading", name="No deleted agent" if deleted else "No agent yet")).to_be_visible()
