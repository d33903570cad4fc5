"""The distribution as people install it: built, put into a bare environment, and used from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.process import Stack

ROOT = Path(__file__).parent.parent.parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
OURS = ("AGENT_SCHEDULES_", "AWS_", "PYTHON", "VIRTUAL_ENV")
IMPORT_ALL = """
import pkgutil, importlib, agent_schedules_cli
for module in pkgutil.walk_packages(agent_schedules_cli.__path__, "agent_schedules_cli."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
import agent_schedules.bootstrap, agent_schedules.execution.settle
"""


def without_ours() -> dict[str, str]:
    """The environment without what is ours in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


class Installed:
    """A virtual environment with nothing in it but the wheel, or another package, and what that asks for."""

    def __init__(self, at: Path, wheel: Path, extra: str = "") -> None:
        self.bin = at / "bin"
        subprocess.run([sys.executable, "-m", "venv", at], check=True)
        pip = [str(self.bin / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"{wheel}{extra}"], check=True)

    def run(self, *arguments: str, url: str = "", program: str = "agent-schedules") -> subprocess.CompletedProcess[str]:
        """Call a program of it from a folder that is not ours, without our environment."""
        environ = without_ours() | {
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(self.bin),
            "AGENT_SCHEDULES_URL": url,
        }
        return subprocess.run(
            [self.bin / program, *arguments], cwd=self.bin, env=environ, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    uv = Path(sys.executable).parent / "uv"
    subprocess.run([uv, "build", "--quiet", "--out-dir", folder, ROOT], check=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("bare"), wheel)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path).start()
    yield stack
    stack.stop()


def test_wheel_has_only_its_own_top_level_names(wheel: Path) -> None:
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert names == {"agent_schedules", "agent_schedules_cli", f"agent_schedules-{VERSION}.dist-info"}


def test_wheel_has_the_console(wheel: Path) -> None:
    below = "agent_schedules/console/assets"
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith(f"{below}/")}
    folder = ROOT / "layers" / "core" / below
    assert names == {f"{below}/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*") if path.is_file()}


def test_the_command_works_without_a_service(bare: Installed) -> None:
    assert bare.run("--version").stdout == f"agent-schedules {VERSION}\n"
    assert "schedules" in bare.run("--help").stdout
    shown = bare.run("preview", "30 9 * * 1-5", "--tz", "Europe/Lisbon", "--count", "1", "--json")
    assert (shown.returncode, len(json.loads(shown.stdout)["occurrences"])) == (0, 1)
    assert bare.run("-m", "agent_schedules_cli", "--version", program="python").returncode == 0


def test_the_command_calls_the_local_stack(bare: Installed, stack: Stack) -> None:
    made = bare.run("agents", "create", "--name", "hello", "--model", "echo", "--json", url=stack.url)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["id"] in bare.run("agents", "list", url=stack.url).stdout
    key = bare.run("keys", "create", "--tenant", "acme", url=stack.url)
    assert key.stdout.startswith("agsched_"), key.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["doctor", "--stack", "x"],
        ["keys", "list", "--tenant", "a", "--stack", "x"],
        ["keys", "list", "--tenant", "a", "--table", "x"],
        ["tenants", "export", "--tenant", "a", "--stack", "x"],
        ["tenants", "erase", "--yes", "--tenant", "a", "--stack", "x"],
        ["recount", "--table", "x"],
        ["copy-table", "--from", "x", "--to", "y"],
        ["verify-aws"],
    ],
)
def test_what_needs_the_extra_names_it(bare: Installed, arguments: list[str]) -> None:
    answer = bare.run(*arguments)
    assert (answer.returncode, len(answer.stderr.splitlines())) == (2, 1)
    assert 'pip install "agent-schedules[aws]"' in answer.stderr


def test_the_server_for_agents_names_its_extra(bare: Installed) -> None:
    answer = bare.run("mcp")
    assert (answer.returncode, len(answer.stderr.splitlines())) == (2, 1)
    assert 'pip install "agent-schedules[mcp]"' in answer.stderr


def test_extras_install_every_import(wheel: Path, tmp_path: Path) -> None:
    whole = Installed(tmp_path, wheel, "[aws,mcp,mka1]")
    imported = whole.run("-c", IMPORT_ALL, program="python")
    assert imported.returncode == 0, imported.stderr
    assert "AWS_REGION" in whole.run("doctor", "--stack", "x").stderr


def test_uvx_runs_the_command(wheel: Path, tmp_path: Path) -> None:
    uvx = Path(sys.executable).parent / "uvx"
    environ = without_ours() | {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_PYTHON": sys.executable}
    asked = [str(uvx), "--quiet", "--isolated", "--from", str(wheel), "agent-schedules", "--version"]
    ran = subprocess.run(asked, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert ran.stdout == f"agent-schedules {VERSION}\n", ran.stderr


def test_pipx_installs_the_command(wheel: Path, tmp_path: Path) -> None:
    pipx = Installed(tmp_path / "pipx", Path("pipx"))
    environ = without_ours() | {"PIPX_HOME": str(tmp_path / "home"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    asked = [str(pipx.bin / "pipx"), "install", "--python", sys.executable, str(wheel)]
    done = subprocess.run(asked, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [command.name for command in (tmp_path / "bin").iterdir()] == ["agent-schedules"]
    ran = subprocess.run(
        [tmp_path / "bin" / "agent-schedules", "--version"], env=environ, capture_output=True, text=True, check=False
    )
    assert ran.stdout == f"agent-schedules {VERSION}\n", ran.stderr
