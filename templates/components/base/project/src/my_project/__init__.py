"""The import package."""

from importlib.metadata import version

__version__ = version("my-project")
