"""Scoring's queries as a process: `python -m services.scoring.app`. It also verifies the boards, each minute."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Any

import aiohttp
import asyncpg
import structlog
from fastapi import FastAPI

from services.scoring import findings
from services.scoring.api import router, status
from services.scoring.logs import Logs
from services.scoring.verify import Verifier
from shared.kernel.messages import SHANGHAI
from shared.kernel.service import Runtime, Service, run

log = structlog.get_logger()

LOCK = 0x6C690004  # advisory lock of the one that verifies by itself
EVERY = 60.0  # seconds
AFTER_MENDING = 2.0  # seconds: the builder makes the boards anew first
NIGHT = 3  # o'clock: from then on, once a day, everything is read from the beginning


async def prepare(runtime: Runtime, app: FastAPI) -> None:
    settings = runtime.settings
    verifier = app.state.verifier = Verifier(runtime.pool, Logs(runtime.http, settings.owner_of, settings.internal_key))

    async def keep_verifying() -> None:
        lead = await asyncpg.connect(settings.database_url)
        try:
            await lead.execute("select pg_advisory_lock($1)", LOCK)
            await _each_minute(lead, verifier)
        finally:
            lead.terminate()

    runtime.tasks.append(("verification", keep_verifying))


async def _each_minute(lead: Any, verifier: Verifier) -> None:
    night = datetime.now(SHANGHAI).date()
    while True:
        now = datetime.now(SHANGHAI)
        tonight = now.hour >= NIGHT and now.date() > night
        try:
            finding = await verifier.verify(everything=tonight)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("not verified: an owner does not answer", error=repr(error))
        else:
            night = now.date() if tonight else night
            if not finding.agree:
                await findings.keep(lead, finding.agree, finding.reasons, told=False)
        await lead.execute("select 1")  # raises when the connection, and with it the lead, is gone
        with suppress(TimeoutError):
            await asyncio.wait_for(verifier.mended.wait(), EVERY)
            await asyncio.sleep(AFTER_MENDING)
        verifier.mended.clear()


SERVICE = Service(name="scoring", router=router, extra=prepare, status=status)

if __name__ == "__main__":
    run(SERVICE)
