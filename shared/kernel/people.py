"""Personal data: sealed with a key of each person's own, so that deleting the key erases."""

import contextlib
import hashlib
import hmac
import os
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from typing import Annotated, Any, Self
from uuid import UUID, uuid5

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import Field, StringConstraints, model_validator

from shared.kernel.messages import COMMANDS, Message, PersonRef

BATCH = 1000  # people whose details are sealed and stored at a time


class Person(Message):
    """Somebody's details as a form gives them. Held in memory only; events carry `named()`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=50, strip_whitespace=True)]
    mobile: Annotated[str, StringConstraints(pattern=r"^[0-9+-]{5,20}$")]
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$")] | None = None
    duty: Annotated[str, StringConstraints(max_length=50, strip_whitespace=True)] = ""
    ref: PersonRef | None = Field(default=None, exclude=True, json_schema_extra={"readOnly": True})

    @property
    def identity(self) -> bytes:
        """What the person is recognised by (REG-5)."""
        return self.mobile.encode()

    def named(self) -> PersonRef:
        """How events know the person. The kernel has given the reference before a rule asks."""
        assert self.ref is not None, "the person has not been given a reference"
        return self.ref


class Badged(Person):
    """Somebody known by 执法证号 `badge`, or where they have none by the mobile number."""

    mobile: Annotated[str, StringConstraints(pattern=r"^([0-9+-]{5,20})?$")] = ""
    badge: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9-]{4,30})?$")] = ""

    @model_validator(mode="after")
    def _recognisable(self) -> Self:
        if not self.mobile and not self.badge:
            raise ValueError("执法证号和手机号码请至少填写一项。")
        return self

    @property
    def identity(self) -> bytes:
        return b"badge\0" + self.badge.upper().encode() if self.badge else self.mobile.encode()


class Vault:
    """Sealed details in the service's database, per-person keys in one of their own (`person_key`)."""

    def __init__(self, pool: Any, keys: Any, secret: str) -> None:
        self._pool, self._keys = pool, keys
        root = urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
        if len(root) < 32:
            raise ValueError("LIGONG_VAULT_KEY must be at least 32 bytes of urlsafe base64")
        self._wrap = AESGCM(hashlib.sha256(b"wrap" + root).digest())
        self._drafts = AESGCM(hashlib.sha256(b"draft" + root).digest())
        self._identity = hashlib.sha256(b"identity" + root).digest()

    def who(self, person: Person) -> UUID:
        """A person is recognised by 执法证号, else the mobile number, as a keyed hash (REG-5)."""
        digest = hmac.digest(self._identity, person.identity, "sha256")
        return uuid5(COMMANDS, digest.hex())

    async def _keys_of(self, people: Sequence[UUID]) -> dict[UUID, AESGCM]:
        """The key of each person that has one; whoever was erased has none."""
        rows = await self._keys.fetch("select person, wrapped from person_key where person = any($1)", people)
        return {r["person"]: AESGCM(self._open(self._wrap, r["wrapped"], r["person"].bytes)) for r in rows}

    @staticmethod
    def _seal(key: AESGCM, content: bytes, about: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + key.encrypt(nonce, content, about)

    @staticmethod
    def _open(key: AESGCM, sealed: bytes, about: bytes) -> bytes:
        return key.decrypt(sealed[:12], sealed[12:], about)

    def seal(self, content: bytes, about: str) -> bytes:
        """What belongs to nobody in particular yet; it opens only as being `about` the same."""
        return self._seal(self._drafts, content, about.encode())

    def unseal(self, sealed: bytes, about: str) -> bytes:
        """Raises InvalidTag for what was sealed about something else, or with another key."""
        return self._open(self._drafts, sealed, about.encode())

    async def keep(self, people: Sequence[Person]) -> None:
        """Seals and stores the details of people that `refer` has named; a repeat changes nothing."""
        for start in range(0, len(people), BATCH):
            await self._keep(people[start : start + BATCH])

    async def _keep(self, people: Sequence[Person]) -> None:
        who = list({person.named().person for person in people})
        new = [self._seal(self._wrap, AESGCM.generate_key(256), each.bytes) for each in who]
        sql = "insert into person_key select * from unnest($1::uuid[], $2::bytea[]) on conflict do nothing"
        await self._keys.execute(sql, who, new)
        keys = await self._keys_of(who)
        refs = [person.named() for person in people]
        sealed = [
            self._seal(keys[ref.person], person.model_dump_json().encode(), ref.record.bytes)
            for ref, person in zip(refs, people, strict=True)
        ]
        await self._pool.execute(
            """insert into sealed_person (record, person, sealed)
               select * from unnest($1::uuid[], $2::uuid[], $3::bytea[]) on conflict do nothing""",
            [ref.record for ref in refs],
            [ref.person for ref in refs],
            sealed,
        )

    async def get(self, ref: PersonRef) -> Person | None:
        """The details, or None when the person has been erased, even if they were named anew since."""
        return (await self.many([ref])).get(ref.record)

    async def many(self, refs: Sequence[PersonRef]) -> dict[UUID, Person]:
        """The details by record; whoever has been erased is left out."""
        sql = "select record, person, sealed from sealed_person where record = any($1)"
        rows = await self._pool.fetch(sql, [ref.record for ref in refs])
        keys = await self._keys_of([ref.person for ref in refs])
        found = {}
        for row in rows:
            if (key := keys.get(row["person"])) is not None:
                with contextlib.suppress(InvalidTag):  # sealed before an erasure, the person named anew since
                    details = msgspec.json.decode(self._open(key, row["sealed"], row["record"].bytes))
                    found[row["record"]] = (Badged if "badge" in details else Person).model_validate(details)
        return found

    async def erase(self, person: UUID) -> bool:
        """Deletes the key, which makes every sealed detail unreadable for good, and then these; whether there was one.

        Other services' sealed details and every backup are unreadable from the same moment.
        """
        gone = await self._keys.fetchval("delete from person_key where person = $1 returning 1", person)
        await self._pool.execute("delete from sealed_person where person = $1", person)
        return gone is not None

    def refer(self, value: Any, command: UUID, found: list[Person], path: str = "") -> Any:
        """A message with a reference for every Person in it, each added to `found`; nothing is stored.

        Record ids follow from `command`, which says what was asked by whom, and from the field's path.
        """
        if isinstance(value, Person):
            named = value.model_copy(update={"ref": PersonRef(person=self.who(value), record=uuid5(command, path))})
            found.append(named)
            return named
        if isinstance(value, Message):
            changed = {
                name: self.refer(getattr(value, name), command, found, f"{path}/{name}")
                for name in type(value).model_fields
                if isinstance(getattr(value, name), Message | tuple)
            }
            return value.model_copy(update=changed) if changed else value
        if isinstance(value, tuple):
            return tuple([self.refer(each, command, found, f"{path}/{n}") for n, each in enumerate(value)])
        return value


def seen(person: Person | None, clear: bool) -> dict[str, Any] | None:
    """Somebody as the asker may see them: unless in clear, number and address can be recognised but not used."""
    if person is None:
        return None
    details = person.model_dump()
    if clear:
        return details
    return {**details, "mobile": masked(person.mobile), "email": masked_mail(person.email)}


def masked(mobile: str) -> str:
    """`139****0000`."""
    return f"{mobile[:3]}****{mobile[-4:]}" if len(mobile) >= 10 else f"****{mobile[-2:]}"


def masked_mail(email: str | None) -> str | None:
    """`c****@example.invalid`."""
    if email is None:
        return None
    name, _, host = email.partition("@")
    return f"{name[:1]}****@{host}"
