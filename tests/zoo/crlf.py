"""Windows line ends everywhere, a byte order mark, and uv."""

FILES = {
    path: text.replace("\n", "\r\n")
    for path, text in {
        "pyproject.toml": """\
[project]
name = "Meter.Readings"   # kept as it is
version = "0.1.0"
description = 'Reads "smart" meters'
readme = "README.md"
requires-python = ">=3.11,<3.14"
dependencies = [
    "numpy>=2.1",   # arrays
    'click>=8.1',
]

[dependency-groups]
dev = [
    "pytest>=8",
]

[build-system]
requires = ["uv_build>=0.8,<1"]
build-backend = "uv_build"

[tool.uv]
package = true
""",
        "README.md": "\ufeff# Meter readings\n\nReads meters.\n\n## Install\n\n    uv sync\n",
        ".gitignore": ".venv\n*.csv\n",
        "src/meter_readings/__init__.py": '"""Meters."""\n',
        "src/meter_readings/logs.py": "LEVEL = 'INFO'\n",
        "src/meter_readings/parse.py": "def parse(line):\n    return float(line.split(';')[1])\n",
        "tests/test_parse.py": "import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'src'))\nfrom meter_readings.parse import parse\n\n\ndef test_parse():\n    assert parse('a;1.5') == 1.5\n",
    }.items()
}
