"""The page in a real browser: upload, result, prompt, languages and errors, as a person goes through them."""

import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from scripts.page_pictures import browse, served

from jaccardio import Predictor, read_ecg
from jaccardio.recording.leads import LEADS
from jaccardio.service.app import create_app
from tests.service.conftest import TOKEN

PAGE = (Path(create_app.__code__.co_filename).parent / "page.html").read_text("utf-8")

VISIT = """
{
const files = FILES, seen = {};
const until = async (ready) => { for (let turn = 0; turn < 400 && !ready(); turn++) await new Promise((go) => setTimeout(go, 50)); };
async function choose(chosen) {
  const transfer = new DataTransfer();
  for (const [name, bytes] of chosen) transfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
  document.getElementById("files").files = transfer.files;
  document.getElementById("files").dispatchEvent(new Event("change"));
}
const $text = (id) => document.getElementById(id).textContent;
(async () => {
  if ($text("language") === "English") document.getElementById("language").click();
  await choose(Object.entries(files));
  await until(() => !document.getElementById("tokenForm").hidden);
  seen.refused = $text("error");
  document.getElementById("token").value = "TOKEN";
  document.getElementById("tokenForm").requestSubmit();
  await until(() => !document.getElementById("result").hidden);
  seen.rows = [...document.querySelectorAll("#rows tr")].map((row) => [...row.children].map((cell) => cell.textContent));
  seen.traces = document.querySelectorAll("#sheet polyline").length;
  seen.leads = [...document.querySelectorAll("#sheet text")].map((text) => text.textContent);
  seen.quality = $text("quality");
  document.querySelector("#rows button").click();
  await until(() => document.querySelector("#sheet .mark"));
  seen.marked = [$text("marked"), document.querySelectorAll("#sheet .mark").length];
  document.querySelector("#rows button").click();
  await until(() => !document.querySelector("#sheet .mark"));
  seen.unmarked = document.querySelectorAll("#sheet .mark").length;
  document.getElementById("prompt").value = "The QRS complex is wide.";
  document.getElementById("promptForm").requestSubmit();
  await until(() => $text("answers"));
  seen.answers = $text("answers");
  document.getElementById("language").click();
  seen.japanese = [document.documentElement.lang, document.querySelector("#rows th").textContent, $text("quality")];
  document.getElementById("language").click();
  await choose([["x.txt", btoa("hello")]]);
  await until(() => !document.getElementById("error").hidden);
  seen.error = [$text("error"), document.getElementById("result").hidden];
  document.body.replaceChildren(JSON.stringify(seen));
  document.title = "visited";
})();
}
"""
"""In a block of its own: the page has names of its own."""


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium")
def test_a_visit(predictor: Predictor, ecgs: list[Path]) -> None:
    with served(predictor, ecgs[0], VISIT.replace("TOKEN", TOKEN.decode()), token=TOKEN) as address:
        dumped = browse(address, "--dump-dom")
    body = re.search(r"<body[^>]*>(.*)</body>", dumped, re.DOTALL)
    assert body is not None
    assert "<title>visited</title>" in dumped, "the page got through"
    seen: dict[str, Any] = json.loads(html.unescape(body[1]))
    assert "no token" in seen["refused"]
    scores = predictor.predict([read_ecg(ecgs[0])])[0]
    shown = {row[0]: (row[1].startswith("●"), row[3], row[4], row[5]) for row in seen["rows"]}
    assert shown == {one.name: (one.present, f"{one.probability:.3f}", f"{one.score:.3f}", f"{one.threshold:.3f}") for one in scores}
    assert (seen["traces"], sorted(seen["leads"])) == (13, sorted([*LEADS, "II"]))
    assert "simulated" in seen["quality"]
    assert seen["rows"][0][0] in seen["marked"][0]
    assert (seen["marked"][1] > 0, seen["unmarked"]) == (True, 0)
    assert "by its definition" in seen["answers"]
    language, finding, quality = seen["japanese"]
    assert (language, finding in {one.names["ja"] for one in predictor.vocabulary.findings}) == ("ja", True)
    assert "シミュレーション" in quality
    assert seen["error"][0].startswith("file: not a supported format")
    assert seen["error"][1], "an earlier result never stands beside another file's error"


def test_the_page_loads_nothing_from_elsewhere() -> None:
    assert set(re.findall(r"https?://[^\s\"'`]+", PAGE)) == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert not re.search(r"<(?:link|img|iframe)|src=|@import|url\(|innerHTML", PAGE)


def test_both_languages_say_everything() -> None:
    english, japanese = (re.search(rf"\n  {language}: {{\n(.*?)\n  }},", PAGE, re.DOTALL) for language in ("en", "ja"))
    assert english is not None
    assert japanese is not None
    keys = [re.findall(r"(?:^ +|[,{] |\n +)(\w+): ", said[1]) for said in (english, japanese)]
    assert keys[0] == keys[1]
    assert set(re.findall(r'data-say="(\w+)"', PAGE)) <= set(keys[0])
