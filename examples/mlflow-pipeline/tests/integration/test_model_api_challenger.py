"""A/B split and shadow mode."""

from collections import Counter
from math import sqrt
from pathlib import Path

import pytest
from plugins.http_api import MakeClient, metric, wait_until
from plugins.model_api import ROW, broken, models_of
from plugins.model_bundle import MakeBundle

from payments_loop.api.routing import challenged
from payments_loop.bundle import Bundle, Registry

BATCH = 1000


def keyed(count: int) -> list[dict[str, object]]:
    return [{"features": ROW, "key": f"customer-{number}"} for number in range(count)]


def test_a_split_follows_the_keys(serve_models: MakeClient, contest_dir: Path) -> None:
    client = serve_models(models_dir=contest_dir, challenger="split", challenger_share=0.3)
    instances = keyed(BATCH)
    answers = client.post("/v1/predict/batch", json={"instances": instances}).json()["predictions"]
    versions = [answer["model_version"] for answer in answers]
    expected = ["v2" if challenged(str(i["key"]), "v2", 0.3) else "v1" for i in instances]
    assert versions == expected
    share = Counter(versions)["v2"] / BATCH
    assert abs(share - 0.3) < 4.5 * sqrt(0.3 * 0.7 / BATCH)
    # The answers are those of the model that they name, in the order of the request.
    for version in ("v1", "v2"):
        bundle = Bundle.load(contest_dir / version)
        probability = pytest.approx(float(bundle.predict(bundle.encode([ROW]))[0]))
        theirs = [a["probability"] for a in answers if a["model_version"] == version]
        assert theirs == [probability] * len(theirs)
    rows = metric(client, "inference_rows_total", model_version="v2", role="challenger")
    assert rows == versions.count("v2")


def test_a_key_is_always_answered_by_the_same_model(
    serve_models: MakeClient, contest_dir: Path
) -> None:
    client = serve_models(models_dir=contest_dir, challenger="split", challenger_share=0.5)
    for instance in keyed(20):
        answers = [client.post("/v1/predict", json=instance).json() for _ in range(3)]
        assert len({answer["model_version"] for answer in answers}) == 1


def test_without_a_key_the_request_decides(serve_models: MakeClient, contest_dir: Path) -> None:
    client = serve_models(models_dir=contest_dir, challenger="split", challenger_share=0.5)
    versions = {
        client.post("/v1/predict", json={"features": ROW}).json()["model_version"]
        for _ in range(40)
    }
    assert versions == {"v1", "v2"}


@pytest.mark.parametrize(("share", "version"), [(0.0, "v1"), (1.0, "v2")])
def test_a_split_can_be_everything_or_nothing(
    serve_models: MakeClient, contest_dir: Path, share: float, version: str
) -> None:
    client = serve_models(models_dir=contest_dir, challenger="split", challenger_share=share)
    answers = client.post("/v1/predict/batch", json={"instances": keyed(50)}).json()["predictions"]
    assert {answer["model_version"] for answer in answers} == {version}


def test_errors_of_a_split_point_at_the_right_instance(
    serve_models: MakeClient, contest_dir: Path
) -> None:
    client = serve_models(models_dir=contest_dir, challenger="split", challenger_share=0.5)
    for wrong in range(8):
        instances = keyed(8)
        instances[wrong]["features"] = ROW | {"channel": "fax"}
        response = client.post("/v1/predict/batch", json={"instances": instances})
        pointer = f"/instances/{wrong}/features/channel"
        assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert metric(client, "inference_batch_size_count") == 0  # all or nothing


def test_a_shadow_scores_everything_and_answers_nothing(
    serve_models: MakeClient, contest_dir: Path
) -> None:
    client = serve_models(models_dir=contest_dir)
    answers = client.post("/v1/predict/batch", json={"instances": keyed(300)}).json()["predictions"]
    assert {answer["model_version"] for answer in answers} == {"v1"}
    shadow = {"model_version": "v2", "role": "shadow"}
    wait_until(lambda: metric(client, "inference_rows_total", **shadow) == 300)
    bundles = [Bundle.load(contest_dir / version) for version in ("v1", "v2")]
    one, two = (float(bundle.predict(bundle.encode([ROW]))[0]) for bundle in bundles)
    assert metric(client, "shadow_absolute_difference_count") == 300
    difference = metric(client, "shadow_absolute_difference_sum") / 300
    assert difference == pytest.approx(abs(one - two), rel=1e-5)
    assert metric(client, "prediction_probability_count", model_version="v2") == 0
    assert metric(client, "shadow_dropped_total") == 0


def test_a_shadow_that_cannot_keep_up_drops_rows(
    serve_models: MakeClient, contest_dir: Path
) -> None:
    client = serve_models(models_dir=contest_dir, shadow_rows=10)
    response = client.post("/v1/predict/batch", json={"instances": keyed(25)})
    assert response.status_code == 200
    assert metric(client, "shadow_dropped_total") == 15


def test_a_broken_shadow_is_counted_and_not_noticed(
    serve_models: MakeClient, contest_dir: Path
) -> None:
    client = serve_models(models_dir=contest_dir)
    in_use = models_of(client)
    assert in_use.lineup is not None
    assert in_use.lineup.challenger is not None
    in_use.lineup = in_use.lineup._replace(challenger=broken(in_use.lineup.challenger))
    assert client.post("/v1/predict", json={"features": ROW}).status_code == 200
    wait_until(lambda: metric(client, "inference_errors_total", kind="shadow") == 1)
    assert client.post("/v1/predict", json={"features": ROW}).status_code == 200
    wait_until(lambda: metric(client, "inference_errors_total", kind="shadow") == 2)


def test_a_challenger_can_be_ignored(serve_models: MakeClient, contest_dir: Path) -> None:
    client = serve_models(models_dir=contest_dir, challenger="off")
    assert client.post("/v1/predict", json={"features": ROW}).json()["model_version"] == "v1"
    assert metric(client, "inference_batch_size_count") == 1


def test_a_promotion_is_served_without_a_restart(
    serve_models: MakeClient, champion_dir: Path, make_bundle: MakeBundle
) -> None:
    client = serve_models()
    Registry(champion_dir).promote(make_bundle("v2").version)
    ask = {"features": ROW}
    wait_until(lambda: client.post("/v1/predict", json=ask).json()["model_version"] == "v2")
    assert metric(client, "model_info", version="v2", alias="champion") == 1
    assert metric(client, "model_info", version="v1", alias="champion") == 0
