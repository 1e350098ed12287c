"""What takes long: where to look how far it is, and the answer to who would rather look there than wait."""

from __future__ import annotations

import re

import msgspec

from damgate.core.errors import Busy, NotFound
from damgate.core.jobs import Job
from damgate.core.rights import SIGNED
from damgate.drive import Drive
from damgate.gateways.reply import Reply, whole
from damgate.gateways.request import Request
from damgate.gateways.stamps import iso_date

_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_HEADERS = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]


def job_reply(request: Request, drive: Drive) -> Reply:
    """Answer how far a job is, at /-/jobs/NUMBER; NotFound once it is done: then the file is there."""
    if len(request.path) != 3 or request.path[1] != "jobs" or not _NUMBER.fullmatch(request.path[2]):
        raise NotFound("There is nothing here.")
    job = drive.job(request.actor, int(request.path[2]))
    return whole(200, _told(job), "application/json", _HEADERS)


def _told(job: Job) -> bytes:
    fields = {
        "state": job.state.value,
        "progress": round(job.progress, 3),
        "since": iso_date(int(job.run_at)),
        "tries": job.tries,
        "error": job.error,
    }
    return msgspec.json.encode(fields) + b"\n"


def prefers_promise(request: Request) -> bool:
    """Tell whether the asker would rather hear where to look than wait."""
    preferred = {one.partition(";")[0].strip().lower() for one in (request.header("Prefer") or "").split(",")}
    return "respond-async" in preferred


def promise(request: Request, busy: Busy) -> Reply | None:
    """Answer 202 to a program that prefers it; None for all others.

    Only to stable links: a mount would take the answer's body for the file.
    """
    linked = request.method == "GET" and request.path[:1] == ("c",) and request.actor != SIGNED
    if not busy.job or not linked or not prefers_promise(request):
        return None
    status = f"/-/jobs/{busy.job}"
    headers = [
        ("Location", status),
        ("Preference-Applied", "respond-async"),
        ("Retry-After", str(max(1, busy.retry_after))),
        *_HEADERS,
    ]
    return whole(202, msgspec.json.encode({"status": status}) + b"\n", "application/json", headers)
