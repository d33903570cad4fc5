"""`make release` tags a version only when changelog, project file and tree agree on it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.build.release import ROOT, problems, section_of, tag

CHANGELOG = """# Changelog

## [Unreleased]

## [0.2.0] - 2026-12-01

### Added

- Something.

## [0.1.0] - 2026-11-29

- All of it.
"""


def git(root: Path, *arguments: str) -> str:
    """What git says."""
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "core.hooksPath=/dev/null"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that is ready to release 0.2.0."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "x")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "x@example.com")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "0.2.0"\n', "utf-8")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, "utf-8")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    return tmp_path


def commit(root: Path) -> None:
    """Commit everything."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--no-gpg-sign", "--message", "x")


def replace(root: Path, name: str, old: str, new: str) -> None:
    """Change a file and commit it."""
    text = (root / name).read_text("utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new), "utf-8")
    commit(root)


def test_a_version_on_which_all_agree_is_tagged(root: Path) -> None:
    assert list(problems(root, "0.2.0")) == []
    tag(root, "0.2.0")
    assert git(root, "tag", "--list", "--format=%(contents)") == "0.2.0\n\n### Added\n\n- Something."
    assert list(problems(root, "0.2.0")) == ["the tag v0.2.0 exists; choose the next version"]


@pytest.mark.parametrize("version", ["", "1", "v0.2.0", "0.2", "0.02.0", "0.2.0-rc.1", "--force"])
def test_a_version_has_three_numbers(root: Path, version: str) -> None:
    assert list(problems(root, version)) == [f"{version!r} is no version; give three numbers, such as 0.2.0"]


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("pyproject.toml", "0.2.0", "0.1.0", "pyproject.toml has version 0.1.0"),
        ("CHANGELOG.md", "## [0.2.0] - 2026-12-01", "## [0.2.0]", "CHANGELOG.md has no title"),
        ("CHANGELOG.md", "### Added\n\n- Something.\n", "", "CHANGELOG.md says nothing below [0.2.0]"),
        ("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- More.\n", "has entries below [Unreleased]"),
    ],
)
def test_files_that_disagree_are_named(root: Path, name: str, old: str, new: str, problem: str) -> None:
    replace(root, name, old, new)
    (found,) = problems(root, "0.2.0")
    assert problem in found


def test_only_a_clean_main_is_tagged(root: Path) -> None:
    (root / "new.txt").touch()
    git(root, "switch", "--quiet", "--create", "other")
    assert [problem.partition(";")[0] for problem in problems(root, "0.2.0")] == [
        "the branch is other",
        "the tree has changes that are not committed",
    ]


def test_the_changelog_has_the_version_of_the_project() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    version = (ROOT / "pyproject.toml").read_text("utf-8").partition('\nversion = "')[2].partition('"')[0]
    assert section_of(changelog, version)
    assert section_of(changelog, "Unreleased") is not None
