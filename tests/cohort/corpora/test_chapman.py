"""Chapman-Shaoxing and Ningbo: headers as the Challenge's, codes of the database's own table. Layout from documentation."""

from pathlib import Path

import pytest

from jaccardio.cohort.corpora.chapman import open_chapman
from jaccardio.cohort.corpora.corpus import Source
from jaccardio.cohort.ingest import ingest
from jaccardio.errors import UsageError
from jaccardio.findings.vocabulary import Vocabulary

from . import layouts


def test_records_keep_their_public_names_and_no_other_is_taken(tmp_path: Path) -> None:
    folder = layouts.chapman(tmp_path / "chapman")
    report = ingest(folder, tmp_path / "store", corpus="chapman", vocabulary="paper26", sampling_rate=100.0)
    assert (report.stored, report.key_file) == (3, None)
    assert [rejection.record for rejection in report.rejected] == ["chapman:other (X.hea)"]
    assert report.findings["af"] == {"present": 1, "absent": 1, "unknown": 1}, "Ningbo never states fibrillation"
    assert report.unmapped["snomed:999000111"] == 1
    sources = [entry for entry in open_chapman(folder, None, 100.0, Vocabulary.load("paper26")).entries if isinstance(entry, Source)]
    assert [(source.recording_id, source.database, source.closed, source.age) for source in sources] == [
        ("challenge:JS00001", "chapman_shaoxing", True, 85),
        ("challenge:JS00002", "chapman_shaoxing", True, 85),
        ("challenge:JS45551", "ningbo", True, 85),
    ]


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder WFDBRecords"):
        open_chapman(tmp_path, None, 100.0, Vocabulary.load("paper26"))
    (tmp_path / "WFDBRecords").mkdir()
    with pytest.raises(UsageError, match="ConditionNames"):
        open_chapman(tmp_path, None, 100.0, Vocabulary.load("paper26"))
