"""The flow, run by Dagster itself."""

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner
from plugins.ingestion_flow import IndexService

from docs_qa.commands.flow import command
from docs_qa.documents.files_sink import FilesSink
from docs_qa.flows import ingestion, targets


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Documents, and a data folder of its own, in which chunks are kept as JSON lines."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "loans.md").write_text("# Loans\n\nA drill is lent for seven days.\n")
    for name in [name for name in os.environ if name.startswith("APP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("APP_DOCUMENTS_FOLDER", str(documents))
    monkeypatch.setenv("APP_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("APP_FLOW_SETTLE_SECONDS", "0")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    (tmp_path / "dagster").mkdir()
    monkeypatch.setattr(targets, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(targets, "open_sink", lambda _: FilesSink(tmp_path / "chunks"))
    return documents


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A Dagster instance in memory."""
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def run(instance: dg.DagsterInstance, *, raise_on_error: bool = True) -> dg.ExecuteInProcessResult:
    """Run the whole flow."""
    flow = ingestion.definitions.resolve_implicit_global_asset_job_def()
    return flow.execute_in_process(instance=instance, raise_on_error=raise_on_error)


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    """Verdicts by name."""
    return {check.check_name: check.passed for check in result.get_asset_check_evaluations()}


def test_a_run_indexes_and_says_what_it_did(folder: Path, instance: dg.DagsterInstance) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing")
    result = run(instance)
    assert checks(result) == {"not_empty": True, "all_taken": False}
    event = result.asset_materializations_for_node("document_index")[0]
    assert event.metadata["files"].value == 2
    assert event.metadata["documents"].value == 1
    assert event.metadata["chunks"].value == 1


def test_a_deleted_document_leaves_the_index(folder: Path, instance: dg.DagsterInstance) -> None:
    (folder / "fees.md").write_text("# Fees\n\nOne euro a day.\n")
    run(instance)
    (folder / "fees.md").unlink()
    result = run(instance)
    event = result.asset_materializations_for_node("document_index")[0]
    assert event.metadata["documents"].value == 1


def test_files_without_a_single_passage_fail_the_check(
    folder: Path, instance: dg.DagsterInstance
) -> None:
    (folder / "loans.md").write_text("")
    result = run(instance)
    assert checks(result)["not_empty"] is False


def test_a_service_that_owns_the_index_does_the_work(
    index_service: IndexService, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance
) -> None:
    monkeypatch.setenv("APP_FLOW_SERVICE_URL", index_service.url)
    result = run(instance)
    assert index_service.started == 1
    assert checks(result) == {"not_empty": True, "all_taken": False}


def test_a_service_that_does_not_answer_is_asked_again(
    index_service: IndexService, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance
) -> None:
    monkeypatch.setattr(ingestion, "RETRY_SECONDS", 0.001)
    monkeypatch.setenv("APP_FLOW_SERVICE_URL", index_service.url)
    index_service.jobs = [{"state": "failed", "done": 0, "total": 2, "problem": "disk full"}]
    result = run(instance, raise_on_error=False)
    assert not result.success
    assert index_service.started == 1 + ingestion.RETRIES


def evaluate(instance: dg.DagsterInstance, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    """Ask the sensor once."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    answer = ingestion.folder_changed(context)
    assert isinstance(answer, dg.SensorResult | dg.SkipReason)
    return answer


def test_the_sensor_asks_for_one_run_per_change(folder: Path, instance: dg.DagsterInstance) -> None:
    first = evaluate(instance, None)
    assert isinstance(first, dg.SensorResult)
    assert len(first.run_requests or []) == 1
    assert isinstance(evaluate(instance, first.cursor), dg.SkipReason)
    (folder / "fees.md").write_text("# Fees\n")
    second = evaluate(instance, first.cursor)
    assert isinstance(second, dg.SensorResult)
    (folder / "fees.md").unlink()
    back = evaluate(instance, second.cursor)
    assert isinstance(back, dg.SensorResult)
    assert back.cursor == first.cursor


def test_the_sensor_waits_for_copying_to_end(
    monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance
) -> None:
    monkeypatch.setenv("APP_FLOW_SETTLE_SECONDS", "3600")
    answer = evaluate(instance, None)
    assert isinstance(answer, dg.SkipReason)
    assert "still being written" in (answer.skip_message or "")


def test_a_volume_that_is_not_mounted_empties_nothing(
    folder: Path, instance: dg.DagsterInstance
) -> None:
    (folder / "loans.md").unlink()
    folder.rmdir()
    assert isinstance(evaluate(instance, "before"), dg.SkipReason)


def test_the_definitions_load() -> None:
    repository = ingestion.definitions.get_repository_def()
    assert {sensor.name for sensor in repository.sensor_defs} == {"folder_changed"}
    assert {schedule.name for schedule in repository.schedule_defs} == {"daily"}


def test_the_command_runs_the_flow_once(folder: Path) -> None:
    whole = (folder / "loans.md").read_text()
    (folder / "loans.md").write_text("")
    failed = CliRunner().invoke(command, [])
    assert failed.exit_code == 1
    assert "failed: not_empty" in failed.output
    (folder / "loans.md").write_text(whole)
    done = CliRunner().invoke(command, [])
    assert done.exit_code == 0, done.output
    assert "all_taken: passed" in done.output
