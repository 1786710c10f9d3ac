"""What can go wrong with features; every message says what to do next where that is not obvious."""


class FeatureError(ValueError):
    """The SQL of a problem, its data or a row does not give the features that the problem names."""


class HistoryError(FeatureError):
    """Online: the history that is held does not reach the time that was asked for."""
