import pytest

from tests.evaluation.cases import Case, random_case


@pytest.fixture
def case() -> Case:
    return random_case()
