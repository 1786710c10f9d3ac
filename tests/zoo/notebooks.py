"""Notebooks only: no package, no metadata."""

FILES = {
    "README.md": "# Kaggle: house prices\n\nOpen the notebooks in order.\n",
    "01_explore.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n',
    "02_model.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}\n',
    "data/.gitkeep": "",
}
