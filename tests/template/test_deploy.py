"""What `make deploy` hands to SAM: the environment's own parameters, and a revision that follows them."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tools.deploy import CONFIG, command, overrides

SAMCONFIG: dict[str, Any] = tomllib.loads(CONFIG.read_text("utf-8"))


def revision_of(parameters: str, template: str = "template") -> str:
    *_, given = command({"x": {"global": {"parameters": {"parameter_overrides": parameters}}}}, "x", template)
    before, _, revision = given.partition(" Revision=")
    assert before == parameters
    return revision


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_build_and_deployment_of_an_environment_read_the_same_parameters(environment: str) -> None:
    assert overrides(SAMCONFIG, environment) == f"Stage={environment}"
    assert SAMCONFIG[environment]["deploy"]["parameters"]["confirm_changeset"] is True
    assert f"Stage={environment}" in SAMCONFIG[environment]["deploy"]["parameters"]["tags"]


def test_other_parameters_or_another_template_are_another_revision() -> None:
    same = revision_of("Stage=dev LogLevel=INFO")
    assert same == revision_of("Stage=dev LogLevel=INFO")
    assert same != revision_of("Stage=dev LogLevel=DEBUG")
    assert same != revision_of("Stage=dev LogLevel=INFO", "another template")


def test_a_revision_of_ones_own_is_kept() -> None:
    config = {"x": {"global": {"parameters": {"parameter_overrides": ["Stage=dev", "Revision=mine"]}}}}
    assert command(config, "x", "")[-1] == "Stage=dev Revision=mine"


def test_parameters_that_the_build_would_not_see_are_refused() -> None:
    config = {"x": {"deploy": {"parameters": {"parameter_overrides": "Architecture=x86_64"}}}}
    with pytest.raises(LookupError, match="architecture"):
        command(config, "x", "")


def test_an_unknown_environment_is_named_with_those_there_are() -> None:
    with pytest.raises(LookupError, match="no environment stage; it has dev, prod"):
        overrides(SAMCONFIG, "stage")
