"""APScheduler 4 on SQLite behind the smallest HTTP front there is: one POST adds a schedule, as a user's service would.

Its write-ahead log is synced as Mastra's and ours are: an answered schedule outlives the process, a power cut may
cost the last moment. Each job notes its nominal time and its claim, which is when the scheduler stored it.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn
from apscheduler import AsyncScheduler, CoalescePolicy, current_job
from apscheduler.datastores.sqlalchemy import SQLAlchemyDataStore
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

DIRECTORY = Path(os.environ["DIRECTORY"])
NOTES = (DIRECTORY / "jobs.jsonl").open("a", buffering=1)

engine = create_async_engine(f"sqlite+aiosqlite:///{DIRECTORY}/db")


@event.listens_for(engine.sync_engine, "connect")
def _wal(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


scheduler = AsyncScheduler(SQLAlchemyDataStore(engine))


async def echo(text: str) -> str:
    """The work, which is none."""
    job = current_job.get()
    due, claimed = job.scheduled_fire_time.timestamp(), job.created_at.timestamp()
    NOTES.write(json.dumps([job.schedule_id, due, claimed, True]) + "\n")
    return text


async def create(request: Request) -> JSONResponse:
    """Add a schedule, and answer when it is stored."""
    body = await request.json()
    if "cron" in body:
        trigger = CronTrigger.from_crontab(body["cron"], timezone=body["timezone"])
    elif "once" in body:
        trigger = DateTrigger(datetime.fromisoformat(body["once"]))
    else:
        trigger = IntervalTrigger(seconds=body["seconds"])
    name = await scheduler.add_schedule(
        echo,
        trigger,
        kwargs={"text": body["input"]},
        coalesce=CoalescePolicy.all,  # else it merges what it is late with
    )
    return JSONResponse({"id": name}, 201)


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """The scheduler runs as long as the server."""
    async with scheduler:
        await scheduler.configure_task(echo, max_running_jobs=None)
        await scheduler.start_in_background()
        yield


app = Starlette(
    routes=[Route("/schedules", create, methods=["POST"]), Route("/", lambda _: JSONResponse({}), methods=["GET"])],
    lifespan=lifespan,
)
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning", access_log=False)
