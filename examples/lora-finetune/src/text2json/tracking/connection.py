"""One way to MLflow, for everything that records or looks up runs and models."""

from __future__ import annotations

import fcntl
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import TrackingError
from .names import NAME, without_password

if TYPE_CHECKING:
    from mlflow import ActiveRun, MlflowClient

VARIABLE = "MLFLOW_TRACKING_URI"
DATABASE = "mlflow.db"
ARTIFACTS = "mlruns"
ABOUT = "Trained models: parameters, figures, plots, data, environment, and the model itself"
# What MLflow's pages show as the description, and which of its pages: those of training, not of chats
NOTE = "mlflow.note.content"
KIND = {"mlflow.experimentKind": "custom_model_development"}
PROBE_SECONDS = 5.0

# Read by MLflow. Its own defaults repeat a failing request for minutes, report usage to its
# makers, and record what the development environment holds beside the model's requirements.
ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",
}


@dataclass(frozen=True)
class Tracking:
    """A tracking store that answered when it was connected to.

    Attributes:
        uri: where it is; `sqlite:///` and an absolute path, or a server.
        root: the project; artifacts of a SQLite store are below it.
    """

    uri: str
    root: Path

    @property
    def remote(self) -> bool:
        """Whether a server keeps the store, rather than a database that this process opens."""
        return self.uri.startswith(("http://", "https://"))

    @property
    def place(self) -> str:
        """Where it is, for messages: without a password."""
        return without_password(self.uri)

    @cached_property
    def client(self) -> MlflowClient:
        """MLflow's own client; it raises `MlflowException`."""
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    def experiment(self, name: str = NAME, about: str = ABOUT) -> str:
        """Id of the experiment `name`, which is created if there is none.

        Args:
            name: of the experiment.
            about: what its runs are, for people, if it is created.

        Raises:
            TrackingError: the store refuses.
        """
        from mlflow.exceptions import MlflowException

        try:
            found = self.client.get_experiment_by_name(name)
            if found is not None:
                return str(found.experiment_id)
            described = KIND | {NOTE: about}
            return str(self.client.create_experiment(name, self._artifacts, described))
        except MlflowException as error:
            # Another process may have created it in the meantime.
            found = self.client.get_experiment_by_name(name)
            if found is None:
                raise TrackingError(f"{self.uri}: no experiment {name!r}: {error}") from error
            return str(found.experiment_id)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Inside, the functions of the module `mlflow` use this store; afterwards what they did."""
        import mlflow

        before = os.environ.get(VARIABLE)
        _use(mlflow, self.uri)
        try:
            yield
        finally:
            _use(mlflow, before)

    @contextmanager
    def run(
        self,
        name: str,
        tags: Mapping[str, str] | None = None,
        *,
        parent: str | None = None,
        experiment: str = NAME,
    ) -> Iterator[ActiveRun]:
        """A run that the functions of the module `mlflow` log to; failed if the block raises.

        Args:
            name: of the run, for people.
            tags: recorded with it.
            parent: id of the run that this one is part of.
            experiment: name of the experiment that it belongs to.
        """
        import mlflow

        identifier = self.experiment(experiment)
        with (
            self.active(),
            mlflow.start_run(
                experiment_id=identifier,
                run_name=name,
                tags=dict(tags or {}),
                parent_run_id=parent,
                nested=parent is not None,
            ) as active,
        ):
            yield active

    @property
    def _artifacts(self) -> str | None:
        """Where artifacts go; a server decides that itself."""
        if not self.uri.startswith("sqlite:"):
            return None
        return (self.root / ARTIFACTS).resolve().as_uri()


def connect(root: Path = Path(), uri: str | None = None) -> Tracking:
    """Connect to the store that MLFLOW_TRACKING_URI names; by default a SQLite file in `root`.

    Args:
        root: the project.
        uri: instead of what the environment says.

    Raises:
        TrackingError: the store cannot be reached or opened; known within seconds.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    uri = uri or os.environ.get(VARIABLE) or f"sqlite:///{(root / DATABASE).resolve()}"
    tracking = Tracking(uri.rstrip("/"), root)
    if tracking.remote:
        _probe(tracking.uri)
    else:
        _open(tracking)
    return tracking


def _probe(uri: str) -> None:
    """See that a server answers, without the patience that uploads deserve."""
    try:
        with urllib.request.urlopen(f"{uri}/health", timeout=PROBE_SECONDS):  # noqa: S310 (http)
            return
    except urllib.error.HTTPError as error:
        # A gateway that wants credentials is there, too.
        error.close()
        if error.code < 500:  # noqa: PLR2004
            return
        reason: object = f"status {error.code}"
    except (OSError, ValueError) as error:
        reason = error
    raise TrackingError(
        f"{without_password(uri)}: MLflow does not answer ({reason}). Is the server running, "
        f"and {VARIABLE} right?"
    )


def _open(tracking: Tracking) -> None:
    """Open the database, creating its tables where there are none.

    Processes that create them at the same time break each other's migrations, so one waits.
    """
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    tracking.root.mkdir(parents=True, exist_ok=True)
    with (tracking.root / f".{DATABASE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            tracking.client.search_experiments(max_results=1)
            tracking.client.search_registered_models(max_results=1)
        except (MlflowException, SQLAlchemyError, OSError) as error:
            raise TrackingError(f"{tracking.place}: {str(error).splitlines()[0]}") from error


def _use(mlflow: object, uri: str | None) -> None:
    """Set the store of MLflow's module-level functions; None is MLflow's own default."""
    mlflow.set_tracking_uri(uri)  # type: ignore[attr-defined]
    mlflow.set_registry_uri(uri)  # type: ignore[attr-defined]
