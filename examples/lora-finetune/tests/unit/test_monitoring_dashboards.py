"""The dashboards are current, complete and laid out without overlap."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from plugins.monitoring import ROOT, dashboards, queries

from text2json.cli import main
from text2json.monitoring import dashboards as generator

BOARDS = dashboards()
Board = dict[str, Any]


@pytest.fixture(params=sorted(BOARDS))
def board(request: pytest.FixtureRequest) -> Board:
    return BOARDS[request.param]


def panels(board: Board) -> list[Board]:
    """The panels that show something."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def test_files_are_what_the_source_gives() -> None:
    assert generator.stale(ROOT) == [], "run `make dashboards`"


def test_identifiers_are_unique(board: Board) -> None:
    identifiers = [panel["id"] for panel in board["panels"]]
    assert len(set(identifiers)) == len(identifiers)
    titles = [panel["title"] for panel in board["panels"]]
    assert len(set(titles)) == len(titles)
    assert len({found["uid"] for found in BOARDS.values()}) == len(BOARDS)
    # Longer ones are refused by Grafana.
    assert len(board["uid"]) <= 40


def test_every_panel_is_explained_has_a_unit_and_asks_for_one_service(board: Board) -> None:
    for panel in panels(board):
        assert panel["description"].endswith("."), panel["title"]
        if panel["type"] != "heatmap":
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"]["uid"] == "$datasource"
        assert panel["targets"]
    assert all('job="$job"' in query for query in queries(board))


def test_variables_that_queries_use_are_defined(board: Board) -> None:
    assert {variable["name"] for variable in board["templating"]["list"]} == {"datasource", "job"}


def test_panels_do_not_overlap_and_stay_on_the_grid(board: Board) -> None:
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
    for one, other in combinations(board["panels"], 2):
        a, b = one["gridPos"], other["gridPos"]
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        below = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or below, (one["title"], other["title"])


def test_check_notices_an_edited_and_a_foreign_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    assert run(main, ["dashboards", "--check"]).exit_code == 1
    assert run(main, ["dashboards"]).exit_code == 0
    assert run(main, ["dashboards", "--check"]).exit_code == 0
    service = tmp_path / generator.FOLDER / "service.json"
    edited = json.loads(service.read_text()) | {"title": "Mine"}
    service.write_text(json.dumps(edited))
    (service.parent / "foreign.json").write_text("{}")
    result = run(main, ["dashboards", "--check"])
    assert result.exit_code == 1
    assert "service.json" in result.output
    assert "foreign.json" in result.output
    assert run(main, ["dashboards"]).exit_code == 0
    assert generator.stale() == []
