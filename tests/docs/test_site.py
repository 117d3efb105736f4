"""The documentation site: built once with every warning an error, and opened in a browser."""

import fcntl
import functools
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from mkdocs.exceptions import PluginError
from project_files import MODULES, ROOT

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

_found = importlib.util.spec_from_file_location("hooks", ROOT / "docs" / "site" / "hooks.py")
assert _found
assert _found.loader
hooks = importlib.util.module_from_spec(_found)
_found.loader.exec_module(hooks)


def rewritten(markdown, here):
    """A page's text as the site shows it; the site has docs/'s pages and no other file."""
    files = SimpleNamespace(get_file_from_path=lambda path: path.endswith((".md", ".png")))
    return hooks.on_page_markdown(
        markdown, SimpleNamespace(file=SimpleNamespace(src_uri=here)), None, files
    )


@pytest.mark.parametrize(
    ("here", "link", "expected"),
    [
        ("index.md", "[a](docs/sweeps.md#dask)", "[a](sweeps.md#dask)"),
        ("index.md", "![a](docs/images/pairs.png)", "![a](images/pairs.png)"),
        ("index.md", "[docs/sweeps.md](docs/sweeps.md)", "[Sweeps](sweeps.md)"),
        ("sweeps.md", "[a](../README.md#start)", "[a](index.md#start)"),
        (
            "sweeps.md",
            "[a](../comm/loss.py)",
            "[a](api/interaction_probes.comm.md#interaction_probes.comm.loss)",
        ),
        ("index.md", "[a](comm)", "[a](api/interaction_probes.comm.md)"),
        ("index.md", "[table](results/quick/study.csv)", "table"),
        ("index.md", "[a](https://example.org/x)", "[a](https://example.org/x)"),
        ("index.md", "```sh\n[a](nowhere.md)\n```", "```sh\n[a](nowhere.md)\n```"),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(here, link, expected):
    assert rewritten(link, here) == expected


def test_a_link_that_leads_nowhere_ends_the_build():
    with pytest.raises(PluginError, match=re.escape("docs/sweeps.md: the link to nowhere.md")):
        rewritten("[a](nowhere.md)", "sweeps.md")


def test_every_module_is_in_the_reference():
    found = {
        name if stem == "__init__" else f"{name}.{stem}"
        for name, folder in hooks.packages().items()
        for stem in ["__init__", *hooks.modules(folder)]
    }
    assert found == {name for name in MODULES if not name.endswith(("__main__", "check-data"))}


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The built site, which processes of one suite share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "site"
    words = ["-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    with (folder.parent / "site.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not folder.exists():
            # As from a clean clone.
            shutil.rmtree(hooks.PACKAGES, ignore_errors=True)
            # Whoever asks the network is refused.
            nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
            done = subprocess.run(
                [sys.executable, *words],
                capture_output=True,
                text=True,
                check=False,
                cwd=ROOT,
                env=os.environ | nowhere | {"NO_MKDOCS_2_WARNING": "1"},
                timeout=300,
            )
            if done.returncode:
                shutil.rmtree(folder, ignore_errors=True)
                pytest.fail(done.stdout + done.stderr)
    return folder


@pytest.mark.slow
def test_the_site_has_every_page_and_asks_for_nothing_else(site):
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} | {*hooks.OUTSIDE.values()}
    pages |= {hooks.page_of(name) for name in hooks.packages()}
    built = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert {page.replace(".md", ".html") for page in pages} <= built
    assert not list(site.rglob("*.py")) or {p.name for p in site.rglob("*.py")} == {"quickstart.py"}
    for path in site.rglob("*.html"):
        fetched = re.findall(
            r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"?([^\"\s>]+)", path.read_text()
        )
        assert [one for one in fetched if one.startswith(("http", "//"))] == [], path
    index = json.loads((site / "search" / "search_index.json").read_text())
    assert {"sweeps.html", "api/interaction_probes.comm.html"} <= {
        entry["location"].partition("#")[0] for entry in index["docs"]
    }


#: Runs first in each page: keeps what goes wrong, and sends what it saw to the server.
_READER = """<script>
const wrong = [];
addEventListener("error", event => wrong.push(event.message || "no " + event.target.src), true);
addEventListener("unhandledrejection", event => wrong.push(String(event.reason)));
console.error = (...words) => wrong.push(words.join(" "));
addEventListener("load", async () => {
  const results = () => document.querySelectorAll(".md-search-result__item").length;
  const input = document.querySelector(".md-search__input");
  input.focus();
  input.value = "redundancy";
  for (let k = 0; k < 300 && !results(); k++) {
    input.dispatchEvent(new Event("input"));
    input.dispatchEvent(new Event("keyup"));
    await new Promise(done => setTimeout(done, 100));
  }
  await fetch("/seen", {method: "POST", body: JSON.stringify({
    wrong, results: results(),
    title: document.querySelector(".md-content h1").innerText,
    links: [...document.querySelectorAll(".md-nav--primary a")].map(a => a.pathname),
    pictures: [...document.querySelectorAll("article img")].map(image => image.naturalWidth),
    signatures: [...document.querySelectorAll(".doc-signature")].map(one => one.innerText),
    asked: performance.getEntriesByType("resource").map(entry => new URL(entry.name).origin),
    here: location.origin,
  })});
});
</script>"""


class _Server(SimpleHTTPRequestHandler):
    """Serves the site with the reader in each page, and takes what it saw."""

    def do_GET(self):
        path = self.translate_path(self.path)
        if not path.endswith(".html"):
            return super().do_GET()
        text = Path(path).read_text().replace("<head>", f"<head>{_READER}").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        words = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(json.loads(words))
        self.send_response(204)
        self.end_headers()
        self.server.arrived.set()

    def log_message(self, *words):
        pass


@pytest.mark.slow
def test_a_browser_shows_the_first_page_and_an_api_page(site, tmp_path):
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        pytest.skip(f"no browser to try the site in: none of {', '.join(_BROWSERS)} is installed")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Server, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    flags = ["--headless", "--no-sandbox", "--disable-gpu"]
    # No other machine has a name that is found.
    flags += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]

    def opened(page):
        server.seen, server.arrived = [], threading.Event()
        address = f"http://127.0.0.1:{server.server_port}/{page}"
        profile = f"--user-data-dir={tmp_path / page.replace('/', '-')}"
        process = subprocess.Popen(
            [browser, *flags, profile, address],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert server.arrived.wait(200), f"{page} sent nothing"
        finally:
            process.terminate()
            process.wait()
        [seen] = server.seen
        assert seen["wrong"] == []
        assert set(seen["asked"]) == {seen["here"]}
        assert seen["results"] > 0
        return seen

    try:
        first = opened("index.html")
        api = opened("api/interaction_probes.comm.html")
    finally:
        server.shutdown()
    assert first["title"].startswith("interaction-probes")
    assert first["pictures"]
    assert min(first["pictures"]) > 0
    pages = {f"/{path.relative_to(site).as_posix()}" for path in site.rglob("*.html")}
    assert pages - {"/404.html"} <= set(first["links"])
    assert any("masked_term(" in signature for signature in api["signatures"])
