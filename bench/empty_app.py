"""The floor of the http figure: an endpoint that takes a command's body and does nothing."""

import asyncio
import os
from typing import Any

from fastapi import FastAPI

from shared.kernel.service import serve

app = FastAPI()


@app.post("/api/v1/activity/{command}")
async def empty(command: str, body: dict[str, Any]) -> dict[str, str]:
    return {"stream": command}


@app.get("/healthz")
async def alive() -> dict[str, str]:
    return {"status": "ok"}


if __name__ == "__main__":
    asyncio.run(serve(app, "127.0.0.1", int(os.environ["PORT"])))
