"""`python -m tests.faults` simulates faults, `python -m tests.faults million` counts a million occurrences."""

from __future__ import annotations

import sys

from tests.faults import million, runner

if __name__ == "__main__":
    sys.exit(million.main() if sys.argv[1:] == ["million"] else runner.main())
