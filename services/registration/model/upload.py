"""A unit's uploaded file: once its content is kept, the log says so, and what is handed in refers to it."""

from typing import ClassVar, assert_never

from pydantic import Field

from shared.contracts.common import UnitId
from shared.contracts.materials import FileUploaded, Sha256
from shared.contracts.season import MaterialFormat
from shared.kernel.decider import Aggregate, Context, Decider
from shared.kernel.messages import Command, Role


class RecordUpload(Command):
    """Follows from an upload whose content has been kept; the service gives it in the name of whoever uploaded."""

    roles: ClassVar[frozenset[Role]] = frozenset({"service"})
    title: ClassVar[str] = "登记上传的文件"

    unit: UnitId = Field(title="参赛单位")
    sha256: Sha256 = Field(title="文件校验值")
    size: int = Field(title="大小", ge=1)
    kind: MaterialFormat = Field(title="格式")


UploadState = FileUploaded | None


def decide(cmd: RecordUpload, upload: UploadState, _: Context) -> list[FileUploaded]:
    match cmd:
        case RecordUpload():
            return [] if upload else [FileUploaded(**cmd.model_dump())]
        case _:
            assert_never(cmd)


def evolve(_: UploadState, event: FileUploaded) -> UploadState:
    match event:
        case FileUploaded():
            return event
        case _:
            assert_never(event)


def stream(unit: str, sha256: str) -> str:
    return f"upload-{unit}-{sha256}"


upload: Aggregate[RecordUpload, FileUploaded, UploadState] = Aggregate(
    kind="upload",
    commands=(RecordUpload,),
    events=(FileUploaded,),
    decider=Decider(None, decide, evolve),
    stream=lambda cmd, _: stream(cmd.unit, cmd.sha256),
)
