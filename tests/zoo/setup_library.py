"""A library with setup.py, Python-2-style layout at the top, and requirements for developers."""

FILES = {
    "setup.py": """\
from setuptools import setup, find_packages

setup(
    name="seriestools",
    version="0.3",
    description='Tools for time series',
    packages=find_packages(exclude=["tests"]),
    python_requires=">=3.11",
    install_requires=[
        "numpy>=1.20",
    ],
)
""",
    "README.rst": "seriestools\n===========\n\nTools.\n",
    "MANIFEST.in": "include README.rst\n",
    "tox.ini": "[tox]\nenvlist = py311\n\n[pytest]\ntestpaths = tests\n",
    "seriestools/__init__.py": "from .windows import windows\n",
    "seriestools/windows.py": "def windows(values, size):\n    return [values[i : i + size] for i in range(len(values) - size + 1)]\n",
    "tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef values():\n    return [1, 2, 3]\n",
    "tests/test_windows.py": "from seriestools import windows\n\n\ndef test_windows(values):\n    assert windows(values, 2) == [[1, 2], [2, 3]]\n",
}
