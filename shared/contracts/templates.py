"""Events of `ligong.registration` about the office's own layout of the printed form."""

from typing import ClassVar

from shared.contracts.common import Season
from shared.contracts.materials import FileName, Sha256
from shared.kernel.messages import Event


class TemplateEvent(Event):
    topic: ClassVar[str] = "ligong.registration"
    season: Season


class TemplateReplaced(TemplateEvent):
    """The season's forms are made from the office's own Word template, whose content is kept under this hash."""

    sha256: Sha256
    name: FileName


class TemplateReverted(TemplateEvent):
    """The season's forms are made from the default template again."""


EVENTS: tuple[type[Event], ...] = (TemplateReplaced, TemplateReverted)
