"""In the manner of lightning-hydra templates: configs, `src` as the package, requirements.txt."""

FILES = {
    "requirements.txt": "# --------- hydra --------- #\nhydra-core\n\n# --------- others --------- #\nrich           # beautiful text formatting\npytest         # tests\n",
    "environment.yaml": "name: myenv\ndependencies:\n  - python=3.11\n  - pip\n",
    "setup.py": 'from setuptools import find_packages, setup\n\nsetup(\n    name="src",\n    version="0.0.1",\n    python_requires=\'>=3.11\',\n    packages=find_packages(),\n)\n',
    "pyproject.toml": '[tool.pytest.ini_options]\naddopts = [\n  "--color=yes",\n  "--strict-markers",\n]\nlog_cli = "True"\nmarkers = [\n  "slow: slow tests",\n]\ntestpaths = "tests/"\n\n[tool.coverage.report]\nexclude_lines = [\n    "pragma: nocover",\n]\n',
    ".project-root": "# this file is required for inferring the project root directory\n",
    "README.md": '<div align="center">\n\n# Your Project Name\n\n</div>\n\n## Description\n\nWhat it does\n\n## How to run\n\n```bash\npython src/train.py\n```\n',
    ".pre-commit-config.yaml": "default_language_version:\n  python: python3\n\nrepos:\n  - repo: https://github.com/pre-commit/pre-commit-hooks\n    rev: v4.4.0\n    hooks:\n      # list of supported hooks\n      - id: trailing-whitespace\n",
    "configs/train.yaml": "# @package _global_\ndefaults:\n  - _self_\n",
    "src/__init__.py": "",
    "src/train.py": "from src.utils.text import shout\n\n\ndef main():\n    return shout('done')\n",
    "src/data/__init__.py": "",
    "src/utils/__init__.py": "",
    "src/utils/text.py": "def shout(text):\n    return text.upper()\n",
    "tests/__init__.py": "",
    "tests/conftest.py": "import pytest\n\n\n@pytest.fixture(scope='package')\ndef word():\n    return 'a'\n",
    "tests/test_train.py": "from src.train import main\n\n\ndef test_main(word):\n    assert word and main() == 'DONE'\n",
}
