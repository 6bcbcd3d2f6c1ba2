"""What every vendor format must do, asked of each with files from `vendor_samples`: values, names, refusals, no word about the patient."""

import random
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jaccardio.errors import MissingError, ReadError
from jaccardio.recording.leads import LEADS
from jaccardio.recording.readers import read_ecg
from tests.recording.readers.reading import read, recognises
from tests.recording.readers.vendor_samples import BUILDERS, EIGHT, TWELVE, Sample, simulated_counts

FORMATS = tuple(BUILDERS)
TOKEN = "Zq7XvWk3"
"""Short enough for every field, and like nothing that a format's own words hold."""

every_format = pytest.mark.parametrize("name", FORMATS)

_MISSING = ("dicom", "scp", "muse", "sierra", "mfer", "ishne")
"""Formats in which -32768 means that there is no sample."""

_DECLARES_LENGTH = tuple(name for name in FORMATS if name != "aecg")


def _sample(name: str, **changes: object) -> Sample:
    return replace(Sample(leads=EIGHT, counts=simulated_counts(8)) if name == "muse" else Sample(), **changes)  # type: ignore[arg-type]


def _rows(leads: tuple[str, ...]) -> list[int]:
    return [LEADS.index(lead) for lead in leads]


@every_format
@pytest.mark.parametrize(("microvolt", "rate"), [(5.0, 500), (2.5, 250), (1.0, 1000)])
def test_every_count_is_read_exactly(name: str, microvolt: float, rate: int, tmp_path: Path) -> None:
    sample = _sample(name, microvolt=microvolt, rate=rate)
    recording = read(name, BUILDERS[name](tmp_path, sample), "an id")
    counts = np.rint(recording.signal[_rows(sample.leads)].astype(np.float64) * 1000 / microvolt)
    np.testing.assert_array_equal(counts, sample.counts)
    np.testing.assert_allclose(recording.signal[_rows(sample.leads)], sample.counts * microvolt / 1000, rtol=3e-7, atol=2e-6)
    assert (recording.sampling_rate, recording.recording_id) == (rate, "an id")
    assert recording.lead_mask.all()
    assert recording.millivolt_per_count == pytest.approx(microvolt / 1000, rel=1e-6)


@every_format
def test_leads_are_known_by_name_in_any_order(name: str, tmp_path: Path) -> None:
    sample = _sample(name)
    turned = replace(sample, leads=sample.leads[::-1], counts=sample.counts[::-1])
    straight, backward = (read(name, BUILDERS[name](tmp_path, each)) for each in (sample, turned))
    np.testing.assert_array_equal(straight.signal, backward.signal)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "ishne"])  # which has room for twelve
def test_of_more_leads_the_twelve_are_read_by_name(name: str, tmp_path: Path) -> None:
    sample = Sample()
    more, spare = ("V4R", *TWELVE[:8], "V3R", *TWELVE[8:]), simulated_counts(14)[12:]
    counts = np.vstack([spare[:1], sample.counts[:8], spare[1:], sample.counts[8:]])
    recording = read(name, BUILDERS[name](tmp_path, replace(sample, leads=more, counts=counts)))
    np.testing.assert_array_equal(np.rint(recording.signal.astype(np.float64) * 200), sample.counts)
    assert recording.flags == ("unknown-signals: 2",)
    assert recording.unknown_signals in {("V4R", "V3R"), ("other", "other")}


@every_format
def test_of_eight_leads_the_others_are_computed_before_scaling(name: str, tmp_path: Path) -> None:
    sample = Sample(leads=EIGHT, counts=simulated_counts(8), microvolt=4.88)
    recording = read(name, BUILDERS[name](tmp_path, sample))
    one, two = sample.counts[:2].astype(np.int64)
    limb = np.array([two - one, -(one + two) / 2, one - two / 2, two - one / 2])
    tolerance = 5e-4 if name == "edf" else 0  # EDF has eight characters for the range
    np.testing.assert_allclose(recording.signal[2:6], (limb * 4.88e-3).astype(np.float32), rtol=0, atol=tolerance)
    assert {"derived:III", "derived:aVR", "derived:aVL", "derived:aVF"} <= set(recording.flags)


@every_format
def test_a_flat_lead_derives_nothing(name: str, tmp_path: Path) -> None:
    counts = simulated_counts(8)
    counts[0] = 0
    recording = read(name, BUILDERS[name](tmp_path, Sample(leads=EIGHT, counts=counts)))
    assert recording.lead_mask.tolist() == [lead not in ("I", "III", "aVR", "aVL", "aVF") for lead in LEADS]
    assert not any(flag.startswith("derived") for flag in recording.flags)


@every_format
def test_three_leads_of_twelve(name: str, tmp_path: Path) -> None:
    recording = read(name, BUILDERS[name](tmp_path, Sample(leads=("V5", "II", "V1"), counts=simulated_counts(3))))
    assert [lead for lead, there in zip(LEADS, recording.lead_mask, strict=True) if there] == ["II", "V1", "V5"]
    np.testing.assert_allclose(recording.signal[LEADS.index("V5")] * 200, simulated_counts(3)[0], atol=1e-3)


@every_format
def test_a_format_is_recognised_by_its_reader_alone(name: str, tmp_path: Path) -> None:
    head = BUILDERS[name](tmp_path).read_bytes()[:4096]
    assert [other for other in FORMATS if recognises(other, head)] == [name]
    for size in range(0, 300, 7):
        for other in FORMATS:
            recognises(other, head[:size])  # whatever it says of a piece, it says it


@pytest.mark.parametrize("name", _MISSING)
def test_the_lowest_count_is_a_gap(name: str, tmp_path: Path) -> None:
    sample = _sample(name, counts=_sample(name).counts.copy())
    row = sample.leads.index("V2")
    sample.counts[row, 300:303] = -32768
    recording = read(name, BUILDERS[name](tmp_path, sample))
    assert "nan-filled:V2" in recording.flags
    around = sample.counts[row, [299, 303]].astype(np.float64)
    bridge = np.interp([1, 2, 3], [0, 4], around) * sample.microvolt / 1000
    np.testing.assert_allclose(recording.signal[LEADS.index("V2"), 300:303], bridge, atol=1e-5)


@every_format
def test_a_gain_of_zero_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError):
        read(name, BUILDERS[name](tmp_path, _sample(name, microvolt=0.0)))


@every_format
def test_a_lead_given_twice_is_refused(name: str, tmp_path: Path) -> None:
    sample = _sample(name)
    with pytest.raises(ReadError, match="twice"):
        read(name, BUILDERS[name](tmp_path, replace(sample, leads=(*sample.leads[:-1], sample.leads[0]))))


@every_format
@pytest.mark.parametrize("share", [0.05, 0.6, 0.97])
def test_a_truncated_file_is_refused(name: str, share: float, tmp_path: Path) -> None:
    path = BUILDERS[name](tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ReadError):
        read(name, path)


@pytest.mark.parametrize("name", _DECLARES_LENGTH)
def test_more_samples_declared_than_there_are(name: str, tmp_path: Path) -> None:
    sample = _sample(name)
    with pytest.raises(ReadError):
        read(name, BUILDERS[name](tmp_path, replace(sample, declared=sample.counts.shape[1] + 8)))


@every_format
def test_a_beat_is_no_rhythm(name: str, tmp_path: Path) -> None:
    sample = _sample(name)
    with pytest.raises(ReadError, match="less than a heartbeat"):
        read(name, BUILDERS[name](tmp_path, replace(sample, counts=sample.counts[:, :400])))


@every_format
def test_a_link_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    link = inside / "link.ecg"
    link.symlink_to(BUILDERS[name](tmp_path))
    with pytest.raises(ReadError, match="link"):
        read_ecg(link)


@every_format
def test_without_the_library_the_remedy_is_a_command(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jaccardio.recording.readers.formats.find_spec", lambda _: None)
    with pytest.raises(MissingError, match=r"pip install 'jaccardio\[formats\]'"):
        read_ecg(BUILDERS[name](tmp_path))


def _said(error: BaseException) -> Iterator[str]:
    """All that an exception could tell anybody: its traceback, and every exception that it came from, shown or not."""
    yield "".join(traceback.format_exception(error))
    seen: BaseException | None = error
    while seen is not None:
        yield repr(seen)
        yield str(vars(seen))
        seen = seen.__cause__ or seen.__context__


@every_format
def test_the_patient_is_in_no_recording(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    path = BUILDERS[name](tmp_path, _sample(name, token=TOKEN))
    data = path.read_bytes()
    assert data.count(TOKEN.encode()) >= 7, "the sample has the token in its fields"
    recording = read(name, path)
    for value in vars(recording).values():
        assert TOKEN not in repr(value)
        assert str(tmp_path) not in repr(value)
    shown = capfd.readouterr()
    assert TOKEN not in caplog.text + shown.out + shown.err


@every_format
def test_the_patient_is_in_no_error(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """20 damaged copies: bytes changed, pieces cut out, the token put where numbers stood. Each is a recording or a ReadError."""
    path = BUILDERS[name](tmp_path, _sample(name, token=TOKEN))
    data = path.read_bytes()
    draw = random.Random(name)
    told: list[str] = []
    for turn in range(20):
        damaged = bytearray(data)
        for _ in range(draw.randint(1, 4)):
            at = int(draw.random() ** 2 * len(damaged))
            piece = TOKEN.encode() if turn % 2 else bytes([draw.randrange(256)])
            damaged[at : at + draw.choice([0, 1, len(piece), 40])] = piece
        path.write_bytes(damaged)
        try:
            read(name, path)
        except ReadError as error:
            told.append(" ".join(_said(error)))
    assert len(told) > 3
    assert not [each for each in told if TOKEN in each]
    shown = capfd.readouterr()
    assert TOKEN not in caplog.text + shown.out + shown.err


@pytest.mark.parametrize("name", ["aecg", "muse", "sierra", "cardiosoft", "schiller"])
def test_the_text_of_what_should_be_a_number_is_not_repeated(name: str, tmp_path: Path) -> None:
    path = BUILDERS[name](tmp_path, _sample(name, token=""))
    text, told = path.read_text(encoding="latin-1"), []
    for number in (">500<", '"500"', ">1000<", '"0.002"', ">5<", '"5"', '"uV"', ">UV<", ">MICROVOLTS<", '"uVperLsb"', ",", ">2<"):
        if number in text:
            kept = [character for character in number if character in '"<>,']
            path.write_text(text.replace(number, TOKEN.join(kept) if len(kept) > 1 else f",{TOKEN},"), encoding="latin-1")
            try:
                read(name, path)
            except ReadError as error:
                told.append(" ".join(_said(error)))
    assert told
    assert not [each for each in told if TOKEN in each]


def test_all_builders_write_twelve_leads_or_muse_eight() -> None:
    assert set(FORMATS) == {"dicom", "aecg", "scp", "muse", "sierra", "mfer", "ishne", "edf", "cardiosoft", "schiller"}
    assert TWELVE == LEADS
