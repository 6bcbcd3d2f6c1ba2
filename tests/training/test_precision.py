import pytest
import torch

from jaccardio.training.precision import trains_in_bfloat16


@pytest.mark.parametrize(
    ("precision", "device", "has", "expected"),
    [
        ("bf16", "cpu", {}, True),
        ("fp32", "cuda", {"avx512_bf16": True}, False),
        ("auto", "cuda", {}, True),
        ("auto", "cpu", {"avx2": True, "avx512_bf16": False}, False),
        ("auto", "cpu", {"avx512_bf16": True}, True),
        ("auto", "cpu", {"amx_bf16": True}, True),
        ("auto", "cpu", {}, False),
    ],
)
def test_bfloat16_is_used_where_asked_or_where_the_device_has_it(
    precision: str, device: str, has: dict[str, bool], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    assert trains_in_bfloat16(precision, torch.device(device)) is expected
