"""Forms: what was filled in is kept, errors stand beside their fields, a double click does nothing twice."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from starlette.datastructures import FormData

from shared.kernel.problems import Problem


@dataclass
class Form:
    """`key` is the Idempotency-Key of the command that the form sends, `version` what its page showed.

    `returned` are remarks by field of whoever sent an earlier state back.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    message: str = ""
    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    version: str = ""
    returned: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, sent: FormData) -> Self:
        """The form as it was sent."""
        values = {name: value.strip() for name, value in sent.items() if isinstance(value, str)}
        return cls(values, key=values.get("key") or secrets.token_urlsafe(16), version=values.get("version", ""))

    def refuse(self, problem: Problem) -> int:
        """Puts a problem's sentences where they belong; the answer's status.

        Only an unknown outcome is repeated with the same key: what was refused may be sent again otherwise.
        """
        self.errors = {each["field"]: each["detail"] for each in problem.more.get("errors", ())}
        self.message = self._summary() or problem.detail
        if problem.status != 503:
            self.key = secrets.token_urlsafe(16)
        return problem.status

    def _summary(self) -> str:
        """How many fields are wrong; what is wrong with none of them is said here."""
        elsewhere = [sentence for name, sentence in self.errors.items() if name not in self.values]
        beside = len(self.errors) - len(elsewhere)
        return "".join([f"有{beside}处错误，请改正标红的项目后重新提交。" if beside else "", *dict.fromkeys(elsewhere)])

    def missing(self, *names: str) -> bool:
        """Notes every field of these that is empty; whether there is one."""
        self.errors |= {name: "必填，请补充。" for name in names if not self.values.get(name)}
        if self.errors:
            self.message = "请补充标红的项目后重新提交。"
        return bool(self.errors)
