"""AHA statements: modifiers refine, doubt or count; what has no row keeps its number."""

import pytest

from jaccardio.findings.aha_codes import _codes, code_of_statement
from jaccardio.findings.mapping import LabelMapper
from jaccardio.findings.vocabulary import Vocabulary


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("50", "scp:AFIB"),
        ("50+346", "scp:AFIB"),
        ("60+340", "snomed:251182009"),
        ("147", "snomed:164934002"),
        ("147+308+367", "snomed:59931005"),
        ("142+312", "open:scp:LVH"),
        ("152", "aha:152"),
        ("22+", None),
        ("Erika", None),
        ("20200304", None),
    ],
)
def test_code_of_a_statement(statement: str, code: str | None) -> None:
    assert code_of_statement(statement) == code


def test_every_row_is_known_to_a_vocabulary_that_ships() -> None:
    known = set().union(*(LabelMapper.for_vocabulary(Vocabulary.load(name)).meanings for name in Vocabulary.available()))
    assert set(_codes().values()) <= known
