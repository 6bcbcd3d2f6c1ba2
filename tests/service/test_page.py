"""The page in a real browser: upload, result, prompt, languages and errors, as a person goes through them."""

import ast
import html
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scripts.page_pictures import browse, served

import jaccardio.recording
from jaccardio import Predictor, read_ecg
from jaccardio.evaluation.estimate import Estimate
from jaccardio.findings.contradictions import contradiction
from jaccardio.recording.checks.table import CHECKS
from jaccardio.recording.leads import LEADS
from jaccardio.recording.readers.array_part import RELATIVE
from jaccardio.recording.recording import SIMULATED
from jaccardio.service.app import create_app
from jaccardio.service.evaluated import Evaluated
from tests.service.conftest import TOKEN

PAGE = (Path(create_app.__code__.co_filename).parent / "page.html").read_text("utf-8")

VISIT = """
{
const files = FILES, seen = {};
const wait = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));
const until = async (ready) => { for (let turn = 0; turn < 400 && !ready(); turn++) await wait(50); };
const transferred = (chosen) => {
  const transfer = new DataTransfer();
  for (const [name, bytes] of chosen) transfer.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name));
  return transfer;
};
async function choose(page) {
  page.getElementById("files").files = transferred(Object.entries(files)).files;
  page.getElementById("files").dispatchEvent(new Event("change"));
  await until(() => !page.getElementById("tokenForm").hidden || !page.getElementById("result").hidden);
}
async function give(page) {
  page.getElementById("token").value = "TOKEN";
  page.getElementById("tokenForm").requestSubmit();
  await until(() => !page.getElementById("result").hidden);
}
const $text = (id) => document.getElementById(id).textContent;
const press = (key, shiftKey) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true }));
const tap = (clientX, clientY) =>
  document.getElementById("paper").dispatchEvent(new PointerEvent("click", { pointerType: "touch", clientX, clientY }));
function type(words) {
  document.getElementById("prompt").value = words;
  document.getElementById("prompt").dispatchEvent(new Event("input"));
}
(async () => {
  if ($text("language") === "English") document.getElementById("language").click();
  STEPS
  document.body.replaceChildren(JSON.stringify(seen));
  document.title = "visited";
})();
}
"""
"""In a block of its own: the page has names of its own."""

UPLOAD = """
  await choose(document);
  seen.refused = $text("error");
  await give(document);
  seen.head = [...document.querySelectorAll("thead th")].filter((cell) => !cell.hidden).map((cell) => cell.textContent);
  seen.rows = [...document.querySelectorAll("#rows tr")].map((row) => [...row.children].map((cell) => cell.textContent));
  seen.evaluated = $text("evaluated");
  seen.traces = document.querySelectorAll("#sheet polyline").length;
  seen.leads = [...document.querySelectorAll("#sheet text")].map((text) => text.textContent).filter(Boolean);
  seen.quality = $text("quality");
  const focused = () => document.activeElement === document.querySelector("#rows button");
  document.querySelector("#rows button").focus();
  document.querySelector("#rows button").click();
  await until(() => document.querySelector("#sheet .mark"));
  seen.marked = [$text("marked"), document.querySelectorAll("#sheet .mark").length, focused()];
  document.querySelector("#rows button").click();
  await until(() => !document.querySelector("#sheet .mark"));
  seen.unmarked = document.querySelectorAll("#sheet .mark").length;
  document.getElementById("prompt").value = "The QRS complex is wide.";
  document.getElementById("promptForm").requestSubmit();
  await until(() => $text("answers"));
  seen.answers = $text("answers");
  document.getElementById("language").click();
  await until(() => $text("answers").includes("QRS幅"));
  seen.japanese = [document.documentElement.lang, document.querySelector("#rows th").textContent, $text("quality"), $text("answers")];
  prediction.contradiction = CONTRADICTION;
  prediction.flags = DETAILS;
  prediction.findings.forEach((row, place) => Object.assign(row, { score: null, withheld: REASONS[place % REASONS.length] }));
  show();
  seen.fixed = [$text("contradiction"), $text("quality"), $text("withheld")];
  document.getElementById("language").click();
  document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: transferred([["x.txt", btoa("hello")]]) }));
  await until(() => !document.getElementById("error").hidden);
  seen.error = [$text("error").trim(), document.getElementById("result").hidden];
  document.getElementById("language").click();
  seen.japaneseError = $text("error");
  about.body_bytes = 4;
  document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: transferred([["x.txt", btoa("hello")]]) }));
  await until(() => $text("error") !== seen.japaneseError);
  seen.large = $text("error");
"""

MEASURE = """
  document.getElementById("files").focus();
  seen.focused = document.activeElement.id;
  await choose(document);
  const reading = $text("caliper");
  document.getElementById("paper").focus();
  for (let turn = 0; turn < 5; turn++) press("ArrowRight", true);
  press("Enter");
  press("ArrowUp", true);
  press("ArrowUp", true);
  document.getElementById("zoom").click();
  seen.zoom = [$text("zoom"), document.getElementById("paper").clientWidth / document.getElementById("sheet").clientWidth];
  seen.keys = [$text("caliper"), document.activeElement.id];
  press("Escape");
  seen.none = $text("caliper") === reading;
  const { x, y, width } = document.getElementById("paper").getBoundingClientRect();
  tap(x + 10, y + 10);
  tap(x + 10 + 25 * width / 270, y + 10);
  seen.taps = $text("caliper");
"""

TYPE = """
  await choose(document);
  const fetched = window.fetch;
  let asked = 0;
  window.fetch = async (path, sent) => {
    const first = path.startsWith("v1/prompt") && ++asked === 1, answer = await fetched(path, { ...sent, signal: undefined });
    if (first) await wait(3000);
    return answer;
  };
  type("atrial fibrillation");
  await wait(1000);
  type("The QRS");
  await wait(100);
  type("The QRS complex is wide.");
  await until(() => $text("live"));
  seen.live = $text("live");
  await wait(4000);
  seen.later = [$text("live"), $text("answers"), asked];
  type("");
  await until(() => !$text("live"));
  seen.nothing = $text("live");
"""
"""The first of two questions is answered last."""

PHONE = """
  const frame = document.createElement("iframe");
  frame.style = "width: 360px; border: 0";
  frame.srcdoc = await (await fetch("/")).text();
  document.body.append(frame);
  await until(() => frame.contentDocument?.getElementById("files")?.ownerDocument.title === "jaccardio");
  await wait(500);
  await choose(frame.contentDocument);
  const { scrollWidth, clientWidth } = frame.contentDocument.documentElement;
  seen.widths = [frame.contentWindow.innerWidth, scrollWidth - clientWidth, frame.contentDocument.querySelectorAll("#rows tr").length];
"""

DETAILS = [
    "cut: first 1800 s of 3600 s",
    "long: 25.0 s in 2 windows",
    "long: 12.0 s in 1 window",
    "unread: 2 further groups",
    "unread: later frames of another layout",
    "checksum: wrong outside the waveform",
    "reversal_suspect:V1-V6 reversed",
]
"""Flags with words behind the colon."""

browser = pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium")


def visit(predictor: Predictor, record: Path, steps: str, **options: Any) -> dict[str, Any]:
    """What the steps of a visit saw."""
    script = VISIT.replace("STEPS", steps).replace("TOKEN", TOKEN.decode())
    with served(predictor, record, script, **options) as address:
        dumped = browse(address, "--dump-dom")
    assert "<title>visited</title>" in dumped, "the page got through"
    body = re.search(r"<body[^>]*>(.*)</body>", dumped, re.DOTALL)
    assert body is not None
    seen: dict[str, Any] = json.loads(html.unescape(body[1]))
    return seen


@browser
def test_a_visit(predictor: Predictor, ecgs: list[Path]) -> None:
    first, *others = predictor.vocabulary.codes
    evaluated = Evaluated(30, 20, {first: Estimate(0.9123, 0.8, 0.95)} | dict.fromkeys(others[1:], Estimate(float("nan"))))
    findings = {finding.code: finding for finding in predictor.vocabulary.findings}
    complete_only = Predictor(replace(predictor.pretrained, partial_leads=False), "cpu")
    limb = np.arange(len(LEADS)) < 6
    fixed = {
        "CONTRADICTION": contradiction([findings["normal"], findings["af"], findings["vpc"]]),
        "DETAILS": DETAILS,
        "REASONS": sorted({*predictor.withheld(limb), *predictor.withheld(~limb), complete_only.withheld(limb)[0]} - {""}),
    }
    steps = re.sub("|".join(fixed), lambda found: json.dumps(fixed[found[0]]), UPLOAD)
    seen = visit(predictor, ecgs[0], steps, token=TOKEN, evaluated=evaluated)
    assert "no token" in seen["refused"]
    scores = predictor.predict([read_ecg(ecgs[0])])[0]
    shown = {row[0]: (row[1].startswith("●"), row[3], row[4], row[5]) for row in seen["rows"]}
    assert shown == {one.name: (one.present, f"{one.probability:.3f}", f"{one.score:.3f}", f"{one.threshold:.3f}") for one in scores}
    aurocs = {row[0]: row[6] for row in seen["rows"]}
    assert aurocs == {one.name: "0.912 [0.800, 0.950]" if one.finding == first else "– [–, –]" for one in scores}
    assert (seen["head"][-1], "30 ECGs of 20 patients" in seen["evaluated"]) == ("AUROC", True)
    assert (seen["traces"], sorted(seen["leads"])) == (13, sorted([*LEADS, "II"]))
    assert "simulated" in seen["quality"]
    assert seen["rows"][0][0] in seen["marked"][0]
    assert (seen["marked"][1] > 0, seen["marked"][2], seen["unmarked"]) == (True, True, 0)
    assert "by its definition" in seen["answers"]
    language, finding, quality, answers = seen["japanese"]
    assert (language, finding in {one.names["ja"] for one in predictor.vocabulary.findings}) == ("ja", True)
    assert "シミュレーション" in quality
    assert "QRS幅" in answers, "statements in the language of the page"
    assert not re.search("[a-z]{3}", "".join(seen["fixed"])), "what the service says by itself has no English left"
    assert all(seen["fixed"])
    assert seen["error"][0].startswith("file: not a supported format")
    assert seen["japaneseError"] == f"心電図として読み取れません。 {seen['error'][0]}", (
        "a heading in the language of the page, with the reader's words"
    )
    assert seen["large"].startswith("ファイルが大きすぎます。"), "said before it is sent"
    assert seen["error"][1], "an earlier result never stands beside another file's error"


@browser
def test_measured_and_asked_by_hand(predictor: Predictor, ecgs: list[Path]) -> None:
    seen = visit(predictor, ecgs[0], MEASURE)
    assert (seen["focused"], seen["none"]) == ("files", True), "the way to a file without a mouse"
    assert seen["zoom"] == ["Zoom 1.5×", pytest.approx(1.5, abs=0.01)]
    assert seen["keys"] == ["1000 ms (60/min), 1.00 mV", "paper"], "redrawn, with its calipers and the focus"
    time, voltage = re.fullmatch(r"(\d+) ms \(\d+/min\), (\S+) mV", seen["taps"]).groups()  # type: ignore[union-attr]
    assert (int(time), voltage) == (pytest.approx(1000, abs=20), "0.00"), "to a pixel; the paper stays where it is"


@browser
def test_a_prompt_is_scored_while_it_is_typed(predictor: Predictor, ecgs: list[Path]) -> None:
    seen = visit(predictor, ecgs[0], TYPE)
    assert seen["live"].startswith("The QRS complex is wide.")
    assert seen["later"] == [seen["live"], "", 2], "an older answer replaces no newer one; every letter is not asked for"
    assert seen["nothing"] == ""


@browser
def test_a_phone(predictor: Predictor, ecgs: list[Path]) -> None:
    evaluated = Evaluated(30, 20, dict.fromkeys(predictor.vocabulary.codes, Estimate(0.9, 0.8, 0.95)))
    assert visit(predictor, ecgs[0], PHONE, evaluated=evaluated)["widths"] == [360, 0, len(predictor.vocabulary)]


@browser
def test_print(predictor: Predictor, ecgs: list[Path], tmp_path: Path) -> None:
    with served(predictor, ecgs[0], VISIT.replace("STEPS", "await choose(document);").replace("document.body.replace", "void ")) as address:
        browse(address, "--no-pdf-header-footer", f"--print-to-pdf={tmp_path / 'page.pdf'}")
    boxes = re.findall(rb"/MediaBox \[([^\]]+)\]", (tmp_path / "page.pdf").read_bytes())
    assert {tuple(round(float(edge)) for edge in box.split()) for box in boxes} == {(0, 0, 842, 595)}, "A4, landscape"


def test_the_page_loads_nothing_from_elsewhere() -> None:
    assert set(re.findall(r"https?://[^\s\"'`]+", PAGE)) == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert not re.search(r"<(?:link|img|iframe)|src=|@import|url\(|innerHTML", PAGE)


def words() -> list[str]:
    """What the page says in English and in Japanese, as it stands there."""
    return [re.search(rf"\n  {language}: {{\n(.*?)\n  }},", PAGE, re.DOTALL)[1] for language in ("en", "ja")]  # type: ignore[index]


def test_both_languages_say_everything() -> None:
    english, japanese = (re.findall(r"(?:^ +|[,{] |\n +)\"?([\w-]+)\"?: ", said) for said in words())
    assert english == japanese
    assert set(re.findall(r'data-say="(\w+)"', PAGE)) <= set(english)


NO_FLAGS = {"flagged", "jaccardio", "leads", "refused", "truncated", "wrong"}
"""How other texts of the recording room begin, with a colon behind."""


def test_every_flag_has_its_words() -> None:
    room = Path(jaccardio.recording.__path__[0])
    texts = [
        node.value for file in room.rglob("*.py") for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Constant)
    ]
    read = {found[1] for text in texts if (found := re.match(r"([a-z]+(?:-[a-z]+)*):", str(text)))} - NO_FLAGS
    checked = {name for name, check in CHECKS.items() if check.unit != "leads"}  # those that count leads count flags of reading
    for said in words():
        assert set(re.findall(r"[{,] \"?([\w-]+)\"?: ", re.search(r"flags: ({.*})", said)[1])) == read | checked | {SIMULATED, RELATIVE}  # type: ignore[index]
