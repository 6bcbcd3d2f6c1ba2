"""The corpora by name. Each factory takes (source, key, sampling_rate, vocabulary) and checks its tables before it returns."""

from collections.abc import Callable, Mapping
from pathlib import Path

from jaccardio.cohort.corpora.challenge import Challenge
from jaccardio.cohort.corpora.corpus import Corpus
from jaccardio.cohort.corpora.manifest import Manifest
from jaccardio.cohort.corpora.ptbxl import PtbXl
from jaccardio.cohort.corpora.wfdb_folder import WfdbFolder
from jaccardio.findings.vocabulary import Vocabulary

CORPORA: Mapping[str, Callable[[Path, bytes | None, float, Vocabulary], Corpus]] = {
    "ptbxl": PtbXl.open,
    "challenge": Challenge.open,
    "manifest": Manifest.open,
    "wfdb": WfdbFolder.open,
}

PSEUDONYMOUS = frozenset({"manifest", "wfdb"})
"""Corpora whose ids are pseudonyms under a secret key; the others have public ids."""
