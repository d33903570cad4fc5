"""What the scans make of what they find: nothing new is let through, and not knowing is never taken for clean."""

from __future__ import annotations

from typing import Any

import pytest

from tools.checks import licences, policies
from tools.checks.vulnerabilities import CLEAN, UNKNOWN, VULNERABLE, shipped, verdict
from tools.requirements import of_layers

PACKAGES = ["one==1.0", "Two==2.0"]
ONE: dict[str, Any] = {"name": "one", "version": "1.0", "vulns": []}
TWO: dict[str, Any] = {"name": "two", "version": "2.0", "vulns": []}
SKIPPED = {"name": "two", "skip_reason": "not found"}
FLAWED = TWO | {"vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}


def accepted() -> set[tuple[str, str]]:
    return {(check, name) for check, entry in policies.ACCEPTED.items() for name in entry.resources}


def test_a_new_finding_and_one_that_is_gone_are_both_named() -> None:
    assert policies.differences(accepted()) == []
    [gone] = policies.differences(accepted() - {("CKV_AWS_119", "Table")})
    assert "CKV_AWS_119 on Table is accepted but no finding" in gone
    [new] = policies.differences(accepted() | {("CKV_AWS_28", "Table")})
    assert "CKV_AWS_28 on Table: fix it" in new


def test_every_accepted_finding_has_a_reason() -> None:
    assert all(len(entry.reason.split()) > 5 for entry in policies.ACCEPTED.values())


def test_only_packages_that_were_looked_up_are_clean() -> None:
    assert verdict(PACKAGES, [ONE, TWO])[0] == CLEAN
    assert verdict(PACKAGES, [ONE, SKIPPED])[0] == UNKNOWN
    assert verdict(PACKAGES, [ONE])[0] == UNKNOWN
    assert verdict([], [])[0] == UNKNOWN
    assert verdict(PACKAGES, [ONE, SKIPPED])[1] == [
        "NOT AUDITED: 1 of 2 packages, because no advisories could be read. not found"
    ]


def test_a_vulnerability_is_named_with_its_fix() -> None:
    status, lines = verdict(PACKAGES, [FLAWED, {"name": "one", "skip_reason": "not found"}])
    assert status == VULNERABLE
    assert lines[0] == "two 2.0: PYSEC-1, fixed in 2.1"


def test_every_package_of_every_layer_is_looked_at() -> None:
    lines = [line for line in of_layers().splitlines() if line[:1].isalnum()]
    assert [package.split("==")[0] for package in shipped()] == [line.split("==")[0] for line in lines]
    assert {"fastapi", "pyjwt"} <= {package.split("==")[0] for package in shipped()}


def test_a_licence_that_is_not_allowed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert licences.licence_of("python-dateutil") == "Apache-2.0 OR BSD-3-Clause"
    monkeypatch.setattr(licences, "ALLOWED", licences.ALLOWED - {"MIT"})
    with pytest.raises(LookupError, match="fastapi is under MIT"):
        licences.licence_of("fastapi")
