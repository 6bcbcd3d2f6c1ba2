"""The corpora by name. Each factory takes (source, key, sampling_rate, vocabulary, options) and checks its tables before it returns."""

from collections.abc import Callable, Mapping
from pathlib import Path

from jaccardio.cohort.corpora.challenge import open_challenge
from jaccardio.cohort.corpora.chapman import open_chapman
from jaccardio.cohort.corpora.code15 import open_code15
from jaccardio.cohort.corpora.corpus import Corpus, SourceOptions
from jaccardio.cohort.corpora.echonext import open_echonext
from jaccardio.cohort.corpora.folder import open_folder
from jaccardio.cohort.corpora.manifest import open_manifest
from jaccardio.cohort.corpora.mimic import open_mimic
from jaccardio.cohort.corpora.ptbxl import open_ptbxl
from jaccardio.cohort.corpora.ptbxl_plus import open_ptbxl_plus
from jaccardio.cohort.corpora.sph import open_sph
from jaccardio.findings.vocabulary import Vocabulary

CORPORA: Mapping[str, Callable[[Path, bytes | None, float, Vocabulary, SourceOptions], Corpus]] = {
    "ptbxl": open_ptbxl,
    "challenge": open_challenge,
    "manifest": open_manifest,
    "folder": open_folder,
    "wfdb": open_folder,  # its name when WFDB was all that was read
    "code15": open_code15,
    "mimic": open_mimic,
    "echonext": open_echonext,
    "sph": open_sph,
    "chapman": open_chapman,
    "ptbxl-plus": open_ptbxl_plus,
}

PUBLISHED = frozenset(CORPORA) - {"challenge", "manifest", "folder", "wfdb"}
"""Public databases, whose hospitals and patients are known by public ids alone."""
