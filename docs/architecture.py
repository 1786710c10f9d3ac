"""Draw what runs in each project: SVG without scripts and fonts of its own, for light and dark pages."""

from __future__ import annotations

import html
from dataclasses import dataclass

WIDE, HIGH, GAP_X, GAP_Y, PAD = 184, 52, 44, 26, 12


@dataclass(frozen=True)
class Drawing:
    """Boxes in columns, and arrows between them.

    Attributes:
        says: what the picture shows, for readers who do not see it.
        columns: names of boxes from top to bottom; "" leaves a place empty. `|` breaks a line; the first line is bold.
        arrows: pairs of first lines. Arrows lead to a later column, or down or up within one.
    """

    says: str
    columns: tuple[tuple[str, ...], ...]
    arrows: tuple[tuple[str, str], ...]


#: Project -> what runs in it. A new project gets one entry.
DRAWINGS = {
    "model-serving": Drawing(
        "Payments are checked, split by time and trained on; a gate decides which bundle serves; the service is "
        "watched for latency, errors and drift",
        (
            ("Payments|generated, CSV, Parquet", "", "Clients|with an API key"),
            ("Training|trees, calibration, ONNX", "MLflow|runs", "Service|FastAPI, batching"),
            ("Gate|against a baseline, in money", "Bundles|champion, challenger", "Drift detector|window of an hour"),
            ("Prometheus|rules with tests", "Grafana|dashboards", "Alerts|each with its runbook"),
        ),
        (
            ("Payments", "Training"),
            ("Training", "Gate"),
            ("Training", "MLflow"),
            ("Gate", "Bundles"),
            ("Clients", "Service"),
            ("Bundles", "Service"),
            ("Service", "Drift detector"),
            ("Drift detector", "Prometheus"),
            ("Prometheus", "Grafana"),
            ("Grafana", "Alerts"),
        ),
    ),
    "rag-app": Drawing(
        "Documents are parsed in processes of their own, cut, embedded and indexed; a question is searched by words "
        "and by meaning, re-ranked, and answered with citations; an evaluation chooses the pipeline and gates changes",
        (
            ("Documents|PDF, HTML, DOCX, ...", "Questions|web page, API", "Evaluation|185 questions"),
            ("Parsing|a limited process each", "Search|words and embeddings", "Gate|in CI"),
            ("Index|embedded, or a server", "Re-ranking|chunk and best sentence", "Feedback|of readers"),
            ("Library|what is in, what is wrong", "Answer|cited, or declined", "Metrics|traces, alerts"),
        ),
        (
            ("Documents", "Parsing"),
            ("Parsing", "Index"),
            ("Index", "Library"),
            ("Index", "Search"),
            ("Questions", "Search"),
            ("Search", "Re-ranking"),
            ("Re-ranking", "Answer"),
            ("Evaluation", "Gate"),
            ("Answer", "Metrics"),
            ("Search", "Gate"),
            ("Answer", "Feedback"),
        ),
    ),
    "mlflow-pipeline": Drawing(
        "Daily data is validated into a lake; features come from one SQL file; drift and matured labels start a race, "
        "a paired test decides what is promoted in MLflow, and the service follows the registry",
        (
            ("Sources|files, SQL, HTTP", "Quarantine|with reasons", "Clients|with an API key"),
            ("Validation|against the days before", "Lake|versioned, when known", "Service|follows the registry"),
            ("Features|one SQL file", "Race|two windows of rows", "Registry|MLflow, champion"),
            ("Monitor|drift, matured labels", "Decision|retrain, keep, roll back", "Gate|paired tests, canary"),
        ),
        (
            ("Sources", "Validation"),
            ("Validation", "Quarantine"),
            ("Validation", "Lake"),
            ("Lake", "Features"),
            ("Features", "Monitor"),
            ("Monitor", "Decision"),
            ("Decision", "Race"),
            ("Race", "Gate"),
            ("Gate", "Registry"),
            ("Registry", "Service"),
            ("Clients", "Service"),
        ),
    ),
    "lora-finetune": Drawing(
        "A base model, pretrained by the project or from the hub, is fine-tuned with LoRA on rows without leakage; "
        "before and after are compared on held-out rows; a chat API serves the adapter and a canary set watches it",
        (
            ("Base model|pretrained, or of the hub", "Rows|split by phrasing", "Clients|OpenAI's chat API"),
            ("Fine-tuning|LoRA, packed rows", "MLflow|runs, adapters", "Server|batching, streaming"),
            ("Comparison|paired, with intervals", "Adapters|champion, challenger", "vLLM|the same on a GPU"),
            ("Evidence|gain, forgetting, cost", "Canary set|on a schedule", "Alerts|each with its runbook"),
        ),
        (
            ("Base model", "Fine-tuning"),
            ("Rows", "Fine-tuning"),
            ("Fine-tuning", "MLflow"),
            ("Fine-tuning", "Comparison"),
            ("Comparison", "Evidence"),
            ("MLflow", "Adapters"),
            ("Clients", "Server"),
            ("Adapters", "vLLM"),
            ("Server", "Adapters"),
            ("Adapters", "Canary set"),
            ("Canary set", "Alerts"),
        ),
    ),
}


def svg(drawing: Drawing) -> str:
    """The picture of a drawing."""
    places = {
        box.partition("|")[0]: (PAD + x * (WIDE + GAP_X), PAD + y * (HIGH + GAP_Y))
        for x, column in enumerate(drawing.columns)
        for y, box in enumerate(column)
        if box
    }
    width = 2 * PAD + len(drawing.columns) * (WIDE + GAP_X) - GAP_X
    height = 2 * PAD + max(map(len, drawing.columns)) * (HIGH + GAP_Y) - GAP_Y
    boxes = [_box(box, *places[box.partition("|")[0]]) for column in drawing.columns for box in column if box]
    arrows = [_arrow(places[start], places[end]) for start, end in drawing.arrows]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{html.escape(drawing.says)}"><style>rect{{fill:#eef3fb;stroke:#4b6a9b}}'
        "text{font:12px system-ui,sans-serif;text-anchor:middle;fill:#1d2733}.name{font-weight:600;font-size:13px}"
        "path{fill:none;stroke:#7c8aa0;stroke-width:1.5}</style>"
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" style="fill:#7c8aa0;stroke:none"/></marker></defs>{"".join(arrows + boxes)}</svg>\n'
    )


def _box(text: str, x: int, y: int) -> str:
    name, _, rest = text.partition("|")
    middle = x + WIDE / 2
    return (
        f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="6"/>'
        f'<text class="name" x="{middle:g}" y="{y + 22}">{html.escape(name)}</text>'
        f'<text x="{middle:g}" y="{y + 40}">{html.escape(rest)}</text>'
    )


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    """From the side of one box to the nearest side of another."""
    (x1, y1), (x2, y2) = start, end
    if x1 == x2:
        down = y2 > y1
        line = f"M{x1 + WIDE / 2:g} {y1 + HIGH * down}L{x2 + WIDE / 2:g} {y2 + HIGH * (not down)}"
    else:
        right = x2 > x1
        begin, stop = x1 + WIDE * right, x2 + WIDE * (not right)
        bend = (begin + stop) / 2
        half = HIGH / 2 + (-8 if right else 8)  # what comes and what goes do not touch
        line = f"M{begin} {y1 + half:g}C{bend:g} {y1 + half:g} {bend:g} {y2 + half:g} {stop} {y2 + half:g}"
    return f'<path d="{line}" marker-end="url(#tip)"/>'
