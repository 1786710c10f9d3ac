"""Two packages, each a project of its own, with CI above them."""

FILES = {
    "README.md": "# Platform\n",
    ".github/workflows/ci.yml": "name: ci\non: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n",
    "packages/core/pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "platform-core"
version = "1.0"
requires-python = ">=3.11"
dependencies = []

[tool.hatch.build.targets.wheel]
packages = ["src/platform_core"]
""",
    "packages/core/src/platform_core/__init__.py": "def add(a, b):\n    return a + b\n",
    "packages/core/tests/test_core.py": "from platform_core import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n",
    "packages/web/pyproject.toml": """\
[build-system]
requires = ["flit_core >=3.2,<4"]
build-backend = "flit_core.buildapi"

[project]
name = "platform-web"
version = "1.0"
description = "The web part"
requires-python = ">=3.11"
dependencies = ["platform-core"]
[project.optional-dependencies]
test = ["pytest >=7"]  # flit has no groups
""",
    "packages/web/platform_web/__init__.py": '"""The web part."""\n__version__ = "1.0"\n',
    "packages/web/tests/test_web.py": "import platform_web\n\n\ndef test_version():\n    assert platform_web.__version__ == '1.0'\n",
}
WHERE = "packages/web"
