"""The corpora by name. Each factory takes (source, key, sampling_rate, vocabulary, options) and checks its tables before it returns."""

from collections.abc import Callable, Mapping
from pathlib import Path

from jaccardio.cohort.corpora.challenge import Challenge
from jaccardio.cohort.corpora.chapman import open_chapman
from jaccardio.cohort.corpora.code15 import open_code15
from jaccardio.cohort.corpora.corpus import Corpus, SourceOptions
from jaccardio.cohort.corpora.echonext import open_echonext
from jaccardio.cohort.corpora.folder import Folder
from jaccardio.cohort.corpora.manifest import Manifest
from jaccardio.cohort.corpora.mimic import open_mimic
from jaccardio.cohort.corpora.ptbxl import PtbXl
from jaccardio.cohort.corpora.ptbxl_plus import open_ptbxl_plus
from jaccardio.cohort.corpora.sph import open_sph
from jaccardio.findings.vocabulary import Vocabulary

CORPORA: Mapping[str, Callable[[Path, bytes | None, float, Vocabulary, SourceOptions], Corpus]] = {
    "ptbxl": PtbXl.open,
    "challenge": Challenge.open,
    "manifest": Manifest.open,
    "folder": Folder.open,
    "wfdb": Folder.open,  # its name when WFDB was all that was read
    "code15": open_code15,
    "mimic": open_mimic,
    "echonext": open_echonext,
    "sph": open_sph,
    "chapman": open_chapman,
    "ptbxl-plus": open_ptbxl_plus,
}

PUBLISHED = frozenset(CORPORA) - {"challenge", "manifest", "folder", "wfdb"}
"""Public databases, whose hospitals and patients are known by public ids alone."""
