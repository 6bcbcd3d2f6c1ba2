"""Every recipe at scale smoke: what it writes, that a rerun repeats nothing, and that an interrupted one goes on."""

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from jaccardio.checksums import seal
from jaccardio.cohort.split import Split, load_split, save_split, split_by_fractions
from jaccardio.cohort.store import Store
from jaccardio.errors import DataError, JaccardioError, UsageError
from jaccardio.evaluation.table import Table
from jaccardio.evaluation.thresholds import ORACLE, POLICIES
from jaccardio.files import write_json
from jaccardio.findings.families import FAMILIES
from jaccardio.paper.recipes import RECIPES, chosen
from jaccardio.paper.reproduce import Reproduction, run_reproduce
from jaccardio.paper.reproduce import _results as taken
from jaccardio.paper.runs import DEMO, left_out_run, runs_of
from jaccardio.paper.scales import SCALES
from jaccardio.prediction.predictor import Predictor
from jaccardio.prediction.store_signals import windows_for
from jaccardio.training import loop, session
from jaccardio.training.run_folder import RunFolder
from tests.conftest import Hospitals


def _reproduce(out: Path, names: str, **more: Any) -> Reproduction:
    return run_reproduce(chosen(names), "smoke", out, store=None, device="cpu", say=lambda _: None, **more)


def _results(out: Path) -> Any:
    return json.loads((out / "results.json").read_text())["tables"]


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("reproduce") / "out"
    assert _reproduce(out, "all").failures == {}
    return out


without_signals = shutil.ignore_patterns("records")
"""Leaves the ECG files of hospitals behind: what is made from a copy takes their stores, which stand there already."""


@pytest.fixture
def copy(reproduced: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(reproduced, tmp_path / "out", ignore=without_signals))


@pytest.fixture
def trained_now(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the runs that are begun or resumed from here on."""
    names: list[str] = []
    train, resume = loop.train, loop.resume

    def training(store: Store, split: Any, config: Any, out: Path, **more: Any) -> Any:
        names.append(out.name)
        return train(store, split, config, out, **more)

    def resuming(store: Store, out: Path, **more: Any) -> Any:
        names.append(f"resumed {out.name}")
        return resume(store, out, **more)

    monkeypatch.setattr(loop, "train", training)
    monkeypatch.setattr(loop, "resume", resuming)
    return names


def test_every_table_has_rows_as_the_format_says(reproduced: Path) -> None:
    results = _results(reproduced)
    assert list(results) == list(RECIPES)
    for name, table in results.items():
        assert table["rows"], name
        assert table["scale"] == "smoke"
        for row in table["rows"]:
            assert {"model", "metric", "policy", "finding", "value", "low", "high"} <= set(row)
            assert row["policy"] in (None, *POLICIES, ORACLE)
            if row["low"] is not None:
                assert row["low"] <= row["high"]
            if "per_seed" in row and None not in row["per_seed"]:
                assert row["value"] == pytest.approx(np.mean(row["per_seed"]))


def test_each_model_is_trained_once_for_all_tables(reproduced: Path) -> None:
    runs = sorted(path.name.rpartition("-")[0] for path in (reproduced / "runs").iterdir())
    of_other_vocabularies = {name for name in runs_of(SCALES["smoke"]) if "ptbxl71" in name}
    assert runs == sorted(set(runs_of(SCALES["smoke"])) - set(DEMO) - of_other_vocabularies)


def test_rows_hold_the_metrics_of_the_kept_scores_and_the_papers(reproduced: Path) -> None:
    store = Store.open(reproduced / "store")
    [run] = (RunFolder.open(path) for path in (reproduced / "runs").glob("final-????????"))
    weights = hashlib.sha256((run.model / "model.safetensors").read_bytes()).hexdigest()[:8]
    scores = pd.read_parquet(reproduced / "scores" / f"{run.path.name}-{weights}.parquet").set_index("recording_id")
    rows = store.rows_of(list(run.split.parts["test"]))
    assert set(scores.index) == set(store.ids[rows])
    predicted = scores.loc[store.ids[rows], [f"score_{code}" for code in store.vocabulary.codes]].to_numpy() >= 0.5
    known, present = store.labels[rows] >= 0, store.labels[rows] == 1
    expected = {
        "hamming_loss": (predicted != present)[known].mean(),
        "micro_f1": 2 * (predicted & present).sum() / (present.sum() + (predicted & known).sum()),
    }
    table = _results(reproduced)["table3"]
    title = "256, random crop, long schedule"
    found = {row["metric"]: row for row in table["rows"] if row["model"] == title and row["policy"] == "fixed"}
    for metric, value in expected.items():
        assert found[metric]["value"] == pytest.approx(value)
    assert (found["micro_f1"]["printed"], found["hamming_loss"]["printed"]) == (0.5028, 0.0680)
    assert {found[f"jaccard_{average}"]["printed"] for average in ("samples", "micro", "macro")} == {0.3495}
    assert found["jaccard_micro"]["implied"] == pytest.approx(0.3358, abs=1e-4)
    oracle = [row for row in table["rows"] if row["policy"] == ORACLE]
    assert oracle
    assert not any("printed" in row for row in oracle)


def test_controls_ours_and_claims_stand_in_the_tables(reproduced: Path) -> None:
    results = _results(reproduced)
    for name in ("table1", "table2", "table3", "table8", "encoder", "sister"):
        assert {"jaccardio-small", "always-normal"} <= {row["model"] for row in results[name]["rows"]}
        assert {row["metric"] for row in results[name]["differences"]} == {"macro_auroc", "macro_auprc", "micro_f1"}
    claims = [claim for table in results.values() for claim in table["claims"]]
    assert claims
    assert {(claim["verdict"], claim["seed_error"], claim["p_seeds"]) for claim in claims} == {("open", None, None)}  # one seed only
    assert [claim["policy"] for claim in results["table8"]["claims"]] == ["global", "fixed", "per_finding"]
    crops = {(claim["model"], claim["reference"]) for claim in results["crop_robustness"]["claims"]}
    assert ("256, random crop, 5 s from 5 s", "embedding 256, 5 s from 5 s") in crops
    pairs = {(row["model"], row["reference"]) for row in results["table3"]["differences"]}
    assert {("256, random crop", "embedding 256"), ("embedding 512", "embedding 256")} <= pairs
    for table in results.values():  # a run stands once in a table, whatever it is compared with
        keys = [(row["model"], row["metric"], row["policy"], row["finding"]) for row in table["rows"]]
        assert len(set(keys)) == len(keys)
    text = {row["model"] for row in results["table2"]["rows"] if "text" in row["model"]}
    assert text == {f"{name}, text {text}" for name in ("Jaccard loss", "truth of single findings") for text in ("random", "table")}
    assert not any("printed" in row for row in results["table2"]["rows"])


def test_tables_of_findings_hold_every_finding_of_the_hospital(reproduced: Path) -> None:
    results, home, away = _results(reproduced), Store.open(reproduced / "store"), Store.open(reproduced / "store-b")
    for name, store in (("table5", home), ("table7", away)):
        assert {row["finding"] for row in results[name]["rows"]} == set(store.vocabulary.codes)
    positives = {row["finding"]: row["value"] for row in results["table7"]["rows"] if row["metric"] == "positives"}
    assert positives == dict(zip(away.vocabulary.codes, (away.labels == 1).sum(axis=0).tolist(), strict=True))
    low_ef = {row["model"]: row["printed"] for row in results["rocs"]["rows"] if (row["finding"], row["metric"]) == ("low_ef", "auroc")}
    assert sorted(low_ef.values()) == [0.887, 0.888]
    prevalence = {row["finding"]: row for row in results["table4"]["rows"] if row["metric"] == "prevalence, test"}
    assert prevalence["normal"]["implied"] == pytest.approx(0.1565, abs=1e-4)
    assert "implied" not in prevalence["vt"]


def test_micro_f1_stands_beside_what_it_owes_to_the_normal_ecg(reproduced: Path) -> None:
    found = {(row["model"], row["metric"], row["policy"]): row["value"] for row in _results(reproduced)["table1"]["rows"]}
    for policy in POLICIES:
        assert found["always-normal", "normal_among_true_positives", policy] == 1
        assert found["always-normal", "micro_f1_without_normal", policy] == 0
        assert {("jaccardio-small", metric, policy) for metric in ("macro_f1", "micro_f1_without_normal")} <= set(found)


def test_the_gain_of_the_papers_loss_is_taken_apart_and_followed_over_time(reproduced: Path) -> None:
    results = _results(reproduced)
    pairs = {(row["model"], row["reference"]) for row in results["ablation"]["differences"]}
    standard, literal, soft, equal = "standard SigLIP", "Jaccard loss, text random", "soft Jaccard, text random", "equal sets alone"
    assert {(equal, standard), (literal, equal), (soft, equal), (soft, literal)} <= pairs
    of_table1 = {(row["model"], row["reference"]) for row in results["table1"]["differences"]}
    assert (soft, literal) in of_table1
    lengths = {(claim["model"], claim["reference"]) for claim in results["schedule"]["claims"]}
    longer = {(f"Jaccard loss, {epochs} epochs", f"standard SigLIP, {epochs} epochs") for epochs in (2, 3)}
    assert lengths == {(literal, standard), *longer, (f"{standard}, 3 epochs", standard), ("Jaccard loss, 3 epochs", literal)}
    assert {claim["policy"] for claim in results["schedule"]["claims"]} == set(POLICIES)


def test_left_out_findings_are_scored_by_models_that_were_not_told_of_them(reproduced: Path) -> None:
    table, store = _results(reproduced)["left_out"], Store.open(reproduced / "store")
    found = {(row["model"], row["finding"]): row["value"] for row in table["rows"] if row["metric"] == "auroc"}
    normal = store.vocabulary.index("normal")
    for family, codes in FAMILIES["paper26"].items():
        [path] = (reproduced / "runs").glob(f"{left_out_run('paper26', family)}-*")
        predictor = Predictor.from_pretrained(path, "cpu")
        assert not set(codes) & set(predictor.vocabulary.codes)
        assert predictor.statements
        rows = store.rows_of(list(RunFolder.open(path).split.parts["test"]))
        not_normal = 1 - predictor.scores(windows_for(predictor, store, rows))[:, predictor.vocabulary.index("normal")]
        for code in codes:
            column = store.vocabulary.index(code)
            sentence = predictor.sentence_scores(windows_for(predictor, store, rows), [store.vocabulary.prompts("en")[column]])[:, 0]
            for title, scores in (("own sentence", sentence), ("1 - p(normal)", not_normal)):
                for which, judged in (("all", store.labels[rows, column] >= 0), ("abnormal", store.labels[rows, normal] == 0)):
                    here = judged & (store.labels[rows, column] >= 0)
                    labels = store.labels[rows, column][here]
                    expected = pytest.approx(roc_auc_score(labels, scores[here]), abs=1e-6) if len(set(labels)) == 2 else None
                    assert found[f"{title}, {which} ECGs", code] == expected
    assert any(value is not None for value in found.values())
    assert {row["reference"] for row in table["differences"]} == {"definition, abnormal ECGs", "definition, all ECGs"}
    assert {row["policy"] for row in table["rows"]} == {None}  # degrees of truth have no thresholds


def test_few_labels_with_measured_statements_stand_beside_those_without(reproduced: Path) -> None:
    table = _results(reproduced)["few_labels"]
    pairs = {(row["model"], row["reference"]) for row in table["differences"]}
    assert pairs == {
        (f"{share} % of the labels, measured statements of all ECGs", f"{share} % of the labels, no measured statements")
        for share in ("1", "10", "100")
    } | {("always-normal", f"{share} % of the labels, no measured statements") for share in ("1", "10", "100")}
    steps = {}
    for path in (reproduced / "runs").glob("labels-*"):
        steps[path.name.rpartition("-")[0]] = RunFolder.open(path).summary["steps"]
    assert steps["labels-0.1-without"] >= steps["labels-1-without"]  # an epoch has a step at least
    assert steps["labels-0.1-with"] == steps["labels-1-with"] == steps["labels-1-without"]


def test_hospitals_are_compared_over_the_findings_judged_at_both(reproduced: Path) -> None:
    table = _results(reproduced)["table6"]
    same = {row["model"] for row in table["rows"] if "the findings judged there and at hospital 2" in row["model"]}
    assert len(same) == 2
    values = {(row["model"], row["metric"], row["policy"]): row["value"] for row in table["rows"]}
    moved = [row for row in table["differences"] if row["model"] in same and row["reference"] in same]
    assert {row["metric"] for row in moved} == {"macro_auroc", "macro_auprc", "micro_f1"}
    for row in moved:
        ours, theirs = (values[row[side], row["metric"], row["policy"]] for side in ("model", "reference"))
        assert row["value"] == pytest.approx(ours - theirs)
        assert row["low"] <= row["value"] <= row["high"]
    stores = [Store.open(reproduced / name) for name in ("store", "store-b")]
    rows = stores[0].rows_of(list(RunFolder.open(next((reproduced / "runs").glob("ours-????????"))).split.parts["test"]))
    positives = [
        {code: (labels == 1)[:, store.vocabulary.index(code)].sum() for code in store.vocabulary.codes}
        for store, labels in zip(stores, (stores[0].labels[rows], stores[1].labels), strict=True)
    ]
    both = [code for code in positives[0] if min(found[code] for found in positives) >= 10]
    assert f"{len(both)} of {len(both)} findings in macro metrics" in " ".join(table["scored"])


def test_retrieval_goes_both_ways(reproduced: Path) -> None:
    table = _results(reproduced)["retrieval"]
    ways = {row["model"].partition(": ")[0] for row in table["rows"]}
    assert ways == {"statement to ECGs", "ECG to statement, exact", "ECG to statement, superset"}
    top = {row["metric"]: row["value"] for row in _results(reproduced)["sister"]["rows"] if row["model"] == "jaccardio-small"}
    [same] = (
        row["value"]
        for row in table["rows"]
        if (row["model"], row["metric"]) == ("ECG to statement, exact: jaccardio-small", "recall_at_5")
    )
    assert same is not None
    assert same == top["top-5 exact"]


def test_a_model_of_either_language_is_asked_in_both(reproduced: Path) -> None:
    table = _results(reproduced)["japanese98"]
    found = {(row["model"], row["metric"]): row["value"] for row in table["rows"] if "asked in" in row["model"]}
    metrics = {"macro_auroc", "macro_auprc", *(f"top-{cut} {meaning}" for cut in (1, 5) for meaning in ("exact", "superset"))}
    for trained, other in (("Japanese", "English"), ("English", "Japanese")):
        random, symbols = (f"trained in {trained}, text {text}, asked in " for text in ("random", "table"))
        assert {metric for model, metric in found if model == random + other} == metrics
        assert any(found[random + trained, metric] != found[random + other, metric] for metric in metrics)
        assert all(found[symbols + trained, metric] == found[symbols + other, metric] for metric in metrics)  # symbols know no language
        assert (random + other, random + trained) in {(row["model"], row["reference"]) for row in table["differences"]}


def test_what_could_not_be_reproduced_is_derived_from_the_data(reproduced: Path) -> None:
    said = _results(reproduced)["table7"]["limitations"]
    away = Store.open(reproduced / "store-b")
    silent = [
        code for code, column in zip(away.vocabulary.codes, away.labels.T, strict=True) if (column == 0).any() and not (column == 1).any()
    ]
    assert silent
    assert f"findings without a positive in hospital 2 (simulated site-b): {', '.join(silent)}" in said
    assert any("Qwen3-8B and Gemma3-4B: not run; the text encoders here are random, table" in line for line in said)
    assert any("lae, frequent_vpc" in line and "does not know" in line for line in said)
    assert any("simulated" in line for line in said)


def test_the_report_is_one_page_that_needs_nothing_else(reproduced: Path) -> None:
    html = (reproduced / "results.html").read_text("utf-8")
    assert "Simulated ECGs" in html
    assert not re.search(r"src\s*=\s*(?!\"data:)|href\s*=\s*(?!\"#)|url\(|@import|<link|https?://", html)
    assert html.count("data:image/png;base64,") == 2
    assert html.count("Oracle, not a result") >= 6
    assert "0.0903" in html  # the modified loss on the label base of the others
    assert "Claims and limitations" in html
    patients = set(Store.open(reproduced / "store").records["patient_key"]) | set(Store.open(reproduced / "store").ids.tolist())
    assert not [key for key in patients if key in html]
    assert str(reproduced) not in html


def test_a_rerun_trains_nothing_and_looks_at_no_test_part(copy: Path, trained_now: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Predictor, "from_pretrained", None)
    before = _results(copy)
    _reproduce(copy, "all")
    assert trained_now == []
    assert _results(copy) == before


def test_one_more_table_is_merged_into_those_that_are_there(copy: Path) -> None:
    whole = _results(copy)
    (copy / "results.json").write_text(json.dumps({"tables": {name: whole[name] for name in ("table1", "table8")}}))
    _reproduce(copy, "table4")
    assert list(_results(copy)) == ["table1", "table4", "table8"]
    assert _results(copy)["table8"] == whole["table8"]
    assert 'id="table8"' in (copy / "results.html").read_text()


def test_an_interrupted_reproduction_goes_on(
    reproduced: Path, tmp_path: Path, trained_now: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, save, saved = tmp_path / "out", session.save_checkpoint, 0
    for part in ("hospitals", "store", "store-b"):
        shutil.copytree(reproduced / part, out / part, ignore=without_signals)

    def interrupt(*arguments: Any) -> None:
        nonlocal saved
        save(*arguments)
        saved += 1
        if saved in (2, 4):  # at the end of the second run, and after the first of two epochs of the last
            raise KeyboardInterrupt

    monkeypatch.setattr(session, "save_checkpoint", interrupt)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            _reproduce(out, "table1")
    assert not (out / "results.json").exists()
    _reproduce(out, "table1")
    assert [name.rpartition("-")[0] for name in trained_now] == ["standard", "jaccard", "resumed jaccard", "soft", "ours", "resumed ours"]
    assert _results(out)["table1"] == _results(reproduced)["table1"]
    assert json.loads((out / "results.json").read_text())["title"] == RECIPES["table1"].title


def test_a_failed_run_is_named_and_stops_no_table(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise JaccardioError("the loss is not finite.")

    for path in [*(copy / "runs").glob("jaccard-*"), *(copy / "runs").glob("final-*")]:
        shutil.rmtree(path)
    monkeypatch.setattr(loop, "train", failing)
    done = _reproduce(copy, "table1,table3,table5,rocs,table6,crop_robustness,sister,left_out")
    assert sorted(run.rpartition("-")[0] for run in done.failures) == ["final", "jaccard"]
    results = _results(copy)
    assert "Jaccard loss, text random, 1 of 1 seeds: the loss is not finite." in results["table1"]["limitations"]
    there = {"standard SigLIP", "soft Jaccard, text random", "jaccardio-small", "always-normal"}
    assert {row["model"] for row in results["table1"]["rows"]} == there
    assert any("the comparison with Jaccard loss, text random" in line for line in results["table3"]["limitations"])
    assert {"embedding 256", "256, random crop", "jaccardio-small"} <= {row["model"] for row in results["table3"]["rows"]}


def test_what_does_not_fit_is_refused_before_training(copy: Path, hospitals: Hospitals, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown scale 'huge'; available: smoke, demo, small, paper"):
        run_reproduce(["table4"], "huge", tmp_path, store=None, say=print)
    with pytest.raises(UsageError, match="simulates its own hospitals"):
        run_reproduce(["table4"], "smoke", tmp_path, store=hospitals.home, say=print)
    with pytest.raises(UsageError, match="needs a cohort: --store STORE, ingested with --fs 100"):
        run_reproduce(["table4"], "small", tmp_path, store=None, say=print)
    with pytest.raises(UsageError, match="Ingest with --fs 500"):
        run_reproduce(["table4"], "paper", tmp_path, store=hospitals.home, say=print)
    with pytest.raises(UsageError, match="its tables are of scale smoke"):
        run_reproduce(["table4"], "small", copy, store=copy / "store", say=print)
    (copy / "results.json").unlink()
    with pytest.raises(DataError, match=r"another store or split\. Use a new --out"):
        run_reproduce(["table4"], "small", copy, store=hospitals.home, say=print)


def test_a_cohort_alone_says_that_there_is_no_other_hospital(hospitals: Hospitals, tmp_path: Path) -> None:
    run_reproduce(["table4"], "small", tmp_path / "out", store=hospitals.home, say=print)
    table = _results(tmp_path / "out")["table4"]
    assert "an external hospital: none was named with --external" in table["limitations"]
    run_reproduce(["table4"], "small", tmp_path / "out", store=hospitals.home, external=[hospitals.away], say=print)
    assert "an external hospital: none was named with --external" not in _results(tmp_path / "out")["table4"]["limitations"]


def test_a_hospital_that_shares_ecgs_and_a_split_that_is_torn_are_refused_before_training(hospitals: Hospitals, tmp_path: Path) -> None:
    home = Path(shutil.copytree(hospitals.home, tmp_path / "home"))
    store = Store.open(home)
    split = load_split(store)
    assert split is not None
    with pytest.raises(DataError, match="ECGs overlap with the train part"):
        run_reproduce(["table1"], "small", tmp_path / "out", store=home, external=[hospitals.away, hospitals.home], say=print)
    save_split(store, Split(split.method, split.parts | {"test": (*split.parts["test"], split.parts["train"][0])}))
    with pytest.raises(DataError, match="stand both in train and in test"):
        run_reproduce(["table1"], "small", tmp_path / "out", store=home, say=print)
    assert not (tmp_path / "out" / "runs").exists()


@pytest.mark.parametrize("results", [{"format": 1, "curves": []}, [], {"tables": {"table1": {"scale": "small"}}}])
def test_results_of_another_command_are_refused(hospitals: Hospitals, tmp_path: Path, results: Any) -> None:
    (tmp_path / "results.json").write_text(json.dumps(results))
    with pytest.raises(UsageError, match=r"results\.json: not the tables of this version of `jaccardio reproduce`"):
        run_reproduce(["table4"], "small", tmp_path, store=hospitals.home, say=print)
    assert json.loads((tmp_path / "results.json").read_text()) == results


def test_tables_of_another_split_are_not_mixed_and_those_of_other_hospitals_say_so(hospitals: Hospitals, tmp_path: Path) -> None:
    home, out = Path(shutil.copytree(hospitals.home, tmp_path / "home")), tmp_path / "out"

    def table4(**more: Any) -> str:
        return run_reproduce(["table4"], "small", out, store=home, say=print, **more).page.read_text()

    assert "earlier call" not in table4()
    results = _results(out)
    made_from = results["table4"]["made_from"]
    assert made_from["store"] == Store.open(home).fingerprint
    assert (made_from["external"], made_from["seeds"]) == ([], None)
    again = {"title": "", "facts": {}, "tables": results | {"table6": seal(results["table4"] | {"title": "of the first call"})}}
    (out / "results.json").write_text(json.dumps(again))
    page = table4(external=[hospitals.away], seeds=2)
    assert page.count("made by an earlier call with another --external and --seeds") == 1
    made_now = _results(out)["table4"]["made_from"]
    assert made_now == made_from | {"external": [Store.open(hospitals.away).fingerprint], "seeds": 2}
    assert _results(out)["table6"]["made_from"] == made_from
    save_split(Store.open(home), split_by_fractions(Store.open(home), seed=1))
    with pytest.raises(UsageError, match=r"table4 is of another store or split\. Take a new --out"):
        table4()


def test_a_missing_plot_names_the_recipe_that_makes_it(copy: Path) -> None:
    (copy / "rocs-1.png").unlink()
    with pytest.raises(UsageError, match=r"rocs-1\.png: this plot of rocs is missing\. Make rocs again"):
        _reproduce(copy, "table4")
    _reproduce(copy, "rocs")
    assert (copy / "rocs-1.png").is_file()


def test_any_text_encoders_can_be_compared(copy: Path, trained_now: list[str]) -> None:
    _reproduce(copy, "table2", texts=("table", "random"))
    table = _results(copy)["table2"]
    assert {row["reference"] for row in table["differences"]} == {
        "Jaccard loss, text random",
        "truth of single findings, text random",
    }
    assert sorted(name.rpartition("-")[0] for name in trained_now) == ["jaccard", "jaccard-text-2", "ours", "truth", "truth-text-2"]
    assert "made by an earlier call with another --texts" in (copy / "results.html").read_text("utf-8")
    for texts in (("random",), ("random", "random")):
        with pytest.raises(UsageError, match=f"two different text encoders or more are compared; named: {', '.join(texts)}"):
            _reproduce(copy, "table2", texts=texts)


def test_tables_and_plots_that_were_changed_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rocs-1.png").write_bytes(b"plot")
    plot = {"file": "rocs-1.png", "caption": "", "sha256": hashlib.sha256(b"plot").hexdigest()}
    table = Table("").to_dict() | {"scale": "small", "made_from": {}, "plots": [plot]}
    write_json(tmp_path / "results.json", {"tables": {"rocs": seal(table)}})
    assert set(taken(tmp_path, "small")) == {"rocs"}
    (tmp_path / "rocs-1.png").write_bytes(b"another")
    with pytest.raises(DataError, match="rocs or its plots are not as they were written"):
        taken(tmp_path, "small")
    write_json(tmp_path / "results.json", {"tables": {"rocs": seal(table | {"plots": []}) | {"scored": ["edited"]}}})
    with pytest.raises(DataError, match="rocs"):
        taken(tmp_path, "small")
