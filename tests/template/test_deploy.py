"""What `make deploy` hands to SAM: the environment's own parameters, and a revision that follows them."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tools.build.deploy import CONFIG, ROOT, checked, command, main, overrides

SAMCONFIG: dict[str, Any] = tomllib.loads(CONFIG.read_text("utf-8"))


def revision_of(parameters: str, template: str = "template") -> str:
    *_, given = command({"x": {"global": {"parameters": {"parameter_overrides": parameters}}}}, "x", template)
    before, _, revision = given.partition(" Revision=")
    assert before == parameters
    return revision


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_build_and_deploy_read_the_same_parameters(environment: str) -> None:
    assert overrides(SAMCONFIG, environment) == f"Stage={environment}"
    assert SAMCONFIG[environment]["deploy"]["parameters"]["confirm_changeset"] is True
    assert f"Stage={environment}" in SAMCONFIG[environment]["deploy"]["parameters"]["tags"]


def test_changed_parameters_or_template_change_the_revision() -> None:
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


SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:agent-schedules-gateway-AbCdEf"


def test_the_readmes_secret_is_the_one_that_is_deployed(tmp_path: Path) -> None:
    block = (ROOT / "README.md").read_text("utf-8").partition("## Deploy")[2].split("```")[1]
    said = tmp_path / "said"
    played = f"""
        aws() {{ [[ "$*" == *"--query ARN --output text"* ]] && echo {SECRET}; }}
        make() {{ printf '%s\\n' "$@" >>{said}; }}
        agent-schedules() {{ :; }}
    """
    subprocess.run(["bash", "-eu", "-c", f"{played}\n{block}"], env={"OPENAI_API_KEY": "key"}, check=True)
    deploy, environment, parameters, key, *_ = said.read_text().splitlines()
    assert (deploy, environment, key) == ("deploy", "ENV=dev", "key")
    *_, given = command(SAMCONFIG, "dev", "", parameters=parameters.removeprefix("PARAMETERS="))
    assert given.startswith(f"Stage=dev GatewaySecretArn={SECRET} Revision=")
    checked(given)


def test_parameters_of_a_call_override_those_of_the_file() -> None:
    config = {"x": {"global": {"parameters": {"parameter_overrides": 'Stage=dev JwtAudience="a b" LogLevel=INFO'}}}}
    *_, given = command(config, "x", "", parameters="LogLevel=DEBUG  Stage=prod")
    assert given.startswith('JwtAudience="a b" LogLevel=DEBUG Stage=prod Revision=')


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("GatewaySecret=arn", "no parameter GatewaySecret"),
        ("GatewaySecretArn=agent-schedules-gateway", "must be the full ARN of a secret"),
        ("Stage=test", "must be one of dev, prod"),
        ("Architecture=x86_64", "samconfig.toml"),
        ("arn:aws:x", "Name=value"),
        ('Stage="dev', "Name=value"),
    ],
)
def test_bad_parameters_fail_before_the_build(
    parameters: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PARAMETERS", parameters)
    assert main(["dev", "--check-environment"]) == 2
    assert said in capsys.readouterr().err


def test_make_deploy_checks_before_it_builds() -> None:
    answer = subprocess.run(["make", "-n", "deploy", "ENV=nope"], cwd=ROOT, capture_output=True, text=True, check=True)
    steps = ["tools.build.deploy --check", "sam build", "tools.build.trim_layer", "tools.build.deploy"]
    positions = [answer.stdout.index(step) for step in steps[:-1]] + [answer.stdout.rindex(steps[-1])]
    assert positions == sorted(positions)
    assert main(["nope", "--check"]) == 2


def test_make_build_says_our_own_next_step() -> None:
    answer = subprocess.run(
        ["make", "--no-print-directory", "-n", "build"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert 'sam build --config-env "dev" >/dev/null' in answer.stdout  # SAM's advice is all that it prints there
    assert answer.stdout.rstrip().endswith('Next: make deploy ENV=dev"')
