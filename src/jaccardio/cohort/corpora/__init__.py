"""The corpora by name. Each factory takes (source, key, sampling_rate, vocabulary, options) and checks its tables before it returns."""

from collections.abc import Callable, Mapping
from pathlib import Path

from jaccardio.cohort.corpora.challenge import Challenge
from jaccardio.cohort.corpora.corpus import Corpus, SourceOptions
from jaccardio.cohort.corpora.folder import Folder
from jaccardio.cohort.corpora.manifest import Manifest
from jaccardio.cohort.corpora.ptbxl import PtbXl
from jaccardio.findings.vocabulary import Vocabulary

CORPORA: Mapping[str, Callable[[Path, bytes | None, float, Vocabulary, SourceOptions], Corpus]] = {
    "ptbxl": PtbXl.open,
    "challenge": Challenge.open,
    "manifest": Manifest.open,
    "folder": Folder.open,
    "wfdb": Folder.open,  # its name when WFDB was all that was read
}
