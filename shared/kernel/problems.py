"""RFC 9457 problem details: every error that a client can see, in Chinese."""

import contextlib
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kernel.limits import MOST_BODY, megabytes, most_bytes
from shared.kernel.lost import LOST
from shared.kernel.messages import Refused

log = structlog.get_logger()

TITLES = {
    400: "请求无法理解",
    401: "尚未登录",
    403: "没有权限",
    404: "没有找到",
    405: "不支持这种操作",
    409: "不能办理",
    413: "内容过大",
    415: "格式不支持",
    422: "内容有误",
    429: "请求过于频繁",
    500: "系统内部错误",
    502: "服务暂时不可用",
    503: "服务暂时不可用",
}


class Problem(Exception):
    """An answer that is no success. `detail` is a Chinese sentence that says what to do."""

    def __init__(self, status: int, detail: str, *, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, headers or {}, more

    def body(self) -> dict[str, Any]:
        title = TITLES.get(self.status, "请求未成功")
        return {
            "type": "about:blank",
            "title": title,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }

    def response(self) -> JSONResponse:
        return JSONResponse(self.body(), self.status, self.headers, "application/problem+json")


def refused(refusal: Refused) -> Problem:
    return Problem(409, refusal.sentence, rule=refusal.rule)


def unavailable() -> Problem:
    return Problem(
        503,
        "服务暂时不可用，操作结果未知；请稍后用同一请求重试，不会重复办理。",
        headers={"Retry-After": "1"},
    )


SENTENCES = {
    "missing": "必填，请补充。",
    "extra_forbidden": "不是可填写的项目，请删除。",
    "string_too_short": "不能为空。",
    "string_too_long": "超过{max_length}个字，请缩短。",
    "string_pattern_mismatch": "格式不正确。",
    "string_type": "应为文字。",
    "int_type": "应为整数。",
    "int_parsing": "应为整数。",
    "int_from_float": "应为整数。",
    "float_type": "应为数字。",
    "bool_type": "应为是或否。",
    "bool_parsing": "应为是或否。",
    "list_type": "应为列表。",
    "tuple_type": "应为列表。",
    "dict_type": "应为对象。",
    "model_type": "应为对象。",
    "model_attributes_type": "应为对象。",
    "literal_error": "应为以下之一：{expected}。",
    "greater_than_equal": "不能小于{ge}。",
    "less_than_equal": "不能大于{le}。",
    "too_long": "最多{max_length}项。",
    "too_short": "至少{min_length}项。",
    "uuid_parsing": "编号格式不正确。",
    "timezone_aware": "时间须带时区，例如2021-06-17T09:00:00+08:00。",
    "datetime_from_date_parsing": "时间格式应为2021-06-17T09:00:00+08:00。",
    "datetime_parsing": "时间格式应为2021-06-17T09:00:00+08:00。",
    "datetime_type": "时间格式应为2021-06-17T09:00:00+08:00。",
    "string_unicode": "含有无法识别的字符。",
    "json_invalid": "不是有效的JSON。",
    "union_tag_invalid": "类型不支持。",
}


def sentence(error: dict[str, Any]) -> str:
    """What one of pydantic's errors says to a person."""
    if error["type"] == "value_error":
        return str(error.get("ctx", {}).get("error", "内容不正确。"))
    context = error.get("ctx", {})
    expected = str(context.get("expected", "")).replace("'", "").replace(", ", "、").replace(" or ", "、")
    return SENTENCES.get(error["type"], "内容不正确。").format_map({**context, "expected": expected})


def _field(error: dict[str, Any]) -> str:
    """Where an error is. A name that the client made up is cut short; a place in broken JSON is none."""
    if error["type"] == "json_invalid":
        return ""
    return ".".join(str(part)[:50].replace("\0", "") for part in error["loc"] if part != "body")


def malformed(errors: list[Any]) -> Problem:
    """422 with every error's field path and sentence. The input itself is never echoed."""
    fields = [{"field": _field(error), "detail": sentence(error)} for error in errors[:100]]
    first = fields[0]
    return Problem(422, f"提交的内容有{len(errors)}处错误：{first['field'] or '内容'}{first['detail']}", errors=fields)


class Bounded:
    """Answers 413 to a body of more than the address admits. (Starlette's own limit answers in plain text.)"""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        most = most_bytes(scope["path"])
        length = Headers(scope=scope).get("content-length", "")
        if length.isdecimal() and int(length) > most:
            return await too_large(most).response()(scope, receive, send)
        received, more = 0, True

        async def counted() -> Message:
            nonlocal received, more
            message = await receive()
            received += len(message.get("body", b""))
            more = message.get("more_body", False)
            if received > most:
                raise HTTPException(413)
            return message

        async def answered(message: Message) -> None:
            # Who is still sending a file reads no answer: what was refused early is taken in first, and dropped.
            while message["type"] == "http.response.start" and more and received <= most:
                with contextlib.suppress(HTTPException):
                    await counted()
            await send(message)

        # Only a file is large enough to be on its way still when the answer is known.
        return await self._app(scope, counted, answered if most > MOST_BODY else send)


def too_large(most: int) -> Problem:
    close = {"Connection": "close"}  # what is still on its way is not waited for
    return Problem(413, f"提交的内容超过{megabytes(most)}，请精简或分次提交。", headers=close)


def install(app: FastAPI) -> None:
    """Makes every error of an application a problem."""

    async def on_problem(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return error.response()

    async def on_refused(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Refused)
        return refused(error).response()

    async def on_malformed(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return malformed(list(error.errors())).response()

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        if error.status_code == 413:
            return too_large(most_bytes(request.url.path)).response()
        details = {
            400: "提交的内容无法读取，请检查格式后重试。",
            404: "没有这个地址，请核对后重试。",
            405: "该地址不支持这种请求方法，请查阅接口文档。",
        }
        detail = details.get(error.status_code, "请求未成功，请核对后重试。")
        return Problem(error.status_code, detail, headers=dict(error.headers or {})).response()

    async def on_lost(_: Request, error: Exception) -> JSONResponse:
        log.warning("not available", error=repr(error))
        return unavailable().response()

    async def on_fault(_: Request, error: Exception) -> JSONResponse:
        return Problem(500, "系统内部错误，已记录；请稍后重试，仍不成功请联系运维人员。").response()

    for lost in (*LOST, asyncpg.PostgresError):
        app.add_exception_handler(lost, on_lost)
    app.add_exception_handler(Exception, on_fault)
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(RequestValidationError, on_malformed)
    app.add_exception_handler(HTTPException, on_http)
