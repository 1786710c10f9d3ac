"""A research repository in an environment of conda, with a package beside its notebooks."""

FILES = {
    "environment.yml": """\
name: glaciers
channels: [conda-forge]
dependencies:
  # the machine of the institute has this one
  - python=3.12
  - numpy=2.2
  - conda-forge::scipy>=1.13
  - pyyaml
  - pip:
    - -e .
    - pytest>=8    # not from conda
""",
    "setup.py": "from setuptools import find_packages, setup\n\nsetup(name='glaciers', packages=find_packages())\n",
    "README.md": "# Glaciers\n\nHow fast they melt.\n",
    "notebooks/01-look.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n',
    "glaciers/__init__.py": "",
    "glaciers/melt.py": "def melt(degrees):\n    return max(0.0, degrees * 4.5)\n",
    "tests/test_melt.py": "from glaciers.melt import melt\n\n\ndef test_melt():\n    assert melt(2) == 9\n",
}
