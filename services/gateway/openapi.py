"""One OpenAPI document of all commands and queries, merged from the services' own."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

from services.gateway.upstream import Upstream
from shared.kernel.messages import Actor
from shared.kernel.problems import unavailable

KEPT_SECONDS = 60
_READER = Actor("service:gateway", "service")
_METHODS = frozenset(("get", "post", "put", "delete", "patch"))
_TAGS = {
    "registration": "登记注册",
    "activity": "计划、活动与考评",
    "scoring": "积分与排行榜",
    "notification": "消息与提醒",
    "feeds": "长三角共享",
    "gateway": "登录与实时推送",
}
_PROBLEM = {
    "type": "object",
    "title": "问题说明（RFC 9457）",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "title": "概要"},
        "status": {"type": "integer", "title": "状态码"},
        "detail": {"type": "string", "title": "说明和办法"},
        "rule": {"type": "string", "title": "所依据的规则"},
        "errors": {
            "type": "array",
            "title": "逐项错误",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


class Document:
    """The merged document, fetched anew once a minute at most. Raises a 503 problem while a part is missing."""

    def __init__(self, upstream: Upstream, own: dict[str, Any]) -> None:
        self._upstream, self._own = upstream, own
        self._made = -float("inf")
        self._document: dict[str, Any] = {}
        self._lock = asyncio.Lock()

    async def __call__(self) -> dict[str, Any]:
        async with self._lock:
            if time.monotonic() - self._made > KEPT_SECONDS:
                names = list(self._upstream.urls)
                parts = dict(zip(names, await asyncio.gather(*map(self._fetch, names)), strict=True))
                self._document = merge({**parts, "gateway": self._own})
                self._made = time.monotonic()
            return self._document

    async def _fetch(self, service: str) -> dict[str, Any]:
        async with self._upstream.open(service, "GET", "/openapi.json", _READER, {}) as answer:
            if answer.status != 200:
                raise unavailable()
            part: dict[str, Any] = json.loads(await answer.read())
            return part


def merge(parts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Parts by service → one document. Schemas that share a name but not a meaning are told apart by service."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Problem": _PROBLEM}
    for service, part in parts.items():
        own = part.get("components", {}).get("schemas", {})
        clashing = {name for name, schema in own.items() if name in schemas and schemas[name] != schema}
        renamed = {name: f"{service}_{name}" if name in clashing else name for name in own}
        for name, schema in own.items():
            if name not in ("HTTPValidationError", "ValidationError"):
                schemas[renamed[name]] = _refer(schema, renamed)
        for path, item in part.get("paths", {}).items():
            paths[path] = _refer(item, renamed)
            for operation in _operations(paths[path]):
                operation["tags"] = [_TAGS[service]]
                operation["operationId"] = f"{service}_{operation.get('operationId', path)}"
                _answer_with_problems(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "立功竞赛平台接口",
            "version": "1",
            "description": "命令用 POST，须带 Idempotency-Key；查询用 GET。出错时按 RFC 9457 返回中文说明。",
        },
        "tags": [{"name": name} for name in _TAGS.values()],
        "security": [{"bearer": []}, {"session": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "脚本使用的令牌"},
                "session": {"type": "apiKey", "in": "cookie", "name": "ligong_session", "description": "登录后的会话"},
            },
        },
    }


def _operations(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (operation for method, operation in item.items() if method in _METHODS)


def _answer_with_problems(operation: dict[str, Any]) -> None:
    responses = operation.setdefault("responses", {})
    responses.pop("422", None)
    responses["default"] = {
        "description": "未成功",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _refer(value: Any, names: dict[str, str]) -> Any:
    """A copy whose references to schemas follow their new names."""
    if isinstance(value, list):
        return [_refer(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    copy = {key: _refer(each, names) for key, each in value.items()}
    if isinstance(target := value.get("$ref"), str):
        prefix, _, name = target.rpartition("/")
        copy["$ref"] = f"{prefix}/{names.get(name, name)}"
    return copy
