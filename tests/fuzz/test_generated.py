"""The real app under schemathesis: requests made from `docs/openapi.json`, good and bad, one by one and in sequences.

`FUZZ_SEED` and `FUZZ_EXAMPLES` choose other cases, and more of them.
"""

from __future__ import annotations

import os
from typing import Any

import hypothesis
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, Response
from schemathesis.checks import CheckFunction

from tests.fuzz.bench import Bench
from tests.fuzz.checks import REPLACED, Deletions, accepted, enveloped, other_tenant
from tests.fuzz.document import DOCUMENT, document
from tests.fuzz.formats import register
from tests.fuzz.tally import TALLY

SEED = int(os.environ.get("FUZZ_SEED") or 2)
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES") or 160)
FEWEST = 3_000  # cases of a run that says anything

BENCH = Bench()
OURS: list[CheckFunction] = [accepted, enveloped, other_tenant(BENCH)]
# Nothing is taken over from the sources or from earlier answers: a case follows from the seed and the document alone.
ALONE = {"extra-data-sources": {"responses": False}}
CONFIG = {
    "seed": SEED,
    "auth": {"openapi": {"api_key": {"bearer": "local"}}},
    "generation": {"with-security-parameters": False},  # keys at random are a 401 and no more; `ignored_auth` tries two
    "analysis": {"constants": {"enabled": False}},
    "phases": {
        "examples": ALONE,
        "coverage": ALONE,
        "fuzzing": {**ALONE, "error-feedback": {"enabled": False}},
    },
}

register(BENCH.world.clock.moment, BENCH.known)
schema = schemathesis.openapi.from_dict(document(), config=schemathesis.Config.from_dict(CONFIG))
schema.app = BENCH


def test_the_document_is_openapi() -> None:
    schemathesis.openapi.from_path(DOCUMENT).validate()


@schema.parametrize()
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
def test_one_request(case: Case[Any]) -> None:
    BENCH.restore()
    response = case.call()
    TALLY.note(case, response)
    assert not BENCH.wrote
    case.validate_response(response, excluded_checks=REPLACED, additional_checks=OURS)


class Sequence(schema.as_state_machine()):  # type: ignore[misc]
    """Calls that follow from each other, with time passing and a worker at work."""

    def setup(self) -> None:
        """Begin again."""
        BENCH.restore()
        self.deletions = Deletions()

    def after_call(self, response: Response, case: Case[Any]) -> None:
        """Look at the answer, then let what is due be done."""
        super().after_call(response, case)
        TALLY.note(case, response)
        assert not BENCH.wrote
        self.deletions(response, case)
        BENCH.world.pass_time(20, step=10)

    def validate_response(self, response: Response, case: Case[Any], **_: Any) -> None:
        """The checks of one request."""
        case.validate_response(response, excluded_checks=REPLACED, additional_checks=OURS, recorder=self.recorder)


hypothesis.seed(SEED)(Sequence)
TestSequences = Sequence.TestCase
TestSequences.settings = settings(
    max_examples=2 * EXAMPLES, stateful_step_count=12, suppress_health_check=list(HealthCheck)
)


def test_the_run_was_worth_it() -> None:
    """After all others: enough cases, of every phase, and every operation succeeded in every way that it can."""
    phases, statuses = TALLY.phases(), TALLY.statuses()
    assert phases.total() >= FEWEST
    assert {"coverage", "fuzzing", "stateful"} <= set(phases)
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            label = f"{method.upper()} {path}"
            for status in operation["responses"]:
                assert not status.startswith("2") or statuses[label][int(status)] >= 3, label
