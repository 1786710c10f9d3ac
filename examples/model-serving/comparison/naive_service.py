"""The service that most tutorials end with: FastAPI, a pydantic model, a data frame, `predict_proba`.

`fraud-scoring compare-serving` measures it beside this project's service, with the same model. It
does less (no key, limits, metrics or log), and it gets what makes it fast: one OpenMP thread,
uvloop, httptools, no access log, and no thread pool (`async def`): threads that contend for the
interpreter lock within every tree of the model doubled its processor time on two idle cores.
"""

import json
import os
from pathlib import Path

import joblib
import pandas as pd
from fastapi import FastAPI
from pydantic import BaseModel

MODEL = joblib.load(os.environ["COMPARISON_MODEL"])
CATEGORIES: dict[str, list[str] | None] = json.loads(
    Path(os.environ["COMPARISON_FEATURES"]).read_text(encoding="utf-8")
)
CODES = {
    name: {category: code for code, category in enumerate(categories)}
    for name, categories in CATEGORIES.items()
    if categories is not None
}


class Request(BaseModel):
    """One row by feature name; null is missing."""

    features: dict[str, float | str | None]


class Answer(BaseModel):
    """Probability of the positive class."""

    probability: float


app = FastAPI()


@app.post("/predict")
async def predict(request: Request) -> Answer:
    """Score one row."""
    frame = pd.DataFrame([request.features], columns=list(CATEGORIES))
    for name, codes in CODES.items():
        frame[name] = frame[name].map(codes)
    row = frame.astype("float32").to_numpy()
    return Answer(probability=MODEL.predict_proba(row)[0, 1])


@app.get("/health")
async def health() -> dict[str, str]:
    """Whether it is up."""
    return {"status": "ok"}
