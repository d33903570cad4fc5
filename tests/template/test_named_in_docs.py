"""Every name that the documents write as code exists: parameters, verbs, commands, modules, files, links."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from agent_schedules.telemetry import COUNTS, NAMESPACE, UNITS
from botocore.session import get_session
from typer.main import get_command

from agent_schedules_cli.app import app
from dev.template import MONITORING, load_template

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in [*sorted(ROOT.glob("*.md")), ROOT / "events" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
}
SERVICES = (
    "cloudformation",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "events",
    "iam",
    "lambda",
    "scheduler",
    "secretsmanager",
    "service-quotas",
    "sqs",
    "sts",
)
OF_OTHERS = {
    # Products.
    "DynamoDB", "EventBridge", "LiteLLM", "MiniStack", "OpenAI",
    # What SAM calls a property, and IAM a permission, a policy or an error; a value of Lambda's.
    "AccessDenied", "AdministratorAccess", "BuildMethod", "LoggingConfig", "PassRole", "QueueArn",
    "ReportBatchItemFailures", "CreateServiceLinkedRole", "ChangeResourceRecordSets",
    # A type of pydantic's.
    "StringConstraints",
    # An exception of the vendor's SDK.
    "ResponseValidationError",
    # What the reader adds to the template, or has in another one.
    "FailuresTopic", "LateChoice", "NetworkInterfaces", "SchedulesCreated",
    "SecurityGroupIds", "SubnetIds", "VpcConfig",
}  # fmt: skip
OF_OTHER_PLACES = {"_base_client.py", ".aws-sam/host/build/template.yaml", "schedules.yaml"}
"""Files that another package has, that a build leaves, or that the reader makes."""
every_document = pytest.mark.parametrize("document", DOCUMENTS)


def code(document: str) -> Iterator[str]:
    """What a document writes as code: spans, and blocks line by line."""
    for number, part in enumerate(re.split(r"^ *```.*$", DOCUMENTS[document], flags=re.MULTILINE)):
        yield from part.splitlines() if number % 2 else re.findall(r"`([^`\n]+)`", part)


def words(document: str, pattern: str) -> set[str]:
    """What a pattern finds in a document's code."""
    return {found for text in code(document) for found in re.findall(pattern, text)}


@cache
def identifiers() -> frozenset[str]:
    """CamelCase words that mean something: of the template, of AWS's models, metrics, and classes of ours."""
    found = {*COUNTS, *UNITS, NAMESPACE, *OF_OTHERS}
    for template in (load_template(), load_template(MONITORING)):
        found |= {name for section in ("Parameters", "Outputs", "Resources") for name in template[section]}
    models: Any = get_session().get_component("data_loader")
    for path in (ROOT / "examples" / "aws").glob("*.yaml"):
        example = load_template(path)
        found |= {name for section in ("Parameters", "Outputs", "Resources") for name in example[section]}
    for service in SERVICES:
        model = models.load_service_model(service, "service-2")
        found |= {*model["operations"], *model["shapes"]}
        found |= {member for shape in model["shapes"].values() for member in shape.get("members", ())}
    for folder in ("layers/core/agent_schedules", "agent_schedules_cli", "dev", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            found |= set(re.findall(r"^(?:\s*class )?([A-Z]\w+)(?:[(:]| = )", path.read_text("utf-8"), re.MULTILINE))
    for path in (ROOT / "layers").rglob("assets/parts/*.js"):
        found |= set(re.findall(r"^export function ([A-Z]\w+)", path.read_text("utf-8"), re.MULTILINE))
    return frozenset(found)


@every_document
def test_identifiers_exist(document: str) -> None:
    assert words(document, r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b") <= identifiers()


def test_parameters_of_the_template_are_documented() -> None:
    assert set(load_template()["Parameters"]) <= words("docs/reference/parameters.md", r"^[A-Z]\w+$")


def test_warnings_of_the_log_are_documented() -> None:
    """An operator who sees a line finds what it means, and what to do."""
    code = [path.read_text("utf-8") for path in (ROOT / "layers" / "core").rglob("*.py")]
    warnings = {found for text in code for found in re.findall(r'logger\.(?:warning|error)\(\s*"([^"]+)"', text)}
    assert len(warnings) > 20
    assert warnings - set(re.findall(r"`([^`]+)`", DOCUMENTS["docs/reference/monitoring.md"])) == set()


@every_document
def test_verbs_of_make_exist(document: str) -> None:
    verbs = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert words(document, r"(?<![\w-])make ([a-z][a-z0-9-]+)") <= verbs


@pytest.mark.slow
@every_document
def test_commands_and_options_exist(document: str) -> None:
    for text in words(document, r"(?:^|\s)agent-schedules ([^#|\n]+)"):
        command: Any = get_command(app)
        options = {option for parameter in command.params for option in parameter.opts}
        for word in shlex.split(text):
            if word in getattr(command, "commands", {}):
                command = command.commands[word]
                options |= {option for parameter in command.params for option in parameter.opts}
            elif word.startswith("--"):
                assert word in options | {"--help"}, text
            else:
                assert not hasattr(command, "commands") or word.isupper() or word.startswith("["), text


@every_document
def test_modules_and_imports_exist(document: str) -> None:
    for module in words(document, r"python3? -m ([a-z_][\w.]*)"):
        assert find_spec(module) is not None, module
    for block in re.findall(r"^```python\n(.*?)^```", DOCUMENTS[document], re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module:
                module_of = importlib.import_module(node.module)
                assert all(hasattr(module_of, name.name) for name in node.names)
            elif isinstance(node, ast.Import):
                assert all(find_spec(name.name) is not None for name in node.names)


@cache
def files() -> tuple[str, ...]:
    """The files of the repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(f"/{name}" for name in listed.splitlines())


@every_document
def test_files_and_links_exist(document: str) -> None:
    for name in words(document, r"(?<![\w*{.])[\w.][\w./-]*\.(?:py|md|toml|yaml|lock)\b") - OF_OTHER_PLACES:
        assert any(file.endswith(f"/{name}") for file in files()), name
    folder = (ROOT / document).parent
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", DOCUMENTS[document]):
        assert (folder / link).exists(), link
