"""Personal data: sealed with a key of each person's own, so that deleting the key erases."""

import hashlib
import hmac
import os
from base64 import urlsafe_b64decode
from typing import Annotated, Any
from uuid import UUID, uuid5

import msgspec
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
        """How events know the person. The kernel has sealed the details before a rule asks."""
        assert self.ref is not None, "the details have not been sealed"
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

    async def _key(self, person: UUID, make: bool) -> AESGCM | None:
        if make:
            nonce = os.urandom(12)
            wrapped = nonce + self._wrap.encrypt(nonce, AESGCM.generate_key(256), person.bytes)
            await self._keys.execute("insert into person_key values ($1, $2) on conflict do nothing", person, wrapped)
        wrapped = await self._keys.fetchval("select wrapped from person_key where person = $1", person)
        return AESGCM(self._wrap.decrypt(wrapped[:12], wrapped[12:], person.bytes)) if wrapped else None

    async def put(self, record: UUID, person: Person) -> PersonRef:
        """Seals details under a record id that the command determines, so that a repeat changes nothing."""
        who = self._who(person)
        key = await self._key(who, make=True)
        assert key is not None
        nonce = os.urandom(12)
        sealed = nonce + key.encrypt(nonce, person.model_dump_json().encode(), record.bytes)
        await self._pool.execute(
            "insert into sealed_person (record, person, sealed) values ($1, $2, $3) on conflict do nothing",
            record,
            who,
            sealed,
        )
        return PersonRef(person=who, record=record)

    async def get(self, ref: PersonRef) -> Person | None:
        """The details, or None when the person has been erased."""
        row = await self._pool.fetchrow("select sealed from sealed_person where record = $1", ref.record)
        key = await self._key(ref.person, make=False)
        if row is None or key is None:
            return None
        opened = key.decrypt(row["sealed"][:12], row["sealed"][12:], ref.record.bytes)
        return Person.model_validate(msgspec.json.decode(opened))

    async def seal(self, value: Any, command: UUID, path: str = "") -> Any:
        """A message with every Person in it sealed; record ids follow from the command's and the field's path."""
        if isinstance(value, Person):
            return value.model_copy(update={"ref": await self.put(uuid5(command, path), value)})
        if isinstance(value, Message):
            changed = {
                name: await self.seal(getattr(value, name), command, f"{path}/{name}")
                for name in type(value).model_fields
                if isinstance(getattr(value, name), Message | tuple)
            }
            return value.model_copy(update=changed) if changed else value
        if isinstance(value, tuple):
            return tuple([await self.seal(each, command, f"{path}/{n}") for n, each in enumerate(value)])
        return value
