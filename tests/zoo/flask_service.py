"""A Flask service with setup.cfg, compose, GitLab CI and manifests for Kubernetes."""

FILES = {
    "setup.cfg": """\
[metadata]
name = invoices
version = 2.1
description = Reads invoices

[options]
packages = find:
package_dir =
    = src
python_requires = >=3.11
install_requires =
    # the web
    flask>=2
    gunicorn

[options.packages.find]
where = src

[options.extras_require]
test =
    pytest>=7

[tool:pytest]
testpaths = test
""",
    "setup.py": "import setuptools\n\nsetuptools.setup()\n",
    "pyproject.toml": "[build-system]\nrequires = ['setuptools>=61']\nbuild-backend = 'setuptools.build_meta'\n",
    ".gitlab-ci.yml": "test:\n  script:\n    - pytest\n",
    "docker-compose.yml": "services:\n  web:\n    build: .\n    ports: ['5000:5000']\n",
    "Dockerfile": "FROM python:3.12\nCOPY . /app\nRUN pip install /app\n",
    "k8s/deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: invoices\n",
    "README.md": "# invoices\r\n\r\nReads invoices.\r\n".replace("\r", ""),
    "Makefile": "run:\n\tflask run\n\nclean:\n\trm -rf build\n",
    "src/invoices/__init__.py": "",
    "src/invoices/app.py": "def create_app():\n    from flask import Flask\n\n    app = Flask(__name__)\n\n    @app.get('/')\n    def index():\n        return 'ok'\n\n    return app\n",
    "src/invoices/commands.py": "COMMANDS = ['import']\n",
    "src/invoices/total.py": "def total(lines):\n    return sum(lines)\n",
    "test/conftest.py": "import pathlib\nimport sys\n\nsys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'src'))\n",
    "test/test_total.py": "from invoices.total import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n",
}
