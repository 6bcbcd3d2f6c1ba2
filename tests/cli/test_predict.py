"""predict: one file after the other, folders, bad files, contradictions, and pictures that are the right patient's."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from fhir.resources.R4B.diagnosticreport import DiagnosticReport

from jaccardio.prediction.decisions import FindingScore
from jaccardio.prediction.predictor import Predictor
from jaccardio.recording.preprocessing import Prepared
from tests.conftest import Command, write_wfdb


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """Folder of three patients' ECGs: ``a/0001``, ``b/0001`` and ``c/0001-2``; random numbers, no ECGs."""
    for seed, name in enumerate(("a/0001", "b/0001", "c/0001-2")):
        (tmp_path / "others" / name).parent.mkdir(parents=True)
        write_wfdb(tmp_path / "others" / name, np.random.default_rng(seed).integers(-900, 900, (12, 1000)))
    return tmp_path / "others"


def test_predict(jaccardio: Command, trained: Path, ecgs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    for suffix in (".hea", ".dat"):
        shutil.copy(ecgs[0].with_suffix(suffix), tmp_path / "copy")
    files = [ecgs[0], ecgs[1], tmp_path / "copy" / ecgs[0].name]
    done = jaccardio("predict", trained, *files, "--plot", tmp_path / "plots", "--json")
    assert done.status == 0
    document = done.json()
    assert list(document) == [str(file) for file in files]
    for entry in document.values():
        assert list(entry) == ["flags", "leads", "contradiction", "findings"]
        assert len(entry["findings"]) == 26
        for score in entry["findings"]:
            assert set(score) == {"finding", "score", "probability", "threshold", "present", "withheld"}
            assert 0 <= score["score"] <= 1
            assert 0 < score["probability"] < 1
            assert score["present"] is (score["score"] >= score["threshold"])
    assert document[str(files[0])] == document[str(files[2])]
    assert len(list((tmp_path / "plots").glob("*.png"))) == 3
    fixed = jaccardio("predict", trained / "model", ecgs[0], "--thresholds", "fixed", "--json").json()
    assert {score["threshold"] for score in fixed[str(ecgs[0])]["findings"]} == {0.5}
    assert "present" in jaccardio("predict", trained, ecgs[0], "--thresholds", "per_finding").out


def test_predict_reports_the_bad_file_and_scores_the_good_one(jaccardio: Command, trained: Path, ecgs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "bad.hea").write_text("bad 12 100\n")
    partly = jaccardio("predict", trained, tmp_path / "bad.hea", ecgs[0], "--json")
    assert partly.status == 1
    assert list(partly.json()) == [str(ecgs[0])]
    assert f"rejected {tmp_path / 'bad.hea'}: " in partly.err
    assert jaccardio("predict", trained, tmp_path / "bad.hea").status == 3
    assert jaccardio("predict", trained, ecgs[0], "--thresholds", "nothing").status == 2
    for no_run in (tmp_path, tmp_path / "bad.hea"):
        refused = jaccardio("predict", no_run, ecgs[0])
        assert refused.status == 3
        assert "neither a run nor a model folder" in refused.err


def test_an_ecg_that_cannot_be_scored_with_others_takes_none_of_them_with_it(
    jaccardio: Command, trained: Path, ecgs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    predict, tried = Predictor.predict, list[int]()

    def predicted(self: Predictor, given: list[Prepared], policy: str) -> list[list[FindingScore]]:
        tried.append(len(given))
        if any((ecg.counts == third.counts).all() for ecg in given):
            raise MemoryError
        return predict(self, given, policy)

    third = Predictor.from_pretrained(trained, "cpu").prepare(ecgs[2])
    alone = jaccardio("predict", trained, *ecgs[:2], "--json").json()
    monkeypatch.setattr(Predictor, "predict", predicted)
    partly = jaccardio("predict", trained, *ecgs[:3], "--json")
    assert (partly.status, tried) == (1, [3, 1, 1, 1])
    assert f"rejected {ecgs[2]}: not enough memory" in partly.err
    for file in map(str, ecgs[:2]):
        scores, wanted = ([one["score"] for one in document[file]["findings"]] for document in (partly.json(), alone))
        np.testing.assert_allclose(scores, wanted, rtol=0, atol=1e-6)


def drawn(out: str) -> list[Path]:
    return [Path(line.split("drawn to ")[1]) for line in out.splitlines() if "drawn to " in line]


@pytest.mark.parametrize("order", [("a/0001", "b/0001", "c/0001-2"), ("c/0001-2", "a/0001", "b/0001")])
def test_each_ecg_has_a_picture_of_its_own(jaccardio: Command, trained: Path, others: Path, tmp_path: Path, order: tuple[str, ...]) -> None:
    done = jaccardio("predict", trained, *(others / f"{name}.hea" for name in order), "--plot", tmp_path / "plots")
    pictures = drawn(done.out)
    assert (done.status, [picture.name for picture in pictures]) == (0, [f"{name.replace('/', '-')}.png" for name in order])
    assert len({picture.read_bytes() for picture in pictures}) == 3


def test_a_picture_of_another_ecg_is_never_replaced(jaccardio: Command, trained: Path, others: Path, tmp_path: Path) -> None:
    plots = tmp_path / "plots"
    assert jaccardio("predict", trained, others / "a/0001", "--plot", plots).status == 0
    first = (plots / "0001.png").read_bytes()
    refused = jaccardio("predict", trained, others / "b/0001", "--plot", plots)
    assert (refused.status, (plots / "0001.png").read_bytes()) == (1, first)
    assert "is not a picture of this ECG" in refused.err
    assert jaccardio("predict", trained, others / "a/0001", "--plot", plots, "--thresholds", "fixed").status == 0, "its own is replaced"


def test_a_name_with_dots_is_kept(jaccardio: Command, trained: Path, tmp_path: Path) -> None:
    for seed, name in enumerate(("1.2.3", "1.2.4")):
        write_wfdb(tmp_path / name, np.random.default_rng(seed).integers(-900, 900, (12, 1000)))
    done = jaccardio("predict", trained, tmp_path / "1.2.3", tmp_path / "1.2.4.hea", "--plot", tmp_path / "plots")
    assert [picture.name for picture in drawn(done.out)] == ["1.2.3.png", "1.2.4.png"]
    for name in ("1.2.3", "1.2.4"):
        jaccardio("inspect", tmp_path / name, "--plot", tmp_path / f"{name}.svg")
        assert f"<!-- {name} -->" in (tmp_path / f"{name}.svg").read_text()


def test_folders_and_repetitions(jaccardio: Command, trained: Path, others: Path) -> None:
    done = jaccardio("predict", trained, others / "b/0001.dat", others, others / "a/0001", "--json")
    assert done.status == 0
    assert list(done.json()) == [str(others / name) for name in ("b/0001.dat", "a/0001.hea", "c/0001-2.hea")]
    (others / "empty").mkdir()
    partly = jaccardio("predict", trained, others / "empty", others / "a", "--json")
    assert (partly.status, list(partly.json())) == (1, [str(others / "a/0001.hea")])
    assert "no ECG of a format that jaccardio reads" in partly.err


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (MemoryError(), "not enough memory"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (ValueError("a name"), "internal error: ValueError in test_predict.py, line "),
    ],
)
def test_no_fault_of_one_file_ends_the_others(
    jaccardio: Command, trained: Path, others: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, said: str
) -> None:
    from jaccardio.recording import readers

    read = readers.read_ecg

    def failing(path: Path) -> object:
        if path.parent.name == "b":
            raise fault
        return read(path)

    monkeypatch.setattr(readers, "read_ecg", failing)
    done = jaccardio("predict", trained, others, "--json")
    assert (done.status, len(done.json())) == (1, 2)
    assert f"rejected {others / 'b/0001.hea'}: {said}" in done.err
    assert "a name" not in done.err
    assert jaccardio("predict", trained, others / "b/0001.hea").status == 3


def test_what_contradicts_itself_is_marked(
    jaccardio: Command, trained: Path, ecgs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = Predictor.from_pretrained(trained).vocabulary.codes
    present = {"normal": 0.9, "vpc": 0.8}
    monkeypatch.setattr(
        Predictor, "scores", lambda self, batches: np.array([[present.get(code, 0.0) for code in codes]] * len(list(batches)))
    )
    titles: list[list[str]] = []
    monkeypatch.setattr("jaccardio.recording.paper_plot.plot_ecg", lambda *_, findings, **__: titles.append(findings))
    done = jaccardio("predict", trained, ecgs[0], "--thresholds", "fixed", "--plot", tmp_path / "plots")
    mark = "contradictory: normal range beside ventricular premature contraction"
    assert f"  {mark}\n" in done.out
    assert titles == [[mark, "normal range 0.90 (threshold 0.50)", "ventricular premature contraction 0.80 (threshold 0.50)"]]
    present["normal"] = 0.4
    assert "contradictory" not in jaccardio("predict", trained, ecgs[0], "--thresholds", "fixed").out


def test_leads_that_are_missing_are_said(jaccardio: Command, trained: Path, tmp_path: Path) -> None:
    counts = np.random.default_rng(0).integers(-900, 900, (12, 1000))
    counts[6:] = 0
    write_wfdb(tmp_path / "limb", counts)
    shown = jaccardio("predict", trained, tmp_path / "limb").out
    assert "leads used: I, II, III, aVR, aVL, aVF\n" in shown
    assert "  anterior wall myocardial infarction: unknown: needs " in shown
    assert "flat:V1" in shown.splitlines()[0]


def test_what_is_wrong_with_the_command_line_is_no_fault_of_the_files(jaccardio: Command, trained: Path, ecgs: list[Path]) -> None:
    done = jaccardio("predict", trained, *ecgs[:2], "--prompt", "night\x1bmare")
    assert (done.status, done.out) == (2, "")
    assert "error: a sentence holds characters that are no text" in done.err
    assert "rejected" not in done.err
    onto_a_file = jaccardio("predict", trained, ecgs[0], "--plot", ecgs[0])
    assert (onto_a_file.status, "rejected" in onto_a_file.err) == (2, False)


def test_findings_are_asked_in_words_and_by_definition(jaccardio: Command, trained: Path, ecgs: list[Path], tmp_path: Path) -> None:
    definitions = tmp_path / "definitions.toml"
    definitions.write_text('[block]\nsource = "ours"\nshows = ["qrs_wide", "No P waves."]\n')
    asked = ("--prompt", "atrial fibrillation", "--prompt", "心房細動", "--define", definitions)
    document = jaccardio("predict", trained, ecgs[0], *asked, "--json").json()[str(ecgs[0])]
    answers = document["answers"]
    assert [answer["asked"] for answer in answers] == ["atrial fibrillation", "心房細動", "block"]
    assert {answer["by"] for answer in answers} == {"definition"}
    assert all(0 <= answer["score"] <= 1 and answer["reasons"] for answer in answers)
    printed = jaccardio("predict", trained, ecgs[0], *asked).out
    assert "The QRS complex is wide." in printed
    assert "P波がない。" in printed
    definitions.write_text('[block]\nshows = ["qrs_wiide"]\n')
    refused = jaccardio("predict", trained, ecgs[0], "--define", definitions)
    assert refused.status == 3
    assert "[block]" in refused.err
    assert jaccardio("predict", trained, ecgs[0], "--define", tmp_path / "none.toml").status == 2


def test_fhir_is_a_valid_report_of_each_ecg(jaccardio: Command, trained: Path, ecgs: list[Path]) -> None:
    plain = jaccardio("predict", trained, *ecgs[:2], "--json").json()
    reports = jaccardio("predict", trained, *ecgs[:2], "--format", "fhir").json()
    assert list(reports) == list(plain)
    for report, entry in zip(reports.values(), plain.values(), strict=True):
        rows = entry["findings"]
        valid = DiagnosticReport.model_validate(report)
        assert (valid.status, len(valid.contained)) == ("preliminary", len(rows))
        assert [one["valueBoolean"] for one in report["contained"]] == [row["present"] for row in rows]
    assert len({report["id"] for report in reports.values()}) == 2
