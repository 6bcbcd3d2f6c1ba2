"""The corpora by name. Each factory takes (source, key, sampling_rate, vocabulary) and checks its tables before it returns."""

from collections.abc import Callable, Mapping
from pathlib import Path

from jaccardio.cohort.corpora.corpus import Corpus
from jaccardio.cohort.corpora.ptbxl import PtbXl
from jaccardio.findings.vocabulary import Vocabulary

CORPORA: Mapping[str, Callable[[Path, bytes | None, float, Vocabulary], Corpus]] = {
    "ptbxl": PtbXl.open,
}
