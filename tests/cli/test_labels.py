"""link and map-labels: from a simulated hospital with a table of echocardiograms, and from texts, to labels."""

from pathlib import Path

from jaccardio.cohort.store import Store
from tests.conftest import Command


def test_a_simulated_hospital_with_echocardiograms(jaccardio: Command, tmp_path: Path) -> None:
    words = ("--records", 30, "--sites", 1, "--seed", 3, "--fs", 100, "--jobs", 1)
    made = jaccardio("synth", tmp_path / "h", *words, "--echo", "--json").json()
    echo, store, ids = made["sites"][0]["echo"], tmp_path / "store", tmp_path / "ids.csv"
    jaccardio("ingest", tmp_path / "h/site-a", store, "--corpus", "manifest", "--fs", 100, "--jobs", 1, "--id-table", ids)
    rules = ("--lvef", "lvef", "--lvef-low", 40, "--lae", "la_volume_index", "--lae-above", 34)
    done = jaccardio("link", store, echo, "--id-table", ids, *rules)
    assert done.status == 0, done.err
    assert done.out.startswith(f"{store}: 30 ECGs of")
    assert "low_ef (lvef <= 40): " in done.out
    assert "days between ECG and echocardiogram: " in done.out
    again = jaccardio("link", store, echo, "--id-table", ids, *rules, "--before", "--days", 7, "--json").json()
    assert (again["when"], again["days"], set(again["findings"])) == ("before", 7, {"low_ef", "lae"})
    assert again["findings"]["low_ef"]["states"]["unknown"] > again["findings"]["low_ef"]["before"]["unknown"]
    assert "at most 7 days away" in Store.open(store).manifest["linked"]["low_ef"]
    assert "no longer from echocardiography, but from codes: lae, low_ef" in jaccardio("relabel", store, "--vocabulary", "paper26").out
    for wrong in ((), ("--before", "--after", *rules), ("--lvef-low", 40), ("--lvef", "lvef", "--lvef-low", 0.4)):
        assert jaccardio("link", store, echo, "--id-table", ids, *wrong).status == 2
    assert jaccardio("link", store, echo, "--id-table", ids, "--lvef", "ef").status == 3


def test_texts_to_a_manifest(jaccardio: Command, tmp_path: Path) -> None:
    table = tmp_path / "texts.csv"
    rows = [f"r{row},P{row},AF. no LBBB. quite so" for row in range(5)]
    table.write_text("\n".join(["path,patient_id,text", *rows, "r9,P9,Herr Maier"]) + "\n")
    done = jaccardio("map-labels", table, "--out", tmp_path / "manifest.csv")
    assert done.status == 0, done.err
    assert "af: 5 present, 0 absent, 1 unknown\n" in done.out
    assert "clbbb: 0 present, 5 absent, 1 unknown\n" in done.out
    assert "       5  quite so\n" in done.out
    assert "not shown: 1\n" in done.out
    assert "maier" not in (done.out + done.err).lower()
    document = jaccardio("map-labels", table, "--vocabulary", "ptbxl71", "--silence-is-absence", "--json").json()
    assert (document["out"], document["findings"]["AFIB"]) == (None, {"present": 5, "absent": 0, "unknown": 1})
    assert jaccardio("map-labels", table, "--out", tmp_path / "manifest.csv").status == 2
