"""`python -m tests.faults` simulates faults, `python -m tests.faults million` counts a million occurrences."""

from __future__ import annotations

import os
import sys

from tests.faults import million, runner

os.environ["POWERTOOLS_METRICS_DISABLED"] = "true"  # counts are for CloudWatch, which is not here

if __name__ == "__main__":
    sys.exit(million.main() if sys.argv[1:] == ["million"] else runner.main())
