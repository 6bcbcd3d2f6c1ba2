"""Translations say what the templates say: every sentence, no other, with the same numbers in it."""

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from jaccardio.disclaimer import DISCLAIMER
from jaccardio.errors import MissingError, UsageError
from jaccardio.evaluation.evaluate import evaluate
from jaccardio.evaluation.metrics import DECISION_METRICS, LEVEL_TITLES
from jaccardio.evaluation.thresholds import POLICIES
from jaccardio.recording import lettering
from jaccardio.report import language
from jaccardio.report.evaluation_report import write_evaluation
from jaccardio.report.language import check_language, languages, translate
from jaccardio.report.model_card import CardFacts, write_model_card
from jaccardio.report.pages import _environment
from jaccardio.report.titles import METHOD_TITLES, POLICY_TITLES
from tests.evaluation.cases import Case

FILLED = re.compile(r"%\(\w+\)s|%%")


def table_of(name: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((resources.files("jaccardio.report") / "translations" / f"{name}.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", [name for name in languages() if name != "en"])
def test_a_table_has_every_sentence_of_the_templates_and_no_other(name: str) -> None:
    environment, sentences = _environment("en"), table_of(name)["sentences"]
    said = {
        text
        for template in environment.list_templates()
        for _, _, text in environment.extract_translations(environment.loader.get_source(environment, template)[0])
        if text is not None  # a word that the program fills in
    }
    assert said == set(sentences)
    for english, other in sentences.items():
        assert sorted(FILLED.findall(english)) == sorted(FILLED.findall(other)), english


@pytest.mark.parametrize("name", [name for name in languages() if name != "en"])
def test_words_that_the_program_fills_in_are_there(name: str) -> None:
    table = table_of(name)
    assert not set(table["words"]) & set(table["sentences"])
    wanted = {DISCLAIMER, *(POLICY_TITLES[policy] for policy in POLICIES), *LEVEL_TITLES.values(), *METHOD_TITLES.values()}
    wanted |= {metric.title for metric in DECISION_METRICS.values()}
    assert wanted <= table["words"].keys() | table["sentences"].keys()


def test_what_has_no_translation_stays_english() -> None:
    assert translate("Finding", "ja") == "所見"
    assert translate("Finding", "en") == translate("Finding", "ja").replace("所見", "Finding")
    assert translate("3 lemons, fewer than 10", "ja") == "3 lemons, fewer than 10"


def test_numbers_are_filled_in_where_they_stand() -> None:
    assert translate("3 positives, fewer than 10", "ja") == "陽性 3 件（10 件未満）"
    assert translate("1,203 ECGs are shorter than 2.5 s, 0 longer; all that was recorded is scored", "ja").startswith(
        "1,203 件は 2.5 秒より短く、0 件は"
    )


def test_a_language_without_table_or_font_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no reports in language 'xx'; available: en, ja"):
        check_language("xx")
    monkeypatch.setattr(language, "drawable", lambda text: text.encode("ascii", "backslashreplace").decode())
    check_language("en")
    with pytest.raises(MissingError, match=r"pip install 'jaccardio\[ja\]'"):
        check_language("ja")


def test_the_font_of_the_package_is_taken_where_none_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib_fontja")
    monkeypatch.setattr(lettering, "CJK_FAMILIES", ("IPAexGothic",))
    monkeypatch.setattr(lettering.font_manager.fontManager, "ttflist", [])
    assert lettering.font_families.__wrapped__() == ("DejaVu Sans", "IPAexGothic")


def test_a_japanese_report_and_card(case: Case, tmp_path: Path) -> None:
    names, part, scored = dict.fromkeys(case.codes, "心房細動"), case.part, case.scored()
    evaluation = evaluate(part, scored, replicates=5)
    for folder, spoken in ((tmp_path / "en", "en"), (tmp_path / "ja", "ja")):
        write_evaluation(folder, evaluation, part, scored, title="A model", facts={"Model": "simulated"}, names=names, language=spoken)
        card = CardFacts("A model", {"preset": "p"}, {"part": "simulated"}, {}, {}, names, {}, seen=True)
        write_model_card(folder, evaluation, card, spoken)
    page, card_text = (tmp_path / "ja" / "report.html").read_text("utf-8"), (tmp_path / "ja" / "model_card.md").read_text("utf-8")
    assert '<html lang="ja">' in page
    for shown in ("<h2>所見ごとのAUROC</h2>", "<th>有病割合</th>", "<dt>モデル</dt>", "医療機器ではありません", "模擬心電図", "95%区間"):
        assert shown in page
    for shown in ("## 所見ごとの結果\n\n", "| プリセット | p |", "楽観的", "研究用ソフトウェアであり"):
        assert shown in card_text
    assert "%(" not in page + card_text
    for plot in ("roc.png", "precision_recall.png", "auroc.png"):
        assert (tmp_path / "ja" / plot).read_bytes() != (tmp_path / "en" / plot).read_bytes()
    assert (tmp_path / "ja" / "metrics.json").read_bytes() == (tmp_path / "en" / "metrics.json").read_bytes()
