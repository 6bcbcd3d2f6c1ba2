import pytest

from jaccardio.errors import UsageError
from jaccardio.recording.checks.table import CHECKS, FLAG, REFUSE, configured


def test_a_setting_changes_action_threshold_or_both() -> None:
    checks = configured(["noise=refuse", "wander=1.5", "gap=refuse:0.2"])
    assert (checks["noise"].action, checks["noise"].threshold) == (REFUSE, CHECKS["noise"].threshold)
    assert (checks["wander"].action, checks["wander"].threshold) == (FLAG, 1.5)
    assert (checks["gap"].action, checks["gap"].threshold) == (REFUSE, 0.2)
    assert list(checks) == list(CHECKS)
    assert checks["pacing"] == CHECKS["pacing"]


@pytest.mark.parametrize("setting", ["noise", "noise=", "noise=stop", "noise=refuse:much", "noise=nan", "sound=refuse", ""])
def test_a_setting_that_says_nothing_is_refused(setting: str) -> None:
    with pytest.raises(UsageError, match="--check"):
        configured([setting])
