"""The verification code on every print: names the stored version that the paper was printed from (REG-3).

Sixteen letters of Crockford's base 32 in groups of four, made for typing: `3N0A-000E-7K2M-Q8XY`. Seven say which
season, unit and version; nine are the truncated HMAC that only we can make.
"""

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from typing import Self

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SAID, MAC = 7, 9  # letters
LENGTH = SAID + MAC
_ORDER_BITS, _VERSION_BITS = 9, 19
_AS_READ = str.maketrans("OIL", "011", "-_.‐‑–— \t\u3000")


class Mistyped(ValueError):
    """The sentence says what is wrong with a code."""


@dataclass(frozen=True)
class Print:
    """`order` is the unit's in the season's directory, `version` its registration's."""

    season: int
    order: int
    version: int

    def _number(self) -> int:
        assert self.order < 1 << _ORDER_BITS and self.version < 1 << _VERSION_BITS, "more than a code can name"
        return ((self.season - 2000) << (_ORDER_BITS + _VERSION_BITS)) | (self.order << _VERSION_BITS) | self.version

    @classmethod
    def _of(cls, number: int) -> Self:
        order = number >> _VERSION_BITS & (1 << _ORDER_BITS) - 1
        return cls((number >> (_ORDER_BITS + _VERSION_BITS)) + 2000, order, number & (1 << _VERSION_BITS) - 1)


class Codes:
    """Makes and reads codes. Its secret is the vault's, which outlives the keys between services as paper does."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"print" + secret.encode()).digest()

    def write(self, printed: Print) -> str:
        said = _written(printed._number(), SAID)
        whole = said + self._mac(said)
        return "-".join(whole[n : n + 4] for n in range(0, LENGTH, 4))

    def read(self, typed: str) -> Print:
        """Whatever the case, the width or the spacing. Raises Mistyped."""
        letters = unicodedata.normalize("NFKC", typed).upper().translate(_AS_READ)
        wrong = next((letter for letter in letters if letter not in LETTERS), None)
        if wrong is not None:
            raise Mistyped(f"核验码中没有“{wrong}”，请对照纸质登记表页脚重新输入。")
        if len(letters) != LENGTH:
            raise Mistyped(f"核验码应为{LENGTH}位，现在是{len(letters)}位，请对照纸质登记表页脚重新输入。")
        if not hmac.compare_digest(letters[SAID:], self._mac(letters[:SAID])):
            raise Mistyped("没有这个核验码：请逐位核对；输入无误的，这份纸质表不是从本系统打印的。")
        return Print._of(_number(letters[:SAID]))

    def _mac(self, said: str) -> str:
        digest = int.from_bytes(hmac.digest(self._key, said.encode(), "sha256"), "big")
        return _written(digest % (1 << 5 * MAC), MAC)


def _written(number: int, letters: int) -> str:
    return "".join(LETTERS[number >> 5 * n & 31] for n in reversed(range(letters)))


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number << 5 | LETTERS.index(letter)
    return number
