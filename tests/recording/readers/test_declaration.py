"""What tables and arrays must declare, and what is said where they do not."""

import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from jaccardio.errors import ReadError
from jaccardio.recording.readers import read_ecg
from tests.recording.readers.samples import LEADS, RATE, SAMPLES


def table(folder: Path, text: str) -> Path:
    (folder / "a.csv").write_text(text)
    return folder / "a.csv"


ROWS = "\n".join(f"{100 * np.sin(n / 9):.0f},{50 * np.sin(n / 7):.0f}" for n in range(300))
SEMICOLONS = ROWS.replace(",", ";")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"I,II\n{ROWS}", "unit: not declared. Write a line `# unit: uV` above the table"),
        (f"# unit: uV\nI,II\n{ROWS}", "sampling rate: not declared. Write a line `# sampling_rate: 500`"),
        (f"# unit: uV\n# sampling_rate: 100\n{ROWS}", "leads: not declared"),
        (f"# unit: counts\n# sampling_rate: 100\nI,II\n{ROWS}", "unit: not a unit of voltage"),
        (f"# unit: uV\n# sampling_rate: fast\nI,II\n{ROWS}", "sampling rate: not a number"),
        (f"# unit: uV\n# sampling_rate: nan\nI,II\n{ROWS}", "sampling rate: nan is not in"),
        (f"# unit: uV\n# sampling_rate: 100\nI,I\n{ROWS}", "lead I: given twice"),
        (f"# unit: uV\n# sampling_rate: 100\nx,y\n{ROWS}", "leads: none of the 2 signals is a standard lead"),
        (f"# unit: uV\n# sampling_rate: 100\nI,II\n{ROWS}\n1", "row 301 of the samples: 1 cells, 2 columns"),
        (f"# unit: uV\n# sampling_rate: 100\nI,II\n{ROWS}\n1,Mueller", "row 301 of the samples: not a number"),
        ("# unit: uV\n# sampling_rate: 100\nI,II\n", "samples: there are none"),
        (f"# unit: uV\n# sampling_rate: 100\nI;II\n{SEMICOLONS}\n-1.234;56", "row 301 of the samples: a point before three digits"),
        (f"# unit: uV\n# sampling_rate: 100\nI;II\n{SEMICOLONS}\n-1.234;1.234,5", "row 301 of the samples: a point before three digits"),
        (f"# unit: uV\n# sampling_rate: 100\nI\tII\n{ROWS.replace(',', chr(9))}\n1.234\t5", "row 301 of the samples: a point before three"),
        (f"# unit: V\n# sampling_rate: 100\nI,II\n{ROWS}", "wrong unit"),
    ],
)
def test_tables_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_ecg(table(tmp_path, text))
    assert words in str(caught.value)
    assert "Mueller" not in str(caught.value)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_points_that_begin_decimals_in_one_number_do_so_in_all(tmp_path: Path, separator: str) -> None:
    """Three digits behind the point are millivolt to the microvolt where a number is 0.050; thousands never begin with 0."""
    rows = "\n".join(separator.join(f"{float(cell) / 50:.3f}" for cell in row.split(",")) for row in ROWS.split("\n"))
    assert "1.280" in rows
    read = read_ecg(table(tmp_path, f"# unit: mV\n# sampling_rate: 100\nI{separator}II\n{rows}"))
    assert read.signal[0].max() == pytest.approx(2.0)


@pytest.mark.parametrize(
    "text",
    [
        f"# unit: uV\n# sampling_rate: 100\nI,II\n{ROWS}",
        f"\ufeff# Unit = uV;\n\n# SAMPLING_RATE: 100.0;\nLead I;ECG II\n{ROWS.replace(',', ';')}\n",
        f'# unit: uV\n# sampling_rate: 100\n"I"\t"II"\n{ROWS.replace(",", chr(9))}',
        f"# unit: uV\n# sampling_rate: 100\n# leads: I, II\n{ROWS}",
        "# unit: mV\n# sampling_rate: 100\nI;II\n"
        + "\n".join(";".join(f"{int(v) / 1000}".replace(".", ",") for v in r.split(",")) for r in ROWS.split("\n")),
        "# unit: uV\n# sampling_rate: 100\ntime,I,note,II\n"
        + "\n".join(f"00:0{n % 9},{r.replace(',', ',x,')}" for n, r in enumerate(ROWS.split("\n"))),
    ],
)
def test_dialects_of_tables(tmp_path: Path, text: str) -> None:
    recording = read_ecg(table(tmp_path, text))
    wanted = np.array([[float(cell) / 1000 for cell in row.split(",")] for row in ROWS.split("\n")], dtype=np.float32).T
    np.testing.assert_array_equal(recording.signal[:2], wanted)
    assert recording.sampling_rate == 100


def test_a_declaration_beside_a_table(tmp_path: Path) -> None:
    path = table(tmp_path, ROWS)
    with pytest.raises(ReadError, match="unit: not declared"):
        read_ecg(path)
    path.with_suffix(".json").write_text(json.dumps({"unit": "uV", "sampling_rate": 100, "leads": ["I", "II"]}))
    assert read_ecg(path).flags[0] == "derived:III"
    path.with_suffix(".json").write_text("[1]")
    with pytest.raises(ReadError, match=r"declaration: the \.json file beside it is no JSON object"):
        read_ecg(path)


def test_gaps_in_a_table(tmp_path: Path) -> None:
    rows = ROWS.split("\n")
    rows[50], rows[51] = ",7", "nan,8"
    assert "nan-filled:I" in read_ecg(table(tmp_path, "# unit: uV\n# sampling_rate: 100\nI,II\n" + "\n".join(rows))).flags


def test_arrays_that_are_turned_refused_or_misnamed(tmp_path: Path, counts: NDArray[np.int16]) -> None:
    path = SAMPLES["NPY"](tmp_path, counts)
    right = read_ecg(path).signal
    np.save(path, counts.T)
    np.testing.assert_array_equal(read_ecg(path).signal, right)
    for values, words in (
        (counts[:3], "3, 1500"),
        (counts.astype("U5"), "shape"),
        (counts.astype(complex), "complex"),
        (counts.ravel(), "shape"),
        (np.where(counts, np.inf, np.inf), "infinite"),
    ):
        np.save(path, values)
        with pytest.raises(ReadError, match=words):
            read_ecg(path)
    np.save(path, counts[[1, 0, *range(2, 12)]])
    with pytest.raises(ReadError, match="limb leads: they contradict each other"):
        read_ecg(path)
    path.with_suffix(".json").unlink()
    with pytest.raises(ReadError, match=r'unit: not declared\. Write it as "unit" into a JSON file of the same name'):
        read_ecg(path)


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch executed",)


def test_no_pickle_is_ever_loaded(tmp_path: Path, counts: NDArray[np.int16], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = SAMPLES["NPY"](tmp_path, counts)
    np.save(path, np.array([[Evil()]], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "b.npz", signal=np.array([[Evil()]], dtype=object), sampling_rate=500, leads=["I"], unit="mV")
    for file in (path, tmp_path / "b.npz"):
        with pytest.raises(ReadError, match="never loaded"):
            read_ecg(file)
    assert not (tmp_path / "executed").exists()


def test_an_archive_of_arrays_without_what_it_needs(tmp_path: Path, counts: NDArray[np.int16]) -> None:
    facts = {"signal": counts, "sampling_rate": RATE, "leads": LEADS, "unit": "uV"}
    for key in facts:
        np.savez(tmp_path / "a.npz", **{name: value for name, value in facts.items() if name != key})
        with pytest.raises(ReadError, match=rf"^a\.npz: {key.replace('_', ' ')}: "):
            read_ecg(tmp_path / "a.npz")


def test_hdf5_reads_no_other_file(tmp_path: Path, counts: NDArray[np.int16]) -> None:
    other = SAMPLES["HDF5"](tmp_path, counts)
    for name in ("link", "soft", "external", "virtual", "many", "absent"):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            match name:
                case "link":
                    file["signal"] = h5py.ExternalLink(str(other), "signal")
                case "soft":
                    file["signal"] = h5py.SoftLink("/else")
                case "external":
                    file.create_dataset("signal", (12, 1500), "i2", external=[(str(tmp_path / "secret"), 0, 36000)])
                case "virtual":
                    layout = h5py.VirtualLayout((12, 1500), "i2")
                    layout[:] = h5py.VirtualSource(str(other), "signal", (12, 1500))
                    file.create_virtual_dataset("signal", layout)
                case "many":
                    file.create_dataset("signal", data=np.stack([counts, counts]))
            file.attrs.update({"unit": "uV", "sampling_rate": RATE, "leads": list(LEADS)})
        with pytest.raises(ReadError, match="another file" if name in ("external", "virtual") else "signal"):
            read_ecg(tmp_path / f"{name}.h5")
    with h5py.File(tmp_path / "root.h5", "w") as file:
        file["signal"] = counts
        file.attrs.update({"unit": b"uV", "sampling_rate": np.float32(RATE), "leads": np.array(LEADS, dtype="S3")})
    assert read_ecg(tmp_path / "root.h5").lead_mask.all()


def test_a_table_of_chest_leads_by_their_electrodes(tmp_path: Path) -> None:
    """C1-C6 beside limb leads are V1-V6, and their columns are read."""
    names = ("I", "II", *(f"C{number}" for number in range(1, 7)))
    columns = np.array([[int(value) * (1 + number % 3) for number in range(8) for value in row.split(",")[:1]] for row in ROWS.split("\n")])
    text = "# unit: uV\n# sampling_rate: 100\n{}\n" + "\n".join(",".join(map(str, row)) for row in columns)
    read = read_ecg(table(tmp_path, text.format(",".join(names))))
    assert (read.lead_mask.all(), read.unknown_signals) == (True, ())
    np.testing.assert_allclose(read.signal[6:], columns[:, 2:].T / 1000, atol=1e-6)


def test_values_as_lists_of_one(tmp_path: Path) -> None:
    """As MATLAB writes attributes of HDF5."""
    signal = np.array([[int(value) for value in row.split(",")] for row in ROWS.split("\n")])
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("signal", data=signal)
        dataset.attrs.update(unit=np.array([b"uV"]), sampling_rate=np.array([100.0]), leads=["I", "II"])
    np.savez(tmp_path / "a.npz", signal=signal[:, :1], unit=["uV"], sampling_rate=[100], leads=["II"])
    for name, lead in (("a.h5", 0), ("a.npz", 1)):
        read = read_ecg(tmp_path / name)
        assert read.sampling_rate == 100
        np.testing.assert_allclose(read.signal[lead], signal[:, 0] / 1000, atol=1e-6)
