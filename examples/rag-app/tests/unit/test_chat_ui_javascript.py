"""The modules of the page, in the Node that Playwright brings along."""

import subprocess
from pathlib import Path

import playwright
import pytest

from docs_qa.chat.assets import STATIC

ROOT = Path(__file__).parents[2]
NODE = Path(playwright.__file__).parent / "driver" / "node"
MODULES = sorted(STATIC.glob("*.js"))

pytestmark = pytest.mark.skipif(not NODE.exists(), reason="this Playwright comes without Node")


def node(*arguments: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """What Node says."""
    return subprocess.run(
        [NODE, *arguments], input=text, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_a_module_parses(module: Path) -> None:
    kind = "commonjs" if module.name == "theme.js" else "module"
    done = node("--check", f"--input-type={kind}", text=module.read_text(encoding="utf-8"))
    assert done.returncode == 0, done.stderr


def test_what_needs_no_browser_does_what_it_should() -> None:
    done = node("--test", *sorted(ROOT.glob("tests/javascript/*.test.mjs")))
    assert done.returncode == 0, done.stdout + done.stderr
