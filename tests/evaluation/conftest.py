import pytest

from .cases import Case, random_case


@pytest.fixture
def case() -> Case:
    return random_case()
