"""The short-lived identity that the gateway (or a service, for itself) vouches for towards a service."""

import time
from functools import lru_cache

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from shared.kernel.messages import Actor
from shared.kernel.problems import Problem

LIFETIME = 60  # seconds


@lru_cache
def _key(secret: str) -> OctKey:
    if len(secret) < 32:
        raise ValueError("LIGONG_INTERNAL_KEY must have at least 32 characters")
    return OctKey.import_key(secret)


@lru_cache(maxsize=1024)
def _minted(secret: str, actor: Actor, quarter: int) -> str:
    claims = {"sub": actor.account, "role": actor.role, "exp": quarter * 15 + LIFETIME}
    if actor.unit:
        claims["unit"] = actor.unit
    if actor.partner:
        claims["partner"] = actor.partner
    return jwt.encode({"alg": "HS256"}, claims, _key(secret))


def mint(secret: str, actor: Actor) -> str:
    """A token for the actor; good for 45 to 60 seconds."""
    return _minted(secret, actor, int(time.time()) // 15)


def service_token(secret: str, service: str) -> str:
    return mint(secret, Actor(f"service:{service}", "service"))


@lru_cache(maxsize=4096)
def _verified(secret: str, token: str) -> tuple[Actor, int]:
    claims = jwt.decode(token, _key(secret), algorithms=["HS256"]).claims
    return Actor(claims["sub"], claims["role"], claims.get("unit"), claims.get("partner")), claims["exp"]


def verify(secret: str, authorization: str | None) -> Actor:
    """The actor of an `Authorization: Bearer` header. Raises a 401 problem."""
    scheme, _, token = (authorization or "").partition(" ")
    try:
        actor, expires = _verified(secret, token if scheme.lower() == "bearer" else "")
    except (JoseError, KeyError, ValueError):
        raise Problem(401, "缺少有效的身份凭证，请登录后重试。") from None
    if expires < time.time():
        raise Problem(401, "身份凭证已过期，请重新登录。")
    return actor
