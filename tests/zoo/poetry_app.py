"""A Poetry application with its own tables, a command line and a FastAPI service."""

FILES = {
    "pyproject.toml": """\
# Churn scores for the web shop
[tool.poetry]
name = "churn-scores"
version = "1.4.0"
description = "Scores customers by how likely they leave"
authors = ["Grace Example <grace@example.org>"]
packages = [{ include = "churn_scores" }]

[tool.poetry.dependencies]
python = "^3.11"
fastapi = { version = ">=0.115", extras = ["standard"] }   # the API
numpy = ">=2.0"

[tool.poetry.group.dev.dependencies]
pytest = ">=8"   # tests

[tool.poetry.scripts]
churn = 'churn_scores.cli:main'

[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"

[tool.black]
line-length = 88
""",
    "README.md": "# churn-scores\n\nScores customers.\n\n## Usage\n\n    poetry run churn\n",
    ".gitignore": "__pycache__/\n.venv\n# data never goes in\n/data\n",
    "churn_scores/__init__.py": '"""Churn."""\n',
    "churn_scores/cli.py": 'import argparse\n\n\ndef main():\n    argparse.ArgumentParser().parse_args()\n    print("churn")\n',
    "churn_scores/score.py": "def score(days: int) -> float:\n    return min(1.0, days / 90)\n",
    "churn_scores/api.py": "from fastapi import FastAPI\n\napp = FastAPI(title='churn')\n\n\n@app.get('/')\ndef root():\n    return {'ok': True}\n",
    "tests/__init__.py": "",
    "tests/test_score.py": "from churn_scores.score import score\n\n\ndef test_score():\n    assert score(45) == 0.5\n",
}
