"""In the manner of Cookiecutter Data Science: flit, a Makefile, data folders, a package at the top."""

FILES = {
    "pyproject.toml": """\
[build-system]
requires = ["flit_core >=3.2,<4"]
build-backend = "flit_core.buildapi"

[project]
name = "wine_quality"
version = "0.0.1"
description = "Which wines are good"
authors = [
  { name = "A. Student" },
]

readme = "README.md"
classifiers = [
    "Programming Language :: Python :: 3",
]
requires-python = "~=3.12.0"
dependencies = [
    "loguru",
    "pandas",
    "typer",
]


[tool.ruff]
line-length = 99
src = ["wine_quality"]

[tool.ruff.lint]
extend-select = ["I"]  # Add import sorting
""",
    "Makefile": ".PHONY: clean lint requirements\n\nclean:\n\tfind . -name __pycache__ -delete\n\nlint:\n\truff check\n\nhelp:\n\t@echo help\n",
    "README.md": '# wine_quality\n\n<a target="_blank" href="https://example.org">badge</a>\n\nWhich wines are good\n\n## Project Organization\n\n```\n├── LICENSE\n├── Makefile\n## not a heading\n```\n\n--------\n',
    ".gitignore": "# Data\n/data/\n\n# Mac OS-specific storage files\n.DS_Store\n",
    ".env": "# secrets\n",
    "data/raw/.gitkeep": "",
    "docs/mkdocs.yml": "site_name: wine_quality\n",
    "models/.gitkeep": "",
    "notebooks/.gitkeep": "",
    "references/.gitkeep": "",
    "wine_quality/__init__.py": "from wine_quality import config  # noqa: F401\n",
    "wine_quality/config.py": "from pathlib import Path\n\nPROJ_ROOT = Path(__file__).resolve().parents[1]\n",
    "wine_quality/dataset.py": "def rows():\n    return []\n",
    "wine_quality/features.py": "def features(rows):\n    return rows\n",
    "wine_quality/modeling/__init__.py": "",
    "wine_quality/modeling/train.py": "def main():\n    return None\n",
    "tests/test_data.py": "from wine_quality.dataset import rows\n\n\ndef test_rows():\n    assert rows() == []\n",
}
