"""What can go wrong with a lake; every message says what to do next where that is not obvious."""


class LakeError(Exception):
    """The lake cannot do what was asked: no such table, version or batch, or a column changed type."""


class SourceError(Exception):
    """A source gave nothing usable (unreachable, garbage); nothing was taken, so retrying is safe."""


class BlockedError(Exception):
    """A check stops the whole run: the message names batch and reasons. Nothing of it was taken."""
