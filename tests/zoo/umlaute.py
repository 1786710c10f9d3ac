"""A README and comments in another language, hatch, a folder name with a blank, a name of ours in its text."""

FILES = {
    "pyproject.toml": """\
# Prüft Rechnungen – nicht verändern ohne Rücksprache
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "rechnungspruefung"
dynamic = ["version"]
description = "Prüft Rechnungen auf Plausibilität"
requires-python = ">=3.11"
dependencies = ["numpy >= 2"]

[project.optional-dependencies]
dev = ["pytest>=8", "ruff"]

[project.scripts]
rechnungspruefung = "rechnungspruefung.start:main"

[tool.hatch.version]
path = "rechnungspruefung/__init__.py"

[tool.my_project]
note = "my-project {@ is @} text of ours"
""",
    "README.md": "# Rechnungsprüfung\n\nPrüft Rechnungen. Früher my-project, `my_project`, My Project.\n\n## Schnellstart\n\n    pip install .\n\n## Lizenz\n\nMIT – siehe LIZENZ.\n",
    ".gitignore": "Entwürfe/\n",
    "Entwürfe alt/notiz.txt": "älter\n",
    "docs/guide.md": "# Anleitung\n\nKurz.\n",
    "rechnungspruefung/__init__.py": '__version__ = "0.2"\n',
    "rechnungspruefung/start.py": "def main():\n    print('los')\n",
    "rechnungspruefung/pruefen.py": "def gültig(betrag):\n    return betrag > 0\n",
    "tests/test_pruefen.py": "from rechnungspruefung.pruefen import gültig\n\n\ndef test_gültig():\n    assert gültig(1)\n",
}
