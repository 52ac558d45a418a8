"""What goes wrong, as a page for people and as problem+json for everybody else."""

import json
from typing import Any

import aiohttp
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.types import Scope

from services.gateway.console.page import SignInFirst, html, sign_in_page
from services.gateway.console.season import NoSeason
from services.gateway.front import headers_of
from shared.kernel.problems import Problem, unavailable

log = structlog.get_logger()

_APIS = ("/api/", "/feeds/", "/internal/", "/static/", "/healthz", "/readyz", "/metrics", "/openapi.json")


def explain(scope: Scope, problem: Problem) -> Response:
    """The answer to a request that is refused before the framework sees it."""
    return _shown(scope, problem.response())


def _shown(scope: Scope, answer: Response) -> Response:
    """A page where a person looks at the answer, which is problem+json."""
    if scope["path"].startswith(_APIS) or "text/html" not in headers_of(scope).get("accept", ""):
        return answer
    page = html("templates/error.html", answer.status_code, problem=json.loads(bytes(answer.body)))
    if retry := answer.headers.get("retry-after"):
        page.headers["retry-after"] = retry
    return page


def install(app: FastAPI) -> None:
    """Lets every answer of the kernel's to an error become a page where a person looks at it."""
    app.add_exception_handler(aiohttp.ClientError, _service_away)
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _as_page(handler))
    app.add_exception_handler(SignInFirst, _sign_in_first)
    app.add_exception_handler(NoSeason, _no_season)


async def _service_away(_: Request, error: Exception) -> Response:
    log.warning("not available", error=repr(error))
    return unavailable().response()


def _as_page(handler: Any) -> Any:
    async def handle(request: Request, error: Exception) -> Response:
        return _shown(request.scope, await handler(request, error))

    return handle


async def _sign_in_first(_: Request, error: Exception) -> Response:
    assert isinstance(error, SignInFirst)
    return RedirectResponse(sign_in_page(error.then), 303)


async def _no_season(_: Request, error: Exception) -> Response:
    assert isinstance(error, NoSeason)
    return error.visit.page("templates/no_season.html")
