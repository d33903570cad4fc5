"""Every citation of the contract, the AWS facts, an invariant, a decision record or a document resolves."""

from __future__ import annotations

import pytest

from tools.checks.references import References, repository

DOCUMENTS = {
    "docs/contract.md": "## 1. Requests\n### 1.4 Errors\n| # | case |\n|---|---|\n| D1 | x |\n| D30 | y |\n",
    "docs/aws.md": "## 1. EventBridge\n### 1.2 Names\n",
    "docs/reference/architecture.md": "## What must always hold\n\n1. One.\n2. Two.\n\n## Next\n\n3. Not one.\n",
    "docs/decisions/0013-claim-first.md": "# 13. Claim first\n",
}

OURS = References(repository())


def unresolved(text: str, name: str = "core/x.py") -> list[str]:
    """What does not resolve in a file with that text."""
    return [str(citation) for citation in References(DOCUMENTS | {name: text}).unresolved()]


@pytest.mark.slow
def test_every_citation_resolves() -> None:
    assert not [str(citation) for citation in OURS.unresolved()]


def test_the_contract_has_every_decision() -> None:
    assert OURS.decisions == {f"D{number}" for number in range(1, 49)}


@pytest.mark.parametrize(
    "text",
    [
        "contract 1.4 and D30; contract D1, D30; aws.md 1.2 (decision 13), decisions/0013",
        "invariants 1 and 2",
        "a comment (contract\n# D30) that goes on",
        "architecture.md#what-must-always-hold and docs/contract.md",
        "made by design in 3 days",
        "contracts",
    ],
)
def test_resolved_citations_pass(text: str) -> None:
    assert unresolved(text) == []


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("contract D31", ["contract D31", "D31"]),
        ("contract D1,\nD2", ["contract D2", "D2"]),
        ("Contract 1.5", ["contract 1.5"]),
        ("contract\n10", ["contract 10"]),
        ("contract sections 1 to 4", ["contract 4"]),
        ("contract D1-D7", ["contract D7"]),
        ("aws.md 0.1", ["aws.md 0.1"]),
        ("design 3", ["design 3"]),
        ("invariant 3", ["invariant 3"]),
        ("decision 14", ["decision 14"]),
        ("docs/decisions/0014", ["decisions/0014"]),
        ("house.md", ["house.md"]),
        ("docs/architecture.md", ["docs/architecture.md"]),
        ("contract.md#2-schedules", ["contract.md#2-schedules"]),
    ],
)
def test_unresolved_citations_are_named(text: str, cited: list[str]) -> None:
    line = {"contract D1,\nD2": [1, 2]}.get(text, [1] * len(cited))
    assert unresolved(text) == [f"core/x.py:{at}: {name}" for at, name in zip(line, cited, strict=True)]


def test_the_line_of_a_citation_is_named() -> None:
    assert unresolved("one\ntwo\n# see aws.md 9.9\n") == ["core/x.py:3: aws.md 9.9"]


@pytest.mark.parametrize(
    ("link", "resolves"),
    [
        ("[x](contract.md#14-errors)", True),
        ("[x](reference/architecture.md)", True),
        ("[x](../docs/aws.md)", True),
        ("[x](#here)", True),
        ("[x](#nowhere)", False),
        ("[x](contract.md#15-lists)", False),
        ("[x](reference/contract.md)", False),
    ],
)
def test_links_of_documents_resolve(link: str, *, resolves: bool) -> None:
    assert (unresolved(f"# Here\n{link}\n", "docs/page.md") == []) is resolves
