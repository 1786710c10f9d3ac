"""The alerts agree with the detector on what drift is."""

from plugins.monitoring import rules

from my_project.drift import MINIMUM_ROWS, PSI_THRESHOLD


def expressions(prefix: str) -> list[str]:
    """PromQL of the drift rules whose name starts so."""
    named = {rule.get("alert", rule.get("record")): rule["expr"] for rule in rules()}
    return [text for name, text in named.items() if name and name.startswith(prefix)]


def test_alerts_use_the_threshold_of_the_detector() -> None:
    alerts = expressions("FeatureDrift") + expressions("PredictionDrift")
    assert len(alerts) == 2
    assert all(text.endswith(f"> {PSI_THRESHOLD:g}") for text in alerts)


def test_recorded_averages_need_the_rows_of_the_detector() -> None:
    recorded = expressions("job:drift_")
    assert len(recorded) == 2
    assert all(f"drift_window_rows >= {MINIMUM_ROWS})" in text for text in recorded)
