"""The page as the service gives it: files, headers, caching, who may see what."""

import re
import subprocess
import sys
import tomllib
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from plugins.http_api import KEY, MakeClient
from pydantic import ValidationError

import docs_qa
from docs_qa.chat import assets, config

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.name for path in assets.STATIC.iterdir())


class Page(HTMLParser):
    """What the browser would load, and what the policy would block."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: set[str] = set()
        self.inline: list[str] = []
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._open = tag
        name = given.get("src") or (given.get("href") if tag == "link" else None)
        if name:
            self.loaded.add(name)
        self.inline += [key for key in given if key.startswith("on") or key == "style"]

    def handle_data(self, data: str) -> None:
        if self._open in {"script", "style"} and data.strip():
            self.inline.append(data)


@pytest.fixture(scope="module")
def page() -> Page:
    parser = Page()
    parser.feed((assets.STATIC / assets.INDEX).read_text(encoding="utf-8"))
    return parser


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(page: Page) -> None:
    assert page.inline == []
    assert page.loaded <= set(NAMES)
    for name in NAMES:
        text = (assets.STATIC / name).read_text(encoding="utf-8")
        elsewhere = re.findall(r"https?://(?!www\.w3\.org/)[\w.]+", text)
        assert not elsewhere, name


def test_no_module_can_turn_text_into_markup() -> None:
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser"
    for path in assets.STATIC.glob("*.js"):
        assert not re.search(ways, path.read_text(encoding="utf-8")), path.name


def test_every_file_is_used_and_every_import_exists(page: Page) -> None:
    used = {assets.INDEX, *page.loaded}
    for path in assets.STATIC.glob("*.js"):
        used |= set(re.findall(r'from "\./([\w.]+)"', path.read_text(encoding="utf-8")))
    assert used == set(NAMES)


def test_every_answer_has_the_headers_of_a_safe_page(make_client: MakeClient) -> None:
    client = make_client()
    for name in ("", *NAMES, "config.json"):
        answer = client.get(f"/ui/{name}")
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-cache"


def test_a_browser_gets_a_file_once(make_client: MakeClient) -> None:
    client = make_client()
    for name, kind in [
        ("", "text/html; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("styles.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ]:
        first = client.get(f"/ui/{name}")
        assert first.headers["content-type"] == kind
        tag = first.headers["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = client.get(f"/ui/{name}", headers={"if-none-match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        assert client.get(f"/ui/{name}", headers={"if-none-match": '"other"'}).status_code == 200


def test_the_root_leads_to_the_page(make_client: MakeClient) -> None:
    client = make_client()
    answer = client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "ui/")
    assert client.get("/").text == (assets.STATIC / assets.INDEX).read_text(encoding="utf-8")


def test_the_page_needs_no_key_and_opens_nothing_else(make_client: MakeClient) -> None:
    client = make_client(api_keys=KEY)
    for path in ("/", "/ui/", "/ui/app.js", "/ui/config.json"):
        assert client.get(path).status_code == 200
    assert client.get("/ui/config.json").json()["key_needed"] is True
    for path in ("/v1", "/v1/documents", "/ui", "/uix", "/anything"):
        assert client.get(path, follow_redirects=False).status_code == 401


def test_other_files_are_not_there(make_client: MakeClient) -> None:
    client = make_client()
    for name in ("nothing.js", "..%2Fassets.py", "%2e%2e/plugins", "app.js/"):
        answer = client.get(f"/ui/{name}", follow_redirects=False)
        assert answer.status_code in {404, 307}
        assert b"import " not in answer.content


def test_the_page_is_told_the_limit_of_uploads(make_client: MakeClient) -> None:
    told = make_client().get("/ui/config.json").json()
    assert told["key_needed"] is False
    limit = told["upload_bytes"]
    # Where nothing takes uploads there is none.
    assert limit is None or limit > 1_000_000


def test_the_words_of_the_project_are_configuration(tmp_path: Path) -> None:
    path = tmp_path / "chat.toml"
    assert config.load(path) == config.PageConfig()
    path.write_text('title = "Fees"\nexamples = ["How much?", "Who pays?"]\n')
    assert config.load(path).examples == ("How much?", "Who pays?")
    path.write_text('titel = "Fees"\n')
    with pytest.raises(ValidationError, match="titel"):
        config.load(path)


def test_the_shipped_configuration_is_valid() -> None:
    assert config.load(ROOT / config.CONFIG).title


def test_a_type_without_a_media_type_is_no_asset(tmp_path: Path) -> None:
    (tmp_path / "page.exe").write_bytes(b"")
    with pytest.raises(KeyError):
        assets.load(tmp_path)


def test_the_wheel_holds_the_page(tmp_path: Path) -> None:
    pyproject = ROOT / "pyproject.toml"
    data = tomllib.loads(pyproject.read_text()) if pyproject.exists() else {}
    if data.get("build-system", {}).get("build-backend") != "hatchling.build":
        pytest.skip("another tool builds this package")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    package = Path(docs_qa.__file__).parent
    folder = assets.STATIC.relative_to(package.parent).as_posix()
    with zipfile.ZipFile(wheel) as contents:
        for name in NAMES:
            packed = contents.read(f"{folder}/{name}")
            assert packed == (assets.STATIC / name).read_bytes()
