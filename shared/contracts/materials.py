"""Events of `ligong.registration` about materials 报送资料 (annex 1 of the notice) and the files they consist of."""

from typing import Annotated, ClassVar

from pydantic import StringConstraints

from shared.contracts.common import Moment, Season, Text, UnitId
from shared.contracts.season import Id, MaterialFormat
from shared.kernel.messages import Event

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[
    str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f/\\]*$")
]


class FileUploaded(Event):
    """A unit's file arrived whole: its content is kept under this hash. `kind` is known by the content."""

    topic: ClassVar[str] = "ligong.registration"
    unit: UnitId
    sha256: Sha256
    size: int
    kind: MaterialFormat


class MaterialEvent(Event):
    topic: ClassVar[str] = "ligong.registration"
    season: Season
    unit: UnitId
    material: Id


class MaterialSubmitted(MaterialEvent):
    """Version `number` of a material came in; `late` when after the time that was set for it (MAT-4)."""

    number: int
    sha256: Sha256
    name: FileName
    size: int
    kind: MaterialFormat
    late: bool
    on_behalf: bool = False  # entered by the office for the unit 代报


class MaterialReturned(MaterialEvent):
    """The office sent version `number` back: why, and by when to hand it in again (exclusive)."""

    number: int
    reason: Text
    resubmit_before: Moment


class MaterialAccepted(MaterialEvent):
    """The office found version `number` in order."""

    number: int


class MaterialPaperReceived(MaterialEvent):
    """`copies` on paper came in, which makes `received` of `required`; whoever gave the command signed for them."""

    copies: int
    received: int
    required: int
    received_at: Moment
    late: bool


EVENTS: tuple[type[Event], ...] = (
    FileUploaded,
    MaterialSubmitted,
    MaterialReturned,
    MaterialAccepted,
    MaterialPaperReceived,
)
