"""The gateway as a process: `python -m services.gateway.app`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.routing import Route

from services.gateway import api, console
from services.gateway.boards import TOPICS, Hub
from services.gateway.console import errors
from services.gateway.front import Front
from services.gateway.identity import Identities
from services.gateway.openapi import Document
from services.gateway.upstream import Upstream, new_session
from shared.kernel.follow import follow
from shared.kernel.service import Service, application, configure_logging, forever, serve
from shared.kernel.settings import Settings

STATIC = Path(__file__).parent / "static"
SERVICE = Service(name="gateway", router=api.router)


def build(settings: Settings) -> Front:
    """Everything put together, not yet started."""
    app = application(SERVICE, settings)
    kernel = app.router.lifespan_context

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with kernel(app), new_session() as http:
            app.state.upstream = Upstream(http, settings)
            app.state.identities = Identities(app.state.pool)
            app.state.document = Document(app.state.upstream, app.openapi())
            app.state.hubs = {audience: _hub(settings, topic) for audience, topic in TOPICS.items()}
            tasks = [
                asyncio.create_task(forever(TOPICS[audience], hub.run)) for audience, hub in app.state.hubs.items()
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    app.router.lifespan_context = lifespan
    app.router.routes.insert(0, Route("/openapi.json", _document))  # before the framework's, which knows only our own
    app.include_router(console.router, include_in_schema=False)
    app.mount("/static", Assets(directory=STATIC), name="static")
    errors.install(app)
    return Front(app, errors.explain)


class Assets(StaticFiles):
    """Files whose address changes whenever they do, so that browsers may keep them."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        answer = super().file_response(*args, **kwargs)
        answer.headers["cache-control"] = "public, max-age=31536000, immutable"
        return answer


def _hub(settings: Settings, topic: str) -> Hub:
    return Hub(lambda: follow(settings.brokers, topic))


async def _document(request: Request) -> JSONResponse:
    return JSONResponse(await request.app.state.document())


def main() -> None:
    configure_logging()
    settings = Settings()  # from the environment
    front = build(settings)
    asyncio.run(serve(front, settings.host, settings.port, front.stop))


if __name__ == "__main__":
    main()
