"""No file of the repository holds something that looks like a secret."""

import re
import subprocess
from pathlib import Path

import pytest
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

ROOT = Path(__file__).parents[2]
RANDOM_BY_NATURE = re.compile(r"uv\.lock|evidence/.*\.json")


def repository_files() -> list[Path]:
    """Files that are in the repository, or would be with `git add .`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git repository, so that nothing tells its files from others")
    names = (name for name in done.stdout.split("\0") if name)
    return [ROOT / name for name in names if not RANDOM_BY_NATURE.fullmatch(name)]


def findings(files: list[Path]) -> list[str]:
    found = SecretsCollection()
    with default_settings():
        for file in files:
            if file.is_file():
                found.scan_file(str(file))
    return [f"{name}:{secret.line_number} {secret.type}" for name, secret in found]


def test_the_repository_holds_no_secret() -> None:
    assert not findings(repository_files())


@pytest.mark.parametrize(
    "secret",
    [
        f"aws_access_key_id = '{'AKIA' + 'IOSFODNN7EXAMPLQ'}'",
        f"-----BEGIN RSA {'PRIVATE'} KEY-----",
        f"url = 'postgres://app:{'tr0ub4dor'}@db.internal/app'",
    ],
    ids=["cloud key", "private key", "password in a URL"],
)
def test_the_scan_finds_a_secret(secret: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.py"
    file.write_text(secret + "\n")
    assert findings([file])
