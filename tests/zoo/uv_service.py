"""uv with a lock, src layout, a Makefile, FastAPI, GitHub Actions: what docker, security and ci need."""

FILES = {
    "pyproject.toml": """\
[project]
name = "parcel-eta"
version = "0.1.0"
description = "Says when a parcel arrives"
readme = "README.md"
requires-python = ">=3.12,<3.15"
dependencies = [
    # the service
    "fastapi>=0.115,<1",
]

[dependency-groups]
dev = ["pytest>=8.3,<10"]

[build-system]
requires = ["hatchling>=1.26,<2"]
build-backend = "hatchling.build"

[tool.pytest.ini_options]
pythonpath = ["src"]
""",
    "uv.lock": 'version = 1\nrequires-python = ">=3.12, <3.15"\n',
    "README.md": "# Parcel ETA\n\nSays when a parcel arrives.\n",
    "LICENSE": "MIT\n",
    "Makefile": ".PHONY: setup check test\nsetup:\n\tuv sync\ncheck:\n\truff check\ntest:\n\tuv run pytest\n",
    ".gitignore": ".venv/\n",
    "src/parcel_eta/__init__.py": "",
    "src/parcel_eta/main.py": "def make():\n    from fastapi import FastAPI\n\n    return FastAPI()\n",
    "src/parcel_eta/eta.py": "def eta(km):\n    return km / 80\n",
    "tests/unit/test_eta.py": "from parcel_eta.eta import eta\n\n\ndef test_eta():\n    assert eta(160) == 2\n",
}
