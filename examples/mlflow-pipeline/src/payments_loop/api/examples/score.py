"""Asks for a decision about the newest row of the lake, as if it happened now."""

import json
from datetime import UTC, datetime, timedelta

from payments_loop.api.examples import Example, NoExampleError
from payments_loop.features.errors import FeatureError
from payments_loop.features.relations import present
from payments_loop.features.serving.settings import FeatureSettings
from payments_loop.lake import LakeError, open_lake
from payments_loop.problem import ProblemError, load_problem


def example() -> Example:
    """The request.

    Raises:
        NoExampleError: there is no problem, or nothing was ingested.
    """
    root = FeatureSettings().root
    try:
        problem, lake = load_problem(root=root), open_lake(root)
        tables = {table.name for table in present(problem, lake)}
    except (ProblemError, LakeError, FeatureError) as error:
        raise NoExampleError(str(error)) from error
    name = problem.spine.table
    if name is None or name not in tables:
        raise NoExampleError(f"{problem.name}: decisions are about no row of a table")
    asked = list(dict.fromkeys((*problem.spine.entities, *problem.spine.request)))
    newest = lake.scan(name, start=datetime.now(UTC) - timedelta(days=3650))
    row = newest.select(asked).tail(1).collect().to_dicts()[0]
    body = json.dumps({"rows": [row]})
    return Example("POST", "/v1/score", body.encode())
