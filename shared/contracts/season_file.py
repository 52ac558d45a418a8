"""`season.yaml`: the text that an office writes, and the document it means, or every fault in it by line.

Only plain YAML is taken: no aliases, no tags, no repeated keys. Scalars keep the meaning they have for a
reader: text is never taken for a number, nor a number for text; dates are read by the document's own types.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from shared.contracts.season import SeasonDocument
from shared.contracts.season_checks import Loc, contradictions, path

MOST_BYTES = 256 * 1024
_DEEPEST = 12  # a season's document has six levels
_PLAIN_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?", re.ASCII)
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")  # what neither PostgreSQL's jsonb nor UTF-8 can hold
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, order=True)
class Fault:
    """`line` counts from 1; `field` is a path such as `units[4].region` that counts entries from 1."""

    line: int
    field: str
    sentence: str

    def __str__(self) -> str:
        return f"第{self.line}行 {self.field}：{self.sentence}" if self.field else f"第{self.line}行：{self.sentence}"


class FaultySeason(Exception):
    """The file is refused whole. `errors` are all its faults, by line."""

    def __init__(self, errors: list[Fault]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


def parse(text: str) -> SeasonDocument:
    """The document that the text of a `season.yaml` means. Raises FaultySeason with every fault at once."""
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise FaultySeason([Fault(1, "", "文件超过256 KB，请只保留赛季规则。")])
    try:
        reading = _Reading(_PlainLoader(text).get_single_node())
    except yaml.YAMLError as error:
        raise FaultySeason([_syntax(error, text)]) from None
    document, errors = _validate(reading.data)
    unreadable = {loc for loc, _ in reading.faults}
    rest = [each for each in errors + contradictions(reading.data) if each[0] not in unreadable]
    if document is None or reading.faults or rest:
        faults = {Fault(reading.line(loc), path(loc), sentence) for loc, sentence in reading.faults + rest}
        raise FaultySeason(sorted(faults))
    return document


def schema() -> dict[str, Any]:
    """JSON Schema of `season.yaml`, with Chinese titles and descriptions for the editor of whoever writes one."""
    made = TypeAdapter(SeasonDocument).json_schema()
    for part in (made, *made["$defs"].values()):
        part.pop("description", None)  # the class's docstring: it speaks to us, in English
    made["description"] = "赛季文件：一个竞赛年度的全部规则。每项规则都注明依据。"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


class _TooDeep(yaml.MarkedYAMLError):
    pass


class _PlainLoader(yaml.SafeLoader):
    """Composes nodes without following aliases: a few lines of them can stand for gigabytes."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        start, end = event.start_mark, event.end_mark
        if isinstance(event, yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]
            return yaml.ScalarNode(_TAG + "alias", event.anchor, start, end)
        if self._depth >= _DEEPEST:
            raise _TooDeep(problem_mark=start)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _syntax(error: yaml.YAMLError, text: str) -> Fault:
    if isinstance(error, yaml.reader.ReaderError):
        return Fault(text.count("\n", 0, error.position) + 1, "", "含有不能使用的控制字符，请删去。")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    if isinstance(error, _TooDeep):
        return Fault(line, "", "层次过深，请对照样例核对缩进和括号。")
    return Fault(line, "", "YAML 格式有误，请检查本行及上一行的缩进、冒号后的空格、引号和括号是否成对。")


class _Reading:
    """The data of a node tree, the line of every place in it, and what is wrong with the YAML itself."""

    def __init__(self, root: yaml.Node | None) -> None:
        self.faults: list[tuple[Loc, str]] = []
        self._lines: dict[Loc, int] = {(): 1}
        self.data = self._value(root, ()) if root else None

    def line(self, loc: Loc) -> int:
        """The line of a place, or of the innermost one around it that is there."""
        while loc not in self._lines:
            loc = loc[:-1]
        return self._lines[loc]

    def _value(self, node: yaml.Node, loc: Loc) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc)
        if isinstance(node, yaml.SequenceNode):
            values = []
            for n, each in enumerate(node.value):
                self._lines[*loc, n] = each.start_mark.line + 1
                values.append(self._value(each, (*loc, n)))
            return values
        return self._scalar(node, loc)

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) and key.tag != _TAG + "alias" else ""
            place = (*loc, name)
            self._lines[place] = key.start_mark.line + 1
            if name in values:
                self.faults.append((place, f"“{name}”在同一处写了两次，请只保留一个。"))
            else:
                values[name] = self._value(value, place)
        return values

    def _scalar(self, node: yaml.Node, loc: Loc) -> Any:
        text = str(node.value)
        if _UNWRITABLE.search(text):
            self.faults.append((loc, "含有不能使用的字符，请重新输入这一项。"))
            return ""
        match node.tag.removeprefix(_TAG):
            case "null":
                return None
            case "bool":
                return text.lower() in ("yes", "true", "on")
            case "int" if _PLAIN_NUMBER.fullmatch(text):
                return int(text)
            case "float" if _PLAIN_NUMBER.fullmatch(text):
                return float(text)
            case "str" | "int" | "float" | "timestamp":
                return text
            case "alias":
                self.faults.append((loc, f"不能用“*{text}”引用别处的内容，请直接写出。"))
            case _:
                self.faults.append((loc, "不能使用“!”标签等特殊写法，请直接写出文字或数字。"))
        return ""


def _validate(data: Any) -> tuple[SeasonDocument | None, list[tuple[Loc, str]]]:
    try:
        return SeasonDocument.model_validate_json(json.dumps(data), strict=True), []
    except ValidationError as error:
        faults = error.errors(include_url=False)
        return None, [(tuple(part for part in each["loc"] if part != "[key]"), _sentence(each)) for each in faults]


_SENTENCES = {
    "missing": "缺少这一项，请补写。",
    "extra_forbidden": "没有这一项，请删去，或对照样例核对拼写。",
    "string_type": '应为文字；数字、日期、是否请加引号，例如 "310101"。',
    "string_too_short": "不能为空，请填写。",
    "string_too_long": "不能超过{max_length}个字，请缩短。",
    "int_type": "应为整数，不加引号。",
    "int_from_float": "应为整数。",
    "greater_than_equal": "不能小于{ge}。",
    "less_than_equal": "不能大于{le}。",
    "tuple_type": "应为列表，每项以“- ”开头或写在方括号内。",
    "too_short": "至少要有{min_length}项。",
    "too_long": "最多{max_length}项。",
    "model_type": "应为若干“名称: 值”，请对照样例核对缩进。",
    "timezone_aware": "时刻须带时区，例如 2021-06-18T00:00:00+08:00。",
}
_PATTERNS = {
    "region": "应为6位数字的行政区划代码，并加引号。",
    "item": "应为“1.1”至“3.3”，并加引号。",
    "items": "应为“1.1”至“3.3”，并加引号。",
    "units": "应以小写字母开头，只含小写字母和数字，2至32位。",
}


def _sentence(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    names = [part for part in error["loc"] if isinstance(part, str)]
    if kind == "value_error":
        return f"{context['error']}。"
    if kind == "string_pattern_mismatch":
        field = names[-2] if names[-1] == "id" and len(names) > 1 else names[-1]
        return _PATTERNS.get(field, "应为小写字母、数字、点、下划线或连字符，以字母或数字开头，不超过32位。")
    if kind.startswith("datetime"):
        return "应为带时区的时刻，例如 2021-06-18T00:00:00+08:00。"
    if kind.startswith("date"):
        return "应为日期，例如 2021-03-01。"
    if kind == "literal_error":
        return f"只能填 {re.sub(' or |, ', '、', context['expected']).replace(chr(39), '')}。"
    return _SENTENCES.get(kind, "内容不合要求，请对照样例核对。").format_map(context)
