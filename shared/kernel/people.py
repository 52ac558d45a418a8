"""Personal data: sealed with a key of each person's own, so that deleting the key erases."""

import hashlib
import hmac
import os
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID, uuid5

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import Field, StringConstraints

from shared.kernel.messages import COMMANDS, Message, PersonRef


class Person(Message):
    """Somebody's details as a form gives them. Held in memory only; events carry `named()`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=50, strip_whitespace=True)]
    mobile: Annotated[str, StringConstraints(pattern=r"^[0-9+-]{5,20}$")]
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$")] | None = None
    duty: Annotated[str, StringConstraints(max_length=50, strip_whitespace=True)] = ""
    ref: PersonRef | None = Field(default=None, exclude=True, json_schema_extra={"readOnly": True})

    def named(self) -> PersonRef:
        """How events know the person. The kernel has given the reference before a rule asks."""
        assert self.ref is not None, "the person has not been given a reference"
        return self.ref


class Vault:
    """Sealed details in the service's database, per-person keys in one of their own (`person_key`)."""

    def __init__(self, pool: Any, keys: Any, secret: str) -> None:
        self._pool, self._keys = pool, keys
        root = urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
        if len(root) < 32:
            raise ValueError("LIGONG_VAULT_KEY must be at least 32 bytes of urlsafe base64")
        self._wrap = AESGCM(hashlib.sha256(b"wrap" + root).digest())
        self._identity = hashlib.sha256(b"identity" + root).digest()

    def _who(self, person: Person) -> UUID:
        """A person is recognised by the mobile number, as a keyed hash (REG-5)."""
        digest = hmac.digest(self._identity, person.mobile.encode(), "sha256")
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

    async def keep(self, people: Sequence[Person]) -> None:
        """Seals and stores the details of people that `refer` has named; a repeat changes nothing."""
        who = list({person.named().person for person in people})
        if not who:
            return
        new = [(each, self._seal(self._wrap, AESGCM.generate_key(256), each.bytes)) for each in who]
        await self._keys.executemany("insert into person_key values ($1, $2) on conflict do nothing", new)
        keys = await self._keys_of(who)
        rows = []
        for person in people:
            ref, details = person.named(), person.model_dump_json().encode()
            rows.append((ref.record, ref.person, self._seal(keys[ref.person], details, ref.record.bytes)))
        await self._pool.executemany(
            "insert into sealed_person (record, person, sealed) values ($1, $2, $3) on conflict do nothing", rows
        )

    async def get(self, ref: PersonRef) -> Person | None:
        """The details, or None when the person has been erased, even if they were named anew since."""
        sealed = await self._pool.fetchval("select sealed from sealed_person where record = $1", ref.record)
        key = (await self._keys_of([ref.person])).get(ref.person)
        if sealed is None or key is None:
            return None
        try:
            return Person.model_validate(msgspec.json.decode(self._open(key, sealed, ref.record.bytes)))
        except InvalidTag:
            return None

    def refer(self, value: Any, command: UUID, found: list[Person], path: str = "") -> Any:
        """A message with a reference for every Person in it, each added to `found`; nothing is stored.

        Record ids follow from `command`, which says what was asked by whom, and from the field's path.
        """
        if isinstance(value, Person):
            named = value.model_copy(update={"ref": PersonRef(person=self._who(value), record=uuid5(command, path))})
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
