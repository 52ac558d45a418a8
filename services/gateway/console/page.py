"""What every page has at hand: who is signed in, the services, the templates, protection of its forms."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import FormData

from services.gateway.console import formats
from services.gateway.console.navigation import entries
from services.gateway.console.services import Services
from services.gateway.front import address_of, headers_of, same_origin
from services.gateway.identity import Identity
from shared.kernel.messages import Actor, Role
from shared.kernel.problems import Problem

FOLDER = Path(__file__).parent
STATIC = FOLDER.parent / "static"
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class SignInFirst(Exception):
    """The page is for people who have signed in; `then` is where they wanted to go."""

    def __init__(self, then: str) -> None:
        super().__init__(then)
        self.then = then


def _static(path: str) -> str:
    """A static file's address, another one whenever the file changes."""
    file = STATIC / path
    mark = f"{file.stat().st_mtime_ns:x}" if file.is_file() else "0"
    return f"/static/{path}?{mark}"


def _query(values: dict[str, Any], **changes: Any) -> Markup:
    """A query string of what is given, with changes; what is empty is left out."""
    return Markup(urlencode({k: v for k, v in {**values, **changes}.items() if v not in (None, "")}))


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(static=_static, query=_query, formats=formats)
    for name in ("date", "day", "moment", "short", "last_day", "points", "until"):
        made.filters[name] = getattr(formats, name)
    return made


TEMPLATES = _environment()


def html(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    return HTMLResponse(TEMPLATES.get_template(template).render(**context), status)


@dataclass(frozen=True)
class Visit:
    """One request for a page by somebody who has signed in."""

    request: Request
    who: Identity
    services: Services
    csrf: str
    now: datetime

    @property
    def actor(self) -> Actor:
        return self.who.actor

    @property
    def address(self) -> str:
        return address_of(self.request.scope)

    def only(self, *roles: Role) -> None:
        """Raises a 403 problem unless the visitor has one of the roles."""
        if self.actor.role not in roles:
            raise Problem(403, "您的角色不能使用这个页面；如确需使用，请联系竞赛办。")

    def page(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        return html(template, status, visit=self, menu=entries(self.actor, self.request.url.path), **context)

    def go(self, path: str) -> RedirectResponse:
        """To another page after something was done, so that reloading does not do it again."""
        return RedirectResponse(path, 303)

    async def form(self) -> FormData:
        """What was filled in. Raises a 403 problem unless it comes from our own page, 422 if it is not text."""
        form = await self.request.form(max_files=1, max_fields=2000)
        if not hmac.compare_digest(str(form.get("csrf", "")).encode(), self.csrf.encode()):
            raise Problem(403, "页面已过期或请求来自其他网站，未予办理；请刷新页面后重新提交。")
        if any(isinstance(value, str) and _UNREADABLE.search(value) for value in form.values()):
            raise Problem(422, "提交的内容含有不可见的控制字符，请删除后重试。")
        return form


async def visit(request: Request) -> Visit:
    """Raises SignInFirst, or a 403 problem for a form that another site sent."""
    headers, state = headers_of(request.scope), request.app.state
    try:
        who: Identity = await state.identities.of(headers)
    except Problem:
        then = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raise SignInFirst(then if request.method == "GET" else "/") from None
    if request.method != "GET" and not same_origin(headers):
        raise Problem(403, "请求来自其他网站，未予办理；请在本系统的页面中操作。")
    services = Services(state.upstream, state.pool, who, address_of(request.scope))
    csrf = hmac.digest(hashlib.sha256(b"csrf" + state.internal_key.encode()).digest(), who.key, "sha256").hex()
    return Visit(request, who, services, csrf, await state.runtime.clock.now())


Here = Annotated[Visit, Depends(visit)]


def sign_in_page(then: str) -> str:
    return f"/signin?next={quote(then, safe='')}"
