"""Signing in and out, and the first account."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import TypeAdapter, ValidationError

from services.gateway import audit, signin
from services.gateway.accounts import AccountName, Login, Password
from services.gateway.api import set_cookie
from services.gateway.console.components.form import Form as Filled
from services.gateway.console.page import Here, html
from services.gateway.front import address_of, headers_of, same_origin
from services.gateway.identity import COOKIE, close_session
from shared.kernel.problems import Problem

router = APIRouter()

Field = Annotated[str, Form(max_length=300)]
Token = Annotated[str, Query(max_length=200)]

_RULES = (
    ("login", TypeAdapter(Login), "请用2至64位小写字母、数字、点或连字符，例如 bangongshi。"),
    ("name", TypeAdapter(AccountName), "请填写名称，不超过50个字，例如 竞赛办。"),
    ("password", TypeAdapter(Password), "请设置10至200位的密码。"),
)


def _ours(request: Request) -> None:
    if not same_origin(headers_of(request.scope)):
        raise Problem(403, "请求来自其他网站，未予办理；请在本系统的页面中操作。")


def _inside(path: str) -> str:
    """Where to go after signing in: a page of ours, whatever the address line says."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"


@router.get("/signin")
async def ask(next: Annotated[str, Query(max_length=2000)] = "/") -> HTMLResponse:
    return html("signin/signin.html", form=Filled({"next": _inside(next)}))


@router.post("/signin")
async def sign_in(request: Request, login: Field = "", password: Field = "", next: Field = "/") -> Response:
    _ours(request)
    form = Filled({"login": login, "next": _inside(next)})
    try:
        if not login.isascii() or not login.isprintable() or len(login) > 64:
            raise Problem(401, "账号或密码不正确，请核对后重试。")
        if form.missing("login") or not password:
            raise Problem(422, "请填写账号和密码。")
        secret = await signin.sign_in(request.app.state.pool, login, password, address_of(request.scope))
    except Problem as problem:
        form.refuse(problem)
        return html("signin/signin.html", problem.status, form=form)
    answer = RedirectResponse(_inside(next), 303)
    set_cookie(request, answer, secret)
    return answer


@router.post("/signout")
async def sign_out(visit: Here) -> Response:
    await visit.form()
    pool = visit.request.app.state.pool
    await close_session(pool, visit.who)
    await audit.record(pool, "signed_out", visit.actor, "session", visit.address)
    answer = RedirectResponse("/signin", 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.get("/setup")
async def ask_first(request: Request, token: Token = "") -> HTMLResponse:
    await signin.unused_link(request.app.state.pool, token)
    return html("signin/setup.html", form=Filled(), token=token)


@router.post("/setup")
async def set_up(
    request: Request, token: Token = "", login: Field = "", name: Field = "", password: Field = "", again: Field = ""
) -> Response:
    _ours(request)
    await signin.unused_link(request.app.state.pool, token)
    sent = {"login": login, "name": name, "password": password}
    form = Filled({"login": login, "name": name})
    for field, rule, sentence in _RULES:
        try:
            rule.validate_python(sent[field])
        except ValidationError:
            form.errors[field] = sentence
    if password != again:
        form.errors["again"] = "两次输入的密码不一致，请重新输入。"
    if form.errors:
        form.message = "请改正标红的项目后重新提交。"
        return html("signin/setup.html", 422, form=form, token=token)
    try:
        await signin.first_account(
            request.app.state.pool, token, login, name.strip(), password, address_of(request.scope)
        )
    except Problem as problem:
        form.refuse(problem)
        return html("signin/setup.html", problem.status, form=form, token=token)
    return RedirectResponse("/signin", 303)
