"""The page as a browser runs it: sorted, filtered, pointed at."""

import json
import re
import shutil
import subprocess

import pytest

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

# Clicks, sorts, filters and points as a reader does, and writes down what is then seen.
_READER = """
<script>
const seen = {};
const column = (table, k) => [...document.querySelectorAll(`#${table} tbody tr`)]
  .map((row) => row.children[k].dataset.sort);
const heads = [...document.querySelectorAll("#accuracy thead th")];
const s = heads.findIndex((head) => head.textContent === "S");
heads[s].querySelector("button").click();
seen.descending = column("accuracy", s);
seen.state = heads[s].getAttribute("aria-sort");
heads[s].querySelector("button").click();
seen.ascending = column("accuracy", s);
heads[0].querySelector("button").click();
seen.names = column("accuracy", 0);
seen.states = heads.map((head) => head.getAttribute("aria-sort"));
const box = document.querySelector('#filter input[value="clip"]');
box.click();
seen.rows = [...document.querySelectorAll("tr[data-method]")]
  .filter((row) => row.getClientRects().length).map((row) => row.dataset.method);
seen.faded = [...document.querySelectorAll(".mark.faded")].map((mark) => mark.dataset.method);
seen.shown = document.getElementById("shown").textContent;
document.getElementById("all").click();
seen.again = document.querySelectorAll("tr[data-method]:not([hidden])").length;
seen.left = document.querySelectorAll(".mark.faded").length;
const mark = document.querySelector(".mark[data-value]");
mark.firstElementChild.dispatchEvent(new PointerEvent("pointermove", { bubbles: true }));
seen.tip = [document.getElementById("tip").textContent, mark.dataset.value];
document.body.dispatchEvent(new PointerEvent("pointermove", { bubbles: true }));
seen.gone = document.getElementById("tip").hidden;
document.body.innerHTML = "";
document.body.textContent = "SEEN" + JSON.stringify(seen) + "SEEN";
</script>
"""


@pytest.mark.slow
def test_a_browser_sorts_filters_and_points(text, results, tmp_path):
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        pytest.skip(f"no browser to try the page in: none of {', '.join(_BROWSERS)} is installed")
    path = tmp_path / "report.html"
    path.write_text(text.replace("</body>", f"{_READER}</body>"))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"]
    done = subprocess.run(
        [browser, *flags, "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    found = re.search("SEEN(.*)SEEN", done.stdout)
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    seen = json.loads(found[1].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))
    values = [float(value) for value in seen["descending"]]
    assert values == sorted(values, reverse=True)
    assert seen["state"] == "descending"
    assert [float(value) for value in seen["ascending"]] == values[::-1]
    assert seen["names"] == sorted(seen["names"], key=str.lower)
    assert seen["states"] == ["ascending"] + ["none"] * (len(seen["states"]) - 1)
    assert set(seen["rows"]) == set(results["method"]) - {"clip"}
    assert set(seen["faded"]) == {"clip"}
    assert seen["shown"] == "3 of 4 shown"
    assert seen["again"] > len(seen["rows"])
    assert seen["left"] == 0
    assert seen["tip"][0] == seen["tip"][1] != ""
    assert seen["gone"] is True
