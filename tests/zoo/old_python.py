"""A project that still supports an old Python: components are refused with the next step."""

FILES = {
    "pyproject.toml": '[project]\nname = "legacy"\nversion = "9"\nrequires-python = ">=3.8"\ndependencies = []\n',
    "legacy/__init__.py": "def f():\n    return 1\n",
    "tests/test_f.py": "from legacy import f\n\n\ndef test_f():\n    assert f() == 1\n",
}
