"""The form as Word: a .docx template filled with a sheet, for units that finish it by hand."""

import re
from collections.abc import Mapping, Set
from io import BytesIO
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.registration.documents.word_template import TEMPLATE

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
TEAM = frozenset(("序号", "名称", "负责人", "参赛领域", "主体类别", "人数"))  # also where a unit has no team
# What a template may say: a value, a loop over the teams, a condition. Nothing that computes.
_PLAIN = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.For, nodes.If),
    *(nodes.Compare, nodes.Operand, nodes.Not, nodes.And, nodes.Or, nodes.Const, nodes.Filter),
)


class Unusable(Exception):
    """The template asks for more than the form's content. Its text is the sentence for whoever made it."""


class _Environment(ImmutableSandboxedEnvironment):
    """Every text that is rendered passes `_parse`: body, headers and footers alike."""

    def __init__(self, known: Set[str]) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined, finalize=_writable)
        self._known = known

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        loops = list(tree.find_all(nodes.For))
        simple = all(
            isinstance(node, _PLAIN) and (not isinstance(node, nodes.Filter) or node.name == "length")
            for node in tree.find_all(nodes.Node)
        )
        over_teams = all(isinstance(loop.iter, nodes.Name) and loop.iter.name == "参赛团队" for loop in loops)
        nested = any(inner is not loop for loop in loops for inner in loop.find_all(nodes.For))
        if not simple or not over_teams or nested:
            raise Unusable(
                "模板中有不支持的写法：只能填写占位符、判断，以及逐行列出参赛团队；请对照默认模板改正后上传。"
            )
        # Also where a condition hides them from the sample.
        named = meta.find_undeclared_variables(tree) | {part.attr for part in tree.find_all(nodes.Getattr)}
        if unknown := sorted(named - self._known):
            raise Unusable(f"模板中的占位符“{unknown[0]}”不存在，请对照默认模板改正后上传。")
        return tree


def _names(value: Any) -> set[str]:
    """Every label in a sheet, also those of its people."""
    return set(value).union(*map(_names, value.values())) if isinstance(value, Mapping) else set()


def _writable(value: Any) -> Any:
    return _NOT_IN_XML.sub("", value) if isinstance(value, str) else value


def form(sheet: Mapping[str, Any], template: bytes | None = None) -> bytes:
    """One copy: its number is written by hand, or by whoever prints it. Without a template the default one is used."""
    environment = _Environment(_names(sheet) | TEAM)
    filled, file = DocxTemplate(BytesIO(template) if template else TEMPLATE), BytesIO()
    filled.render(dict(sheet), environment)
    filled.save(file)
    return file.getvalue()
