"""Run Prefect's own server on SQLite, and a worker that claims runs through Prefect's API (`worker.py`).

Prefect's scheduler looks every five seconds instead of sixty, and a few seconds ahead instead of an hour: with the
defaults it would see a schedule a minute late, and write 3,600 rows ahead for each. Unneeded services are off.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

IDLE = (
    "CANCELLATION_CLEANUP",
    "CLEANUP_RECONCILER",
    "EVENT_PERSISTER",
    "FOREMAN",
    "LATE_RUNS",
    "PAUSE_EXPIRATIONS",
    "REPOSSESSOR",
    "TASK_RUN_RECORDER",
    "TRIGGERS",
)
SETTINGS = {
    "HOME": os.environ["DIRECTORY"],
    "LOGGING_LEVEL": "WARNING",
    "SERVER_LOGGING_LEVEL": "WARNING",
    "SERVER_ANALYTICS_ENABLED": "false",
    "SERVER_UI_ENABLED": "false",
    "SERVER_EVENTS_STREAM_OUT_ENABLED": "false",
    "SERVER_API_DEFAULT_LIMIT": "1000",  # the most a poll can get
    "SERVER_DATABASE_TIMEOUT": "60",
    "SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
    "SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "3600",  # else two loops write the same
    "SERVER_SERVICES_SCHEDULER_MIN_RUNS": "1",
    "SERVER_SERVICES_SCHEDULER_MIN_SCHEDULED_TIME": "PT12S",  # two loops and a bit
    "SERVER_SERVICES_SCHEDULER_MAX_RUNS": "20",
    "SERVER_SERVICES_SCHEDULER_INSERT_BATCH_SIZE": "1000",
} | {f"SERVER_SERVICES_{name}_ENABLED": "false" for name in IDLE}

os.environ.update({f"PREFECT_{name}": value for name, value in SETTINGS.items()}, DO_NOT_TRACK="1")
subprocess.Popen([sys.executable, "worker.py"])
prefect = str(Path(sys.executable).with_name("prefect"))
os.execv(prefect, [prefect, "server", "start", "--host", "127.0.0.1", "--port", os.environ["PORT"]])  # noqa: S606 - its own program
