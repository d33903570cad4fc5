"""Builds the functions as `sam deploy` uploads them, but for this machine, with the template's variables."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.template import MONITORING, NOTIFICATIONS, TEMPLATE, load_template, resolved
from tools.build.python313 import MISSING, find_python
from tools.build.trim_layer import trim_and_compile

ROOT = TEMPLATE.parent
SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
OUTPUT = ROOT / ".aws-sam" / "host"
BUILD = OUTPUT / "build"
ARCHITECTURES = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Function:
    """A built function, with the variables that Lambda sets."""

    name: str
    """Its folder under functions/."""
    folder: Path
    layers: tuple[Path, ...]
    environment: dict[str, str]


def architecture() -> str:
    """Return Lambda's name of this machine's architecture. Raises RuntimeError if built wheels cannot be imported."""
    if platform.system() != "Linux" or platform.machine() not in ARCHITECTURES:
        raise RuntimeError("The built functions hold Linux wheels for x86_64 or arm64: they run there only.")
    return ARCHITECTURES[platform.machine()]


def sources() -> dict[str, str]:
    """Return each function's name and its logical id in the template."""
    resources = load_template()["Resources"].items()
    return {
        Path(resource["Properties"]["CodeUri"]).name: logical_id
        for logical_id, resource in resources
        if resource["Type"] == "AWS::Serverless::Function"
    }


def build() -> None:
    """Build as `make build` does, into `BUILD`. Raises RuntimeError with the output of SAM."""
    python = find_python()
    if python is None:
        raise RuntimeError(MISSING)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    source = OUTPUT / "source.json"
    source.write_text(json.dumps(_for_this_machine(load_template())), encoding="utf-8")
    command = [str(SAM), "build", "--template", str(source), "--base-dir", str(ROOT)]
    command += ["--build-dir", str(BUILD), "--cache-dir", str(OUTPUT / "cache"), "--cached", "--parallel"]
    environment = {
        **os.environ,
        # SAM looks for a `python3.13` on PATH and believes the first one.
        "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    built = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        raise RuntimeError(f"{built.stdout}{built.stderr}\nsam build failed.")
    trim_and_compile(BUILD)


def functions(known: dict[str, str]) -> dict[str, Function]:
    """Return the built functions by name. `known` are a stack's own values (`dev.template.resolved`)."""
    template = load_template()
    every = template["Globals"]["Function"]
    found = {}
    for name, logical_id in sources().items():
        own = template["Resources"][logical_id]["Properties"]
        properties = {**every, **own}
        variables = {**every["Environment"]["Variables"], **own.get("Environment", {}).get("Variables", {})}
        layers = [_layer(entry, known, template) for entry in [*every["Layers"], *own.get("Layers", [])]]
        found[name] = Function(
            name,
            BUILD / logical_id,
            tuple(BUILD / layer / "python" for layer in layers if layer != "AWS::NoValue"),
            {
                "AWS_LAMBDA_FUNCTION_NAME": str(resolved(properties["FunctionName"], known, template)),
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(resolved(properties["MemorySize"], known, template)),
                "AWS_LAMBDA_FUNCTION_TIMEOUT": str(resolved(properties["Timeout"], known, template)),
                "_HANDLER": properties["Handler"],
                **{key: str(resolved(value, known, template)) for key, value in variables.items()},
            },
        )
    return found


def _layer(entry: dict[str, Any], known: dict[str, str], template: dict[str, Any]) -> str:
    """Return the logical id of a layer in a function's list, which may depend on a condition."""
    if "Fn::If" in entry:
        condition, then, otherwise = entry["Fn::If"]
        holds = resolved({"Fn::If": [condition, True, False]}, known, template)
        return _layer(then if holds else otherwise, known, template)
    return str(entry["Ref"])


def _for_this_machine(template: dict[str, Any]) -> dict[str, Any]:
    """Return the template with this machine's architecture: arm64 wheels do not import on x86_64."""
    for name, nested in (("Monitoring", MONITORING), ("Notifications", NOTIFICATIONS)):
        template["Resources"][name]["Properties"]["TemplateURL"] = str(nested)
    template["Globals"]["Function"]["Architectures"] = [architecture()]
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            resource["Properties"]["CompatibleArchitectures"] = [architecture()]
            resource["Metadata"]["BuildArchitecture"] = architecture()
    return template
