"""Which model answers whom: weighted, sticky assignment of routing keys."""

from hashlib import blake2b

SCALE = 2.0**64


def position(key: str, salt: str) -> float:
    """Where `key` falls in [0, 1): uniform over keys, always the same for one key and salt.

    The salt is the challenger's version. Without it, every experiment would expose the same
    callers: those with small hashes.
    """
    data = key.encode("utf-8", "surrogatepass")
    digest = blake2b(data, digest_size=8, key=salt.encode()[:64]).digest()
    return int.from_bytes(digest, "big") / SCALE


def challenged(key: str, salt: str, share: float) -> bool:
    """Whether the challenger answers `key`, when it answers `share` of all keys."""
    return position(key, salt) < share
