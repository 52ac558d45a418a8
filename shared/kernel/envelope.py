"""CloudEvents 1.0 on Kafka: what a record of an event topic looks like, and what is none."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.kernel.messages import SHANGHAI, Recorded

Headers = list[tuple[str, bytes]]


class Attributes(msgspec.Struct, rename="lower"):
    """The structured CloudEvent of an event, without its data."""

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    sequence: str
    correlationid: str = ""
    causationid: str = ""
    partitionkey: str = ""
    recordedtime: datetime | None = None
    dataclassification: str = "internal"
    datacontenttype: str = "application/json"
    specversion: str = "1.0"


class Envelope(Attributes, rename="lower"):
    data: msgspec.Raw = msgspec.Raw(b"null")


class Metadata(msgspec.Struct):
    actor: str
    version: int


@dataclass(frozen=True)
class Place:
    """Where a record stands in its owner's log: all that is needed to judge it, read from its headers."""

    pseq: int
    id: UUID
    previd: UUID
    epoch: int
    type: str
    stream: str


class NoMessage(Exception):
    """The record has no valid headers: nothing of ours."""


class Unreadable(Exception):
    """The headers are ours, the record's value is not a CloudEvent that fits them."""


def encode(row: Any, service: str, epoch: int) -> tuple[bytes, Headers]:
    """A row of the log as a Kafka record's value (structured mode) and headers."""
    metadata = msgspec.json.encode(Metadata(row["actor"], row["version"]))
    data: bytes = row["data"].encode()
    separator = b"" if data.rstrip().endswith(b"{}") else b","
    attributes = Envelope(
        id=row["id"],
        source=f"/shanghai/cgzf/{service}",
        type=row["type"],
        subject=row["stream"],
        time=row["recorded"].astimezone(SHANGHAI),
        sequence=f"{row['pos']:016d}",
        correlationid=row["correlation"],
        causationid=row["causation"],
        partitionkey=row["stream"],
        recordedtime=row["recorded"].astimezone(SHANGHAI),
        data=msgspec.Raw(data.rstrip()[:-1] + separator + b'"metadata":' + metadata + b"}"),
    )
    headers: Headers = [
        ("content-type", b"application/cloudevents+json"),
        ("type", row["type"].encode()),
        ("subject", row["stream"].encode()),
        ("id", str(row["id"]).encode()),
        ("pseq", str(row["pseq"]).encode()),
        ("previd", str(row["previd"]).encode()),
        ("logepoch", str(epoch).encode()),
    ]
    return msgspec.json.encode(attributes), headers


def place(headers: Any) -> Place:
    """Raises NoMessage."""
    try:
        found = {key: value.decode() for key, value in headers}
        here = Place(
            pseq=int(found["pseq"]),
            id=UUID(found["id"]),
            previd=UUID(found["previd"]),
            epoch=int(found["logepoch"]),
            type=found["type"],
            stream=found["subject"],
        )
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise NoMessage(f"no valid headers: {error}") from None
    if here.pseq < 1:
        raise NoMessage("pseq below 1")
    return here


_decoder = msgspec.json.Decoder(Envelope)
_data = msgspec.json.Decoder(dict[str, Any])


def decode(value: bytes | None, at: Place, topic: str, partition: int) -> Recorded:
    """Raises Unreadable."""
    try:
        envelope = _decoder.decode(value or b"")
        data = _data.decode(envelope.data)
        metadata = data.pop("metadata")
        pos, actor, version = int(envelope.sequence), str(metadata["actor"]), int(metadata["version"])
    except (msgspec.MsgspecError, KeyError, ValueError, TypeError, UnicodeDecodeError) as error:
        raise Unreadable(f"not a CloudEvent of ours: {error}") from None
    if envelope.id != at.id or envelope.type != at.type or envelope.subject != at.stream:
        raise Unreadable("headers and value disagree")
    return Recorded(
        pos=pos,
        id=envelope.id,
        stream=envelope.subject,
        version=version,
        topic=topic,
        partition=partition,
        pseq=at.pseq,
        type=envelope.type,
        data=data,
        actor=actor,
        recorded=(envelope.recordedtime or envelope.time).astimezone(SHANGHAI),
        correlation=envelope.correlationid,
        causation=envelope.causationid,
    )
