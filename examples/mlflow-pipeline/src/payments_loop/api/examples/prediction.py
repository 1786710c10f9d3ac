"""Asks for a prediction: a row that the champion accepts."""

import json

from payments_loop.api.examples import Example, NoExampleError
from payments_loop.bundle import Bundle, BundleError, Registry
from payments_loop.prediction.settings import PredictionSettings


def example() -> Example:
    """The request.

    Raises:
        NoExampleError: there is no champion.
    """
    registry = Registry(PredictionSettings().models_dir)
    try:
        bundle = Bundle.load(registry.resolve("champion"))
    except BundleError as error:
        raise NoExampleError(str(error)) from error
    body = json.dumps({"features": bundle.examples()[0]})
    return Example("POST", "/v1/predict", body.encode())
