"""The model as MLflow loads and serves it: this file is stored with the bundle ("models from code").

It reads the bundle's files itself, so that a server needs ONNX Runtime and nothing of this project.
MLflow reads the type hint of the data frame, so pandas is imported in earnest.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import pandas as pd  # type: ignore[import-untyped]
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel


class BundleModel(PythonModel):
    """Calibrated probabilities for a data frame with a column per feature."""

    def load_context(self, context: Any) -> None:
        """Open the bundle."""
        folder = Path(context.artifacts["bundle"])
        self.features = json.loads((folder / "bundle.json").read_text())["features"]
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"),
            providers=["CPUExecutionProvider"],
        )

    def predict(
        self,
        context: Any,  # noqa: ARG002 (MLflow passes it by this name)
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        """P(positive) [N]; categories are given as text, missing values as null."""
        columns = [self._encoded(feature, model_input) for feature in self.features]
        matrix = np.column_stack(columns).astype(np.float32)
        found: np.ndarray[Any, np.dtype[np.float32]]
        (found,) = self.session.run(["probability"], {"features": matrix})
        return found

    def _encoded(self, feature: dict[str, Any], rows: pd.DataFrame) -> Any:
        values = rows[feature["name"]]
        if feature["categories"] is None:
            return values.astype("float64")
        codes = {category: code for code, category in enumerate(feature["categories"])}
        return values.map(codes).astype("float64")


set_model(BundleModel())
