"""A form whose thing somebody else changes meanwhile: what is kept, what is taken, and what both have changed."""

from __future__ import annotations

from typing import Any

from tests.support.modules import Modules

FORM: dict[str, Any] = {"name": "a", "kind": "daily", "time": "09:00", "policies": {"max_runs": "", "overlap": "allow"}}
GROUPS = {"timing": ["kind", "time"]}


def rebased(modules: Modules, form: dict[str, Any], now: dict[str, Any], *both: str) -> dict[str, Any]:
    """The changes of a form on top of what is stored now."""
    edited = {"base": FORM, "form": FORM | form, "both": list(both)}
    found = modules.run("lib/edited.js", "(m, given) => m.rebased(...given)", [edited, FORM | now, GROUPS])
    return dict(found)


def test_each_change_of_either_side_is_kept(modules: Modules) -> None:
    mine = {"name": "b", "policies": {"max_runs": "5", "overlap": "allow"}}
    found = rebased(modules, mine, {"kind": "weekly", "policies": {"max_runs": "", "overlap": "skip"}})
    assert found["form"] == {
        "name": "b",
        "kind": "weekly",
        "time": "09:00",
        "policies": {"max_runs": "5", "overlap": "skip"},
    }
    assert (found["both"], found["merged"]) == ([], True)


def test_a_field_that_both_have_changed_is_named(modules: Modules) -> None:
    mine = {"name": "b", "policies": {"max_runs": "5", "overlap": "allow"}}
    found = rebased(modules, mine, {"name": "c", "policies": {"max_runs": "6", "overlap": "allow"}})
    assert (found["form"]["name"], found["form"]["policies"]["max_runs"]) == ("b", "5")
    assert found["both"] == ["name", "policies.max_runs"]


def test_the_same_change_of_both_is_none(modules: Modules) -> None:
    found = rebased(modules, {"name": "b"}, {"name": "b"})
    assert (found["both"], found["merged"]) == ([], False)


def test_halves_of_two_timings_are_never_mixed(modules: Modules) -> None:
    found = rebased(modules, {"time": "10:00"}, {"kind": "weekly"})
    assert (found["form"]["kind"], found["form"]["time"]) == ("daily", "10:00")
    assert found["both"] == ["timing"]


def test_an_untouched_form_follows_what_is_stored(modules: Modules) -> None:
    found = rebased(modules, {}, {"name": "c"})
    assert (found["form"]["name"], found["both"], found["merged"]) == ("c", [], False)


def test_what_both_have_changed_stays_named_on_another_read(modules: Modules) -> None:
    assert rebased(modules, {"name": "b"}, {}, "name")["both"] == ["name"]
