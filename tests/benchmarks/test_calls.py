"""docs/explanation/performance.md says what is counted now."""

from __future__ import annotations

import pytest

from benchmarks.calls import counted
from benchmarks.sections import PERFORMANCE, section_of

pytestmark = pytest.mark.slow


def test_the_document_has_the_tables_that_the_script_prints() -> None:
    assert section_of(PERFORMANCE, "benchmarks.calls") == counted(), "python -m benchmarks.calls --write"
