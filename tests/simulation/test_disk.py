"""The files: readable by others, exact, the same for the same seed."""

import csv
from pathlib import Path

import numpy as np
import pytest
import wfdb

from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary
from jaccardio.recording.leads import LEADS
from jaccardio.recording.paper_plot import plot_ecg
from jaccardio.recording.readers import read_ecg
from jaccardio.recording.recording import SIMULATED_COMMENT, Recording
from jaccardio.simulation.disk import SiteReport, label_cell, simulate_hospitals, twelve_leads
from jaccardio.simulation.hospital import draw_patients
from jaccardio.simulation.sites import ECHO_FINDINGS, FINDINGS, create_sites


def rows(site: Path) -> list[dict[str, str]]:
    with (site / "manifest.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def digital(record: Path) -> np.ndarray:
    return wfdb.rdrecord(str(record.with_suffix("")), physical=False).d_signal.T.astype(int)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_wfdb_reads_the_files(hospitals: tuple[SiteReport, ...]) -> None:
    for site in hospitals:
        record = wfdb.rdrecord(str(site.manifest.parent / "records/000/r00001"))
        assert record.sig_name == list(LEADS)
        assert (record.fs, record.sig_len, set(record.units)) == (500, 5000, {"mV"})
        assert record.comments == [SIMULATED_COMMENT]


def test_our_reader_agrees_with_wfdb(first_site: Path) -> None:
    path = first_site / rows(first_site)[6]["path"]
    ours = read_ecg(path)
    theirs = wfdb.rdrecord(str(path.with_suffix(""))).p_signal.T
    np.testing.assert_allclose(ours.signal, theirs, atol=1e-6)
    assert ours.lead_mask.all()


def test_checksums_and_initial_values(first_site: Path) -> None:
    for row in rows(first_site)[:20]:
        path = first_site / row["path"]
        header, counts = wfdb.rdheader(str(path.with_suffix(""))), digital(path)
        np.testing.assert_array_equal(np.array(header.checksum) % 65536, counts.sum(axis=1) % 65536)
        assert header.init_value == counts[:, 0].tolist()


def test_limb_leads_follow_exactly_from_one_and_two(hospitals: tuple[SiteReport, ...]) -> None:
    for site in hospitals:
        for row in rows(site.manifest.parent)[:20]:
            one, two, three, right, left, foot = digital(site.manifest.parent / row["path"])[:6]
            np.testing.assert_array_equal(three, two - one)
            assert np.abs(2 * right + one + two).max() <= 1
            assert np.abs(2 * left - 2 * one + two).max() <= 1
            assert np.abs(2 * foot - 2 * two + one).max() <= 1


def test_twelve_leads_clip_to_what_format_16_holds() -> None:
    counts = twelve_leads(np.full((8, 4), 50.0, dtype=np.float32), 1000.0)
    assert counts.dtype == np.int16
    assert counts.max() == 32_767


def test_manifest_columns_and_states(hospitals: tuple[SiteReport, ...]) -> None:
    first, second = (rows(site.manifest.parent) for site in hospitals)
    assert (len(first), len(second)) == (150, 50)
    assert list(first[0]) == ["path", "patient_id", "site", "date", "age", "sex", *FINDINGS]
    assert {row[code] for row in first for code in set(FINDINGS) - ECHO_FINDINGS - {"normal"}} == {"0", "1"}
    for row in first + second:
        assert len({row["low_ef"] == "", row["lvh"] == ""}) == 1
        assert all(row[parent] == "1" for child, parent in Vocabulary.load("paper26").implications if row[child] == "1")
    assert 0.4 < np.mean([row["low_ef"] != "" for row in first]) < 0.8
    assert {row["lae"] for row in second} == {row["frequent_vpc"] for row in second} == {""}
    assert not {row["patient_id"] for row in first} & {row["patient_id"] for row in second}


def test_an_ecg_without_any_finding_is_not_called_abnormal() -> None:
    """Of an unhealthy heart that shows nothing, a reader could only say "normal"; the hospital's label leaves it open."""
    site = create_sites(1)[0]
    ecgs = draw_patients(site, 2000, np.random.default_rng(0))
    assert {label_cell("normal", ecg, site) for ecg in ecgs if not ecg.findings} == {""}
    assert {label_cell("normal", ecg, site) for ecg in ecgs if ecg.findings} == {"0", "1"}


def test_every_record_of_the_manifest_is_there(first_site: Path) -> None:
    listed = {row["path"] for row in rows(first_site)}
    assert listed == {path.relative_to(first_site).as_posix() for path in first_site.rglob("*.hea")}
    assert all((first_site / path).with_suffix(".dat").stat().st_size == 5000 * 12 * 2 for path in listed)


def test_same_seed_same_bytes_whatever_the_jobs(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    for name, seed, jobs in (("one", 5, 1), ("two", 5, 2), ("other", 6, 1)):
        simulate_hospitals(tmp_path / name, 130, 1, seed, 100.0, jobs=jobs, progress=lambda done, total: seen.append((done, total)))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert contents(tmp_path / "one") != contents(tmp_path / "other")
    assert seen[:3] == [(64, 130), (128, 130), (130, 130)]


@pytest.mark.parametrize(
    "change",
    [{"records": 0}, {"sites": 0}, {"sites": 27}, {"seed": -1}, {"sampling_rate": 50.0}, {"sampling_rate": float("nan")}, {"jobs": 0}],
)
def test_arguments_out_of_range(tmp_path: Path, change: dict[str, float]) -> None:
    arguments = {"records": 2, "sites": 1, "seed": 0, "sampling_rate": 100.0, "jobs": 1} | change
    with pytest.raises(UsageError, match=next(iter(change))):
        simulate_hospitals(tmp_path / "out", **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_an_existing_site_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "site-a").mkdir()
    with pytest.raises(UsageError, match="exists"):
        simulate_hospitals(tmp_path, 2, 1, 0, 100.0)


def test_a_simulated_ecg_says_so_when_it_is_read_and_drawn(hospitals: tuple[SiteReport, ...], tmp_path: Path) -> None:
    recording = read_ecg(next(hospitals[0].manifest.parent.rglob("*.hea")))
    assert recording.flags[0] == "simulated"
    plot_ecg(recording, tmp_path / "page.svg")
    plain = Recording(recording.signal, recording.sampling_rate, recording.lead_mask, recording.recording_id)
    plot_ecg(plain, tmp_path / "plain.svg")
    assert (tmp_path / "page.svg").read_bytes() != (tmp_path / "plain.svg").read_bytes()
