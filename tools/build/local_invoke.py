"""The last step of `make test-lambda`: one event through `sam local invoke`, if a Docker daemon answers.

It takes what `tools.build.sam_build` left, in Lambda's own image. Where there is no Docker it says that it did not.
"""

# ruff: noqa: S607 - it runs docker and SAM.

from __future__ import annotations

import json
import os
import subprocess
import sys

from tools.build.sam_build import BUILD, ROOT, SAM

EVENT = ROOT / "events" / "api_healthz.json"  # the one that needs nothing of AWS


def docker_answers() -> bool:
    """Return whether a Docker daemon answers."""
    try:
        return subprocess.run(["docker", "version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main() -> int:
    """Invoke, and print the outcome. Without Docker that is not an error."""
    if not docker_answers():
        print("sam local invoke: not checked, because no Docker daemon answers here")
        return 0
    command = [str(SAM), "local", "invoke", "ApiFunction", "--template", str(BUILD / "template.yaml")]
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-central-1"}
    invoked = subprocess.run(
        [*command, "--event", str(EVENT)], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    answer = invoked.stdout.strip().splitlines()[-1:]
    if invoked.returncode == 0 and answer and json.loads(answer[0]).get("statusCode") == 200:
        print("sam local invoke: the api function answers events/api_healthz.json")
        return 0
    print(f"{invoked.stdout}{invoked.stderr}\nsam local invoke failed.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
