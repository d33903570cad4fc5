"""The deployed layers are small, and compiled because Lambda keeps no bytecode."""

from __future__ import annotations

from importlib.util import cache_from_source
from pathlib import Path

import pytest

from tools.build import sam_build
from tools.build.trim_layer import SERVICES

LARGEST = 25e6  # bytes unzipped, without boto3
AWS = {"boto3", "botocore", "s3transfer"}
UNCHECKED = 1  # PEP 552: bytecode that is not checked against its source


@pytest.fixture
def core(functions: dict[str, sam_build.Function]) -> Path:
    [layer] = functions["runner"].layers
    return layer


def test_every_module_comes_with_bytecode_that_is_not_checked(functions: dict[str, sam_build.Function]) -> None:
    for function in functions.values():
        for folder in (function.folder, *function.layers):
            sources = list(folder.rglob("*.py"))
            assert sources
            for source in sources:
                compiled = Path(cache_from_source(str(source))).with_name(f"{source.stem}.cpython-313.pyc")
                assert int.from_bytes(compiled.read_bytes()[4:8], "little") == UNCHECKED


def test_the_layer_is_small(core: Path) -> None:
    size = sum(
        path.stat().st_size
        for path in core.rglob("*")
        if path.is_file() and path.relative_to(core).parts[0].partition("-")[0] not in AWS
    )
    assert size < LARGEST


def test_the_layer_has_models_of_the_called_services_only(core: Path) -> None:
    data = core / "botocore" / "data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == SERVICES
