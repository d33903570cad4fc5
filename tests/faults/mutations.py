"""Proof that the simulation can fail: each mechanism is taken away, one at a time, and some seed must notice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from tests.faults import without, without_policies
from tests.faults.core import Violation
from tests.faults.world import WITH_POLICIES, simulate

MOST = 150  # seeds that a mutation is tried on


@dataclass(frozen=True)
class Mutation:
    """A mechanism, how it is taken away, and the invariants that may fall with it."""

    name: str
    patches: Callable[[], without.Patches]
    expected: frozenset[str]
    out: tuple[str, ...] | None = None
    """It is looked for on days on which these services are out."""
    near: int = 0
    """The seed from which on it is looked for."""
    scene: str | None = None
    """It is looked for in seeds in which users play this one."""


def caught(mutation: Mutation, most: int = MOST) -> tuple[int, str] | None:
    """The first seed that notices, and what it says. Another invariant than the expected ones is passed over.

    A seed that finds fault with the whole service too proves nothing: its Violation is raised.
    """
    for seed in range(mutation.near, mutation.near + most):
        invariant = _noticed(mutation, seed)
        if invariant in mutation.expected:
            simulate(seed, out=mutation.out, scene=mutation.scene)
            return seed, invariant
    return None


def _noticed(mutation: Mutation, seed: int) -> str:
    with ExitStack() as stack:
        for applied in mutation.patches():
            stack.enter_context(applied)
        try:
            simulate(seed, out=mutation.out, scene=mutation.scene)
        except Violation as violation:
            return violation.invariant
    return ""


def _of_policies(name: str, patches: Callable[[], without.Patches], *expected: str, near: int = 0) -> Mutation:
    """A mechanism of policies, looked for in seeds whose users ask for them."""
    return Mutation(name, patches, frozenset(expected), near=near, scene=WITH_POLICIES)


MUTATIONS = (
    Mutation(
        "the settle condition",
        without.settle_without_condition,
        frozenset({"counters", "clock", "terminal", "doubled"}),
        near=100,
    ),
    Mutation("the late rule's record", without.late_without_record, frozenset({"lost"})),
    Mutation("the time that is waited for", without.a_second_early, frozenset({"early"})),
    Mutation("the lease", without.no_lease, frozenset({"lease"}), near=22),
    Mutation("the arming order", without.arm_after_claim, frozenset({"arming"})),
    Mutation("the reconciler's sweep", without.no_sweep, frozenset({"silent", "entries", "terminal", "found"})),
    Mutation("the reconciler's repair", without.repair_renders_nothing, frozenset({"entries", "silent"}), near=18),
    Mutation("the look at open runs", without.open_runs_are_not_looked_at, frozenset({"terminal", "found"})),
    Mutation("the index of held runs", without.held_runs_are_in_no_index, frozenset({"index"})),
    Mutation("the records of changes", without.changes_without_records, frozenset({"lost"})),
    Mutation("the count of what is undone", without.undone_is_counted, frozenset({"limits"}), near=252),
    Mutation("settled_until in a resume", without.resume_forgets_the_clock, frozenset({"clock"}), near=55),
    Mutation("the end of the older chain", without.both_chains_go_on, frozenset({"chains"}), ("gateway",)),
    Mutation("the end of dead letters", without.letters_without_end, frozenset({"in flight"}), ("table reads",)),
    Mutation(
        "run_count in an undo",
        without.undone_although_it_ran,
        frozenset({"answers", "definition"}),
        near=4,
        scene="slow creates",
    ),
    Mutation("the life of a counter", without.counters_forget_deletions, frozenset({"limits"}), near=75, scene="lives"),
    Mutation("the times of two timings", without.nothing_is_shared, frozenset({"skipped"}), scene="shared times"),
    Mutation(
        "the end of what is shared", without.new_times_are_made_up_for, frozenset({"shared"}), scene="shared times"
    ),
    Mutation("the delay of a look", without.looks_without_delay, frozenset({"in flight"}), ("delivery",), near=27),
    Mutation("the look ahead after trouble", without.no_sweep_looks_ahead, frozenset({"found"}), ("queue",), near=3),
    Mutation(
        "the row tried with each sweep",
        without.no_row_is_tried_with_each_sweep,
        frozenset({"found"}),
        ("scheduler writes",),
        near=1,
    ),
    Mutation(
        "the claim before the repair", without.repair_comes_first, frozenset({"in time"}), ("scheduler writes",), near=1
    ),
    Mutation(
        "the message ahead of its row", without.messages_ahead_of_their_row_are_void, frozenset({"found"}), near=72
    ),
    Mutation(
        "the response in a dead letter", without.letters_forget_the_response, frozenset({"posts"}), scene="dead letters"
    ),
    Mutation("the token of a write", without.equal_writes_are_own, frozenset({"claims"}), scene="twins", near=17),
    Mutation("the word of the bus", without.the_bus_is_not_heard, frozenset({"events"}), ("event bus",)),
    Mutation("patience with the gateway", without.one_bad_answer_ends_a_run, frozenset({"verdict"})),
    _of_policies("the open run", without_policies.no_open_run_is_read, "overlap"),
    _of_policies("the count of runs in the claim", without_policies.runs_are_counted_afterwards, "max_runs", near=20),
    _of_policies("the hint at a run's end", without_policies.an_end_tells_nobody, "line", near=7),
    _of_policies(
        "the condition of a release", without_policies.a_release_without_condition, "overlap", "terminal", "clock"
    ),
    _of_policies("the end before the next", without_policies.the_next_starts_before_the_end, "overlap", near=4),
    _of_policies("the moment of a pause's end", without_policies.a_pause_ends_as_of_now, "pause", near=12),
    _of_policies("the single end of a pause", without_policies.a_pause_ends_twice, "clock", "pause"),
    _of_policies("the runs before a backfill", without_policies.a_backfill_runs_all_again, "backfill", "terminal"),
    _of_policies("the record before a backfill", without_policies.a_backfill_keeps_the_record, "doubled", near=8),
    _of_policies("the order of a spread", without_policies.spread_without_an_order, "spread", near=16),
    _of_policies("excluded dates in a claim", without_policies.excluded_dates_are_run, "reasons", near=6),
    _of_policies("skips of later occurrences", without_policies.skips_are_forgotten, "skips", "reasons", near=2),
)
