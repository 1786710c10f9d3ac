from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest
from plugins.data_validation import Weeks, stored

from payments_loop.lake import Verdict
from payments_loop.lake.verdict import Finding, Severity
from payments_loop.validation.batch import Past, judge
from payments_loop.validation.config import Config
from payments_loop.validation.examination import Examination

Judged = Callable[[pl.DataFrame], Examination]


def found(examination: Examination) -> dict[tuple[str, str | None], Severity]:
    return {(one.check, one.column): one.severity for one in examination.total.findings}


def test_clean_days_raise_nothing(weeks: Weeks) -> None:
    for position in range(28, len(weeks.batches)):
        past = Past(weeks.past[position - 28 : position])
        examination = judge(weeks.batches[position], weeks.table, past, Config())
        assert examination.total.findings == ()
        assert examination.days == 28
        assert not any(one.outside for one in examination.measures)


def test_cents_are_put_aside_with_the_factor(weeks: Weeks, judged: Judged) -> None:
    examination = judged(weeks.today.frame.with_columns(pl.col("amount") * 100))
    assert found(examination)["scale", "amount"] == "quarantine"
    assert found(examination)["range", "amount"] == "quarantine"
    reasons = " ".join(examination.total.reasons)
    assert "another unit (cents or per cent)?" in reasons


@pytest.mark.parametrize(("share", "severity"), [(0.0005, "warn"), (0.2, "quarantine")])
def test_nulls_count_by_their_share(
    weeks: Weeks, judged: Judged, share: float, severity: Severity
) -> None:
    frame = pl.concat([weeks.today.frame] * 10)
    number = pl.int_range(pl.len())
    frame = frame.with_columns(
        pl.format("o{}", number + 10**6).alias("order_id"),
        pl.when(number >= share * pl.len()).then("amount").alias("amount"),
    )
    assert found(judged(frame))["nulls", "amount"] == severity


def test_a_column_that_becomes_empty_is_put_aside(weeks: Weeks, judged: Judged) -> None:
    examination = judged(weeks.today.frame.with_columns(pl.lit(None, pl.Float64).alias("rating")))
    assert found(examination)["missing", "rating"] == "quarantine"
    assert found(examination)["constant", "rating"] == "quarantine"


def test_numbers_must_be_finite(weeks: Weeks, judged: Judged) -> None:
    broken = pl.when(pl.int_range(pl.len()) < 30).then(float("nan")).otherwise("rating")
    examination = judged(weeks.today.frame.with_columns(broken.alias("rating")))
    assert found(examination)["range", "rating"] == "quarantine"


@pytest.mark.parametrize("hours", [-2, 2, 9])
def test_a_turned_clock_is_told_by_its_hours(weeks: Weeks, judged: Judged, hours: int) -> None:
    examination = judged(weeks.today.frame.with_columns(pl.col("time") + timedelta(hours=hours)))
    assert found(examination)["clock", "time"] == "quarantine"
    word = "late" if hours > 0 else "early"
    assert f"{abs(hours)} h too {word}" in " ".join(examination.total.reasons)


def test_rows_from_the_future_are_put_aside(weeks: Weeks, judged: Judged) -> None:
    examination = judged(weeks.today.frame.with_columns(pl.col("time") + timedelta(hours=5)))
    assert found(examination)["future", "time"] == "quarantine"


def test_a_truncated_day_is_taken_with_a_warning(weeks: Weeks, judged: Judged) -> None:
    examination = judged(weeks.today.frame.head(360))
    assert examination.total.severity == "warn"
    assert found(examination)["volume", None] == "warn"
    assert found(examination)["hours", "time"] == "warn"
    assert "no rows in the hours" in " ".join(examination.total.reasons)


def test_a_new_category_is_put_aside(weeks: Weeks, judged: Judged) -> None:
    new = pl.when(pl.int_range(pl.len()) % 20 == 0).then(pl.lit("fax")).otherwise("channel")
    examination = judged(weeks.today.frame.with_columns(new.alias("channel")))
    assert found(examination)["values", "channel"] == "quarantine"
    assert "e.g. fax" in " ".join(examination.total.reasons)


def test_unseen_values_of_an_open_column_are_novel(weeks: Weeks, judged: Judged) -> None:
    renamed = pl.col("customer_id").str.replace("c", "customer-")
    examination = judged(weeks.today.frame.with_columns(renamed))
    assert found(examination)["novelty", "customer_id"] == "quarantine"


def test_swapped_columns_are_recognised(weeks: Weeks, judged: Judged) -> None:
    swap = {"amount": pl.col("rating"), "rating": pl.col("amount").clip(0, 5)}
    examination = judged(weeks.today.frame.with_columns(**swap))
    assert found(examination)["drift", "amount"] == "quarantine"
    plain = weeks.table.model_copy(
        update={
            "columns": {
                **weeks.table.columns,
                "rating": weeks.table.columns["rating"].model_copy(update={"maximum": None}),
            }
        }
    )
    swap["rating"] = pl.col("amount")
    batch = weeks.batch(weeks.today.frame.with_columns(**swap))
    examination = judge(batch, plain, Past(weeks.past[-28:]), Config())
    assert ("swapped", "amount") in found(examination)


def test_a_constant_column_is_put_aside(weeks: Weeks, judged: Judged) -> None:
    examination = judged(weeks.today.frame.with_columns(pl.lit(20.0).alias("amount")))
    assert found(examination)["constant", "amount"] == "quarantine"


def test_a_column_that_never_varied_may_stay_constant(weeks: Weeks) -> None:
    def plain(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(pl.lit("app").alias("channel"))

    past = [stored(weeks.batch(plain(batch.frame)), weeks.table) for batch in weeks.batches[-29:-1]]
    examination = judge(weeks.batch(plain(weeks.today.frame)), weeks.table, Past(past), Config())
    assert ("constant", "channel") not in found(examination)


def test_repeated_rows_and_keys(weeks: Weeks, judged: Judged) -> None:
    frame = weeks.today.frame
    assert found(judged(pl.concat([frame, frame.head(3)])))["unique", "order_id"] == "warn"
    other = frame.head(3).with_columns(pl.col("amount") + 1)
    assert found(judged(pl.concat([frame, other])))["conflicts", "order_id"] == "quarantine"


def test_rows_that_were_delivered_before_are_a_warning(weeks: Weeks) -> None:
    past = Past(weeks.past[-28:], weeks.today.frame.select("order_id"))
    examination = judge(weeks.today, weeks.table, past, Config())
    assert found(examination) == {("repeated", "order_id"): "warn"}
    assert "every row was delivered before" in examination.total.reasons[0]


def test_a_stale_file_is_a_warning(weeks: Weeks) -> None:
    yesterday = weeks.batches[-4]
    examination = judge(
        weeks.batch(yesterday.frame), weeks.table, Past(weeks.past[-31:-4]), Config()
    )
    assert found(examination) == {("stale", "time"): "warn"}
    assert "3.0 days old" in examination.total.reasons[0]


def test_without_a_past_only_the_schema_is_judged(weeks: Weeks) -> None:
    frame = weeks.today.frame.with_columns(pl.col("amount") * 0.001)
    examination = judge(weeks.batch(frame), weeks.table, Past(), Config())
    assert found(examination) == {("range", "amount"): "quarantine"}
    assert examination.reference is None
    assert "comparisons need 14" in examination.notes[0]


def test_few_rows_have_no_distribution(weeks: Weeks, judged: Judged) -> None:
    examination = judged(weeks.today.frame.head(20))
    assert {one.statistic.check for one in examination.measures} == {"volume"}
    assert found(examination) == {("volume", None): "warn"}


def test_what_was_not_known_yet_is_no_reference(weeks: Weeks) -> None:
    batch = weeks.batches[28]
    examination = judge(batch, weeks.table, Past(weeks.past), Config())
    assert examination.days == 29


def test_no_rows_and_unfit_columns_are_said_so(weeks: Weeks) -> None:
    empty = judge(weeks.batch(weeks.today.frame.clear()), weeks.table, Past(), Config())
    assert empty.notes == ("there are no rows",)
    unfit = Verdict((Finding("schema", "quarantine", "amount", "the column is missing"),))
    frame = weeks.today.frame.drop("amount")
    examination = judge(weeks.batch(frame), weeks.table, Past(), Config(), unfit=unfit)
    assert examination.total.severity == "quarantine"
    assert examination.verdict == Verdict()
