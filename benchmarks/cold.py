"""Cold starts in AWS's Runtime Interface Emulator: the functions as `sam build` leaves them, and two baselines, in
turns.

    python -m benchmarks.cold [--rounds N] [--write]

`floor` makes the same boto3 clients and reads one row; `hello` is a conventional FastAPI, Mangum and Powertools hello
world. All come twice: `plain`, as SAM packs them, without bytecode; and `compiled`, with it, as `make build` leaves
ours. AWS is a server on this machine that finds no rows. `api, no console` is our api function from a layer without the
console's files.

Each of our functions is then invoked warm, to measure the processor time of an invocation with Lambda's client and with
sockets: `cpu_ms` of the cost model.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.loopback import loopback
from benchmarks.machine import machine
from benchmarks.sections import PERFORMANCE, parser_of, show, table
from tools.build import sam_build
from tools.build.emulator import PYTHON, Emulator, emulated

HANDLERS = Path(__file__).parent / "handlers"
EVENTS = sam_build.ROOT / "events"
CONVENTIONAL = ("boto3", "fastapi", "mangum", "aws-lambda-powertools")
KNOWN = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::StackName": "bench",
    "Table": "bench",
    "ScheduleGroup": "bench",
    "SchedulerRole.Arn": "arn:aws:iam::123456789012:role/bench",
    "DelayQueue": "https://sqs.eu-central-1.amazonaws.com/123456789012/delay",
    "DeadLetterQueue": "https://sqs.eu-central-1.amazonaws.com/123456789012/dead",
    "DeadLetterQueue.Arn": "arn:aws:sqs:eu-central-1:123456789012:dead",
    "CursorSecret": "cursors",
    "Webhooks": "on",
    "DeliveryQueue": "https://sqs.eu-central-1.amazonaws.com/123456789012/deliveries",
    "RedeliveryQueue": "https://sqs.eu-central-1.amazonaws.com/123456789012/redeliveries",
    "WebhookSecret": "webhooks",
    "GatewaySecretArn": "",
    "EventBusName": "bench",
    "PublicUrl": "https://console.example",
}
FUNCTIONS = {
    "api": "api_healthz",
    "runner": "runner_hint",
    "worker": "worker_hint",
    "reconciler": "reconciler_sweep",
    "publisher": "publisher_changes",
    "notifier": "notifier_delivery",
}
"""The function and the event of its first invocation."""
LIMITS = {"api": 1.3, "runner": 1.1, "worker": 1.1}
"""Of the floor's init."""
WARMING, WARM = 20, 200  # invocations


@dataclass
class Subject:
    """What is started, and what came of it, in milliseconds."""

    name: str
    emulator: Emulator
    event: Any
    init: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    warm: float = 0
    calls: float = 0
    """To AWS, of a warm invocation."""

    def start(self) -> None:
        """One cold start."""
        self.emulator.restart()
        answer = self.emulator.invoke(self.event)
        if isinstance(answer.result, dict) and "errorType" in answer.result:
            raise RuntimeError(f"{self.name} failed:\n{answer.log}")
        assert answer.init_milliseconds is not None
        self.init.append(answer.init_milliseconds)
        self.first.append(answer.milliseconds)
        self.cpu.append(self.emulator.cpu_milliseconds())

    def go_on(self, times: int, calls: Callable[[], int]) -> None:
        """So many invocations of what has started."""
        for _ in range(WARMING):
            self.emulator.invoke(self.event)
        before, called = self.emulator.cpu_milliseconds(), calls()
        for _ in range(times):
            self.emulator.invoke(self.event)
        self.warm = (self.emulator.cpu_milliseconds() - before) / times
        self.calls = (calls() - called) / times


def main(arguments: Sequence[str] | None = None) -> None:
    """Build, measure, print."""
    parser = parser_of("Cold starts next to a floor and a conventional hello world.", PERFORMANCE)
    parser.add_argument("--rounds", type=int, default=15, help="starts of each")
    given = parser.parse_args(arguments)
    rounds = given.rounds
    sam_build.build()
    with loopback() as aws, _subjects(aws.url) as subjects:
        for _ in range(rounds):
            for subject in subjects:
                subject.start()
        for subject in subjects:
            if subject.name in FUNCTIONS:
                subject.go_on(WARM, aws.calls)
    text = "\n\n".join(
        [
            f"{machine()}. {rounds} rounds, medians in ms, ratios of init and in brackets of CPU time.",
            _table(subjects),
            f"The layer: {_sizes(sam_build.BUILD / 'CoreLayer' / 'python')}",
            "Warm:",
            _warm(subjects),
        ]
    )
    show(PERFORMANCE, "benchmarks.cold", text, write=given.write)


@contextmanager
def _subjects(url: str) -> Iterator[list[Subject]]:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cold-")))
        aws = {"AWS_REGION": KNOWN["AWS::Region"], "AWS_DEFAULT_REGION": KNOWN["AWS::Region"], "AWS_ENDPOINT_URL": url}
        aws |= dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "local")
        functions = sam_build.functions(KNOWN)
        layers = {"plain": _conventional(directory / "plain")}
        layers["compiled"] = _compiled(layers["plain"], directory / "compiled")
        copies: dict[tuple[Path, str], Path] = {}

        def without(left_out: str, function: sam_build.Function) -> tuple[Path, list[Path]]:
            for folder in (function.folder, *function.layers):
                if (folder, left_out) not in copies:
                    copies[folder, left_out] = directory / f"copy-{len(copies)}"
                    ignore = shutil.ignore_patterns(left_out)
                    shutil.copytree(folder, copies[folder, left_out], ignore=ignore)
            return copies[function.folder, left_out], [copies[layer, left_out] for layer in function.layers]

        def subject(name: str, folder: Path, on: Sequence[Path], variables: Mapping[str, str], event: str) -> Subject:
            emulator = stack.enter_context(emulated(folder, on, {**variables, **aws}))
            return Subject(name, emulator, json.loads((EVENTS / f"{event}.json").read_text(encoding="utf-8")))

        variables = functions["runner"].environment
        yield [
            *(
                subject(f"{kind}, {how}", HANDLERS / kind, [layer], variables, "api_healthz")
                for how, layer in layers.items()
                for kind in ("floor", "hello")
            ),
            *(
                subject(f"{name}, plain", *without("__pycache__", functions[name]), functions[name].environment, event)
                for name, event in FUNCTIONS.items()
                if name in LIMITS
            ),
            subject(
                "api, no console", *without("console", functions["api"]), functions["api"].environment, FUNCTIONS["api"]
            ),
            *(
                subject(name, functions[name].folder, functions[name].layers, functions[name].environment, event)
                for name, event in FUNCTIONS.items()
            ),
        ]


def _conventional(target: Path) -> Path:
    """The packages of the comparisons in the versions of the lock, for the functions' Python, as SAM packs them."""
    uv = str(Path(sys.executable).parent / "uv")
    export = [uv, "export", "--quiet", "--frozen", "--all-extras", "--all-groups", "--no-emit-project", "--no-hashes"]
    locked = target.with_suffix(".txt")
    locked.write_text(subprocess.run(export, cwd=sam_build.ROOT, check=True, capture_output=True, text=True).stdout)
    install = [uv, "pip", "install", "--quiet", "--python", str(PYTHON), "--target", str(target)]
    subprocess.run([*install, "--constraint", str(locked), *CONVENTIONAL], cwd=sam_build.ROOT, check=True)
    return target


def _compiled(source: Path, target: Path) -> Path:
    """A copy with bytecode that needs no look at its source."""
    shutil.copytree(source, target)
    compiling = [str(PYTHON), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(target)]
    subprocess.run(compiling, check=True)
    return target


def _table(subjects: Sequence[Subject]) -> str:
    medians = {one.name: [statistics.median(values) for values in (one.init, one.first, one.cpu)] for one in subjects}
    references = [name for name in medians if name.startswith(("floor", "hello"))]
    head = ["", "init", "first answer", "CPU", *(f"to {name}" for name in references), "limit, to the floor"]
    rows = []
    for name, (init, first, cpu) in medians.items():
        ratios = [f"{init / medians[of][0]:.2f} ({cpu / medians[of][2]:.2f})" for of in references]
        rows.append([name, f"{init:.0f}", f"{first:.0f}", f"{cpu:.0f}", *ratios, str(LIMITS.get(name, ""))])
    return table(head, rows)


def _warm(subjects: Sequence[Subject]) -> str:
    head = ["", "CPU of an invocation", "calls to AWS", "CPU for each invocation and each call"]
    rows = [
        [one.name, f"{one.warm:.2f}", f"{one.calls:.0f}", f"{one.warm / (1 + one.calls):.2f}"]
        for one in subjects
        if one.name in FUNCTIONS
    ]
    return table(head, rows)


def _sizes(layer: Path) -> str:
    """What the layer weighs unzipped, with and without what AWS's own runtime has."""
    sizes = {"all": 0, "boto3": 0, "bytecode": 0}
    for path in layer.rglob("*"):
        if path.is_file():
            size = path.stat().st_size
            sizes["all"] += size
            if path.relative_to(layer).parts[0].partition("-")[0] in {"boto3", "botocore", "s3transfer"}:
                sizes["boto3"] += size
            elif path.suffix == ".pyc":
                sizes["bytecode"] += size
    megabytes = {name: size / 1e6 for name, size in sizes.items()}
    return (
        f"{megabytes['all']:.1f} MB unzipped, {megabytes['all'] - megabytes['boto3']:.1f} MB without boto3 "
        f"({megabytes['bytecode']:.1f} MB of it bytecode)"
    )


if __name__ == "__main__":
    main()
