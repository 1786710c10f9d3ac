"""Builds, runs and inspects the service's image with the `docker` command line.

The container gets the restrictions that compose gives it, so tests and measurements see what is
shipped: read-only file system, no capabilities, no new privileges, bounded memory and processor.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from my_project import compose

# What every image build needs of the repository; .dockerignore says the same.
SOURCES = (
    "Dockerfile",
    ".dockerignore",
    "pyproject.toml",
    "uv.lock",
    "README.md",
    "LICENSE",
    "src",
    "deploy/docker",
)
_ARGUMENT = re.compile(r"^ARG (\w+)=(\S+)$", re.MULTILINE)
_STAGE = re.compile(r"^FROM (\S+) AS (\S+)$", re.MULTILINE)


class ContainerError(Exception):
    """The engine refused a command, or the container did not become ready."""


def docker(*arguments: str, timeout: float = 60) -> str:
    """Run one docker command and return what it printed.

    Args:
        arguments: the command's arguments.
        timeout: seconds after which it is killed.

    Raises:
        ContainerError: docker is missing, failed or took too long.
    """
    try:
        done = subprocess.run(  # noqa: S603 (no shell, arguments are the caller's)
            ["docker", *arguments],  # noqa: S607 (found on the PATH)
            capture_output=True,
            text=True,
            check=True,
            timeout=timeout,
            env={**os.environ, "DOCKER_BUILDKIT": "1"},
        )
    except subprocess.CalledProcessError as error:
        raise ContainerError(f"docker {arguments[0]}: {error.stderr.strip()[-2000:]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ContainerError(f"docker {arguments[0]}: {error}") from error
    # Only `docker logs` uses both: what the service wrote to each of its two outputs
    return (done.stdout + done.stderr if arguments[0] == "logs" else done.stdout).strip()


def obstacle(dockerfile: Path) -> str | None:
    """Say why the image cannot be built here, None if it can.

    The base images must be in the engine or in a registry that it can reach.
    """
    try:
        docker("version", "--format", "{{.Server.Version}}")
    except ContainerError as error:
        return f"no container engine: {error}"
    for image in base_images(dockerfile.read_text(encoding="utf-8")):
        try:
            docker("image", "inspect", "--format", "{{.Id}}", image)
        except ContainerError:
            try:
                docker("pull", "--quiet", image, timeout=120)
            except ContainerError as error:
                return f"base image {image} cannot be had: {error}"
    return None


def base_images(dockerfile: str) -> list[str]:
    """Return the images that the stages of a Dockerfile start from, sorted."""
    values = dict(_ARGUMENT.findall(dockerfile))
    stages = _STAGE.findall(dockerfile)
    names = {name for _, name in stages}
    images = {re.sub(r"\$\{(\w+)\}", lambda m: values[m[1]], image) for image, _ in stages}
    return sorted(images - names)


def contents(root: Path) -> list[str]:
    """Return the paths, besides the code, that the image of the project at `root` takes along."""
    lines = (root / "deploy/docker/contents.list").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def copy_context(root: Path, destination: Path, *, models: bool) -> None:
    """Copy the files of the project at `root` that an image is made of.

    Args:
        root: folder of the project.
        destination: folder that becomes a build context.
        models: whether its models are copied too, if it has any.
    """
    others = [name for name in contents(root) if Path(name).parts[0] != "models"]
    if models and (root / "models").is_dir():
        others.append("models")
    for name in (*SOURCES, *others):
        source, target = root / name, destination / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)


def build(context: Path, tag: str) -> float:
    """Build the image from `context` and return how many seconds that took.

    Raises:
        ContainerError: the build failed.
    """
    options = [] if _has_bridge() else ["--network=host"]
    if "UV_INDEX" in os.environ:
        options += ["--build-arg", "UV_INDEX"]
    start = time.monotonic()
    docker(
        "build",
        *options,
        "--file",
        str(context / "Dockerfile"),
        "--tag",
        tag,
        str(context),
        timeout=900,
    )
    return time.monotonic() - start


def inspect(image: str) -> dict[str, Any]:
    """Return the engine's description of an image.

    Raises:
        ContainerError: there is no such image.
    """
    description: dict[str, Any] = json.loads(docker("image", "inspect", image))[0]
    return description


@dataclass(frozen=True)
class Container:
    """A running service.

    Attributes:
        name: name of the container.
        url: where it listens, without a final slash.
        started: monotonic time at which it was asked to start, in seconds.
    """

    name: str
    url: str
    started: float

    def wait_ready(self, timeout: float = 60) -> float:
        """Wait until `/readyz` answers 200 and return the seconds since the start.

        Raises:
            ContainerError: it did not within `timeout` seconds, or ended; carries its log.
        """
        while (waited := time.monotonic() - self.started) < timeout:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):  # noqa: S310 (http)
                    return time.monotonic() - self.started
            except urllib.error.HTTPError as error:
                error.close()
            except OSError:
                pass  # nobody listens yet
            time.sleep(0.01)
            if waited > 1 and not self.is_running():
                raise ContainerError(f"ended instead of becoming ready:\n{self.log()}")
        raise ContainerError(f"not ready after {waited:.0f} s:\n{self.log()}")

    def is_running(self) -> bool:
        """Whether the service's process is still there."""
        return docker("inspect", "--format", "{{.State.Running}}", self.name) == "true"

    def execute(self, *command: str) -> str:
        """Run a command inside and return what it printed.

        Raises:
            ContainerError: it failed.
        """
        return docker("exec", self.name, *command)

    def log(self) -> str:
        """Return everything that the service has printed."""
        return docker("logs", self.name)

    def stop(self, grace: int = 20) -> int:
        """Send SIGTERM, wait for the end and return the exit code (137: killed after `grace` s)."""
        docker("stop", f"--time={grace}", self.name, timeout=grace + 15)
        return int(docker("inspect", "--format", "{{.State.ExitCode}}", self.name))


@contextmanager
def running(
    image: str,
    environment: Mapping[str, str],
    root: Path = Path(),
) -> Iterator[Container]:
    """Run the image as compose would, and remove the container and its volumes afterwards.

    Args:
        image: name of the image.
        environment: settings of the service.
        root: folder of the project, whose compose.yaml counts.

    Raises:
        ContainerError: the engine refused to start it.
    """
    port = _free_port()
    name = f"{image.partition(':')[0].rpartition('/')[2]}-{os.getpid()}-{port}"
    settings = [f"--env={key}={value}" for key, value in environment.items()]
    start = time.monotonic()
    options = [*compose.options(root), *network(port), *settings]
    docker("run", "--detach", "--name", name, *options, image)
    try:
        yield Container(name, f"http://127.0.0.1:{port}", start)
    finally:
        docker("rm", "--force", "--volumes", name)


def network(port: int) -> Sequence[str]:
    """Options that make the service answer on `port` of this machine, and nowhere else."""
    if _has_bridge():
        return (f"--publish=127.0.0.1:{port}:8000",)
    return ("--network=host", "--env=APP_HOST=127.0.0.1", f"--env=APP_PORT={port}")


def _has_bridge() -> bool:
    return "bridge" in docker("network", "ls", "--format", "{{.Name}}").split()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
