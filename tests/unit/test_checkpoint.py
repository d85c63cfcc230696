"""Trained models on disk: what comes back, what is refused, and weights of earlier versions."""

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from drummer.config import Config, load_config
from drummer.errors import WeightsError
from drummer.model.checkpoint import TrainedModel, build_model, load_weights, round_weights, save_weights
from drummer.model.description import known_genres, model_names
from drummer.model.network import Seq2SeqLSTM
from drummer.model.reference_bank import ReferenceBank
from drummer.model.tokenizer import Tokenizer
from drummer.music.controls import CONTROLS
from drummer.music.genre_scale import QUANTILES, GenreScale

SYMBOLS = [0, 1, 2, 16, 17, 18]


def make(config: Config, size: str = "small") -> Seq2SeqLSTM:
    torch.manual_seed(0)
    return build_model(config, size, Tokenizer(SYMBOLS, config)).eval()


def wrap(config: Config, model: Seq2SeqLSTM, size: str, metadata: dict[str, str]) -> TrainedModel:
    scale, bank = GenreScale(np.zeros((12, len(CONTROLS), QUANTILES))), ReferenceBank.collect([])
    return TrainedModel(model, Tokenizer(SYMBOLS, config), config, size, scale, bank, metadata)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    config = load_config()
    save_weights(wrap(config, make(config), "small", {"command": "none"}), tmp_path, "tiny")
    return tmp_path


def test_weights_come_back_rounded_to_half_precision(saved: Path) -> None:
    model = make(load_config())
    round_weights(model)
    again = load_weights("tiny", saved)
    assert again.model.state_dict().keys() == model.state_dict().keys()
    for key, tensor in again.model.state_dict().items():
        assert torch.equal(tensor, model.state_dict()[key]), key
    assert again.metadata == {"command": "none"}
    assert again.tokenizer.symbols == tuple(SYMBOLS)
    for suffix in ("safetensors", "json"):
        (saved / f"tiny.checkpoint.{suffix}").write_bytes(b"")
    assert model_names(saved) == ["tiny"]


def test_a_model_plays_in_the_meters_that_it_was_trained_on(saved: Path) -> None:
    assert len(load_weights("tiny", saved).meters) == 12  # of weights that do not list theirs
    path = saved / "tiny.json"
    description = json.loads(path.read_text())
    path.write_text(json.dumps({**description, "meters": ["4/4", "11/8"]}))
    assert [meter.signature for meter in load_weights("tiny", saved).meters] == ["4/4", "11/8"]
    for wrong in (["4"], 4, [4]):
        path.write_text(json.dumps({**description, "meters": wrong}))
        with pytest.raises(WeightsError, match=r"tiny\.json is damaged"):
            load_weights("tiny", saved)


def test_rounding_changes_weights_by_a_thousandth_at_most() -> None:
    model, exact = make(load_config()), make(load_config())
    round_weights(model)
    for one, other in zip(model.parameters(), exact.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6)
    assert not torch.equal(model.token_embedding.weight, exact.token_embedding.weight)


def test_large_weights_are_dealt_out_to_files_of_less_than_ten_megabytes(tmp_path: Path) -> None:
    model = make(load_config(), "large")
    round_weights(model)
    (tmp_path / "big.9.safetensors").write_bytes(b"of an earlier, larger model")
    save_weights(wrap(load_config(), model, "large", {}), tmp_path, "big")
    files = sorted(tmp_path.glob("*.safetensors"))
    assert [file.name for file in files] == ["big.2.safetensors", "big.3.safetensors", "big.safetensors"]
    assert max(file.stat().st_size for file in files) < 10_000_000
    assert model_names(tmp_path) == ["big"]
    for one, other in zip(load_weights("big", tmp_path).model.parameters(), model.parameters(), strict=True):
        assert torch.equal(one, other)
    files[0].unlink()
    with pytest.raises(WeightsError, match=r"big\.safetensors is damaged .*big\.2\.safetensors"):
        load_weights("big", tmp_path)


def test_configurations_with_former_names_are_read(saved: Path) -> None:
    path = saved / "tiny.json"
    description = json.loads(path.read_text())
    description["config"]["tokens"] = {"kind": "step", "min_count": 2, "coverage": 0.95, "loudness_levels": 4}
    description["config"]["model"]["performance"] = True
    description["config"]["training"] = {"recovery": {"epochs": 3}, "teacher_forcing": {}}
    path.write_text(json.dumps(description))
    again = load_weights("tiny", saved)
    assert again.config.tokens == load_config().tokens
    assert again.config.model == load_config().model
    assert again.config.original_recipe is None


@pytest.mark.parametrize("name", ["big", "../tiny", "/etc/passwd", "", "tiny.safetensors"])
def test_a_model_is_looked_up_among_the_names_that_are_there(saved: Path, name: str) -> None:
    with pytest.raises(WeightsError, match="it must be one of tiny"):
        load_weights(name, saved)


def test_no_weights_at_all_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"run train\.py"):
        load_weights("small", tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("tiny.safetensors", b"", r"tiny\.safetensors is damaged"),
        ("tiny.safetensors", b"\x80\x04pickle?", r"tiny\.safetensors is damaged"),
        ("tiny.safetensors", safetensors.torch.save({"x": torch.zeros(2)}), r"does not fit tiny\.json"),
        ("tiny.json", b"{", r"tiny\.json is damaged"),
        ("tiny.json", b"[]", "must hold a JSON object"),
        ("tiny.json", b"{}", "lacks the key 'config'"),
    ],
)
def test_damaged_weights_are_named(saved: Path, file: str, content: bytes, sentence: str) -> None:
    (saved / file).write_bytes(content)
    with pytest.raises(WeightsError, match=sentence):
        load_weights("tiny", saved)


def change_description(saved: Path, **changes: object) -> None:
    """Change entries of the description."""
    description = json.loads((saved / "tiny.json").read_text())
    (saved / "tiny.json").write_text(json.dumps(description | changes))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("key", ["token_embedding.weight", "scale"])
def test_weights_that_are_no_numbers_are_refused(saved: Path, key: str, number: float) -> None:
    tensors = safetensors.torch.load_file(saved / "tiny.safetensors")
    tensors[key].view(-1)[-1] = number
    safetensors.torch.save_file(tensors, saved / "tiny.safetensors")
    with pytest.raises(WeightsError, match=rf"tiny\.safetensors is damaged \({key} holds NaN or infinity\)"):
        load_weights("tiny", saved)


@pytest.mark.parametrize("shards", ["x", 1e9, 10**9, 0, -1, 1.5, None, [1], True])
def test_a_number_of_shards_that_cannot_be_is_one_sentence(saved: Path, shards: object) -> None:
    change_description(saved, shards=shards)
    with pytest.raises(WeightsError, match=r"tiny\.json is damaged \(shards must be a whole number from 1 to 1000, got "):
        load_weights("tiny", saved)


@pytest.mark.parametrize("config", [[], None, "x", 3, {"grid": 3, "genres": [], "tokens": [], "model": []}])
def test_a_configuration_that_is_none_is_one_sentence(saved: Path, config: object) -> None:
    change_description(saved, config=config)
    with pytest.raises(WeightsError):
        load_weights("tiny", saved)


@pytest.mark.parametrize(
    ("key", "value"), [("hidden", 8000), ("head_hidden", 10**9), ("layers", 60), ("layers", 0), ("hidden", -5)]
)
def test_sizes_that_the_file_does_not_fill_take_no_memory(saved: Path, key: str, value: int) -> None:
    config = json.loads((saved / "tiny.json").read_text())["config"]
    config["model"]["sizes"]["small"][key] = value
    change_description(saved, config=config)
    with pytest.raises(WeightsError):
        load_weights("tiny", saved)


def test_a_reference_bank_whose_parts_do_not_fit_is_refused(saved: Path) -> None:
    tensors = safetensors.torch.load_file(saved / "tiny.safetensors")
    tensors["repertoire.lengths"] = torch.tensor([4])
    safetensors.torch.save_file(tensors, saved / "tiny.safetensors")
    with pytest.raises(WeightsError, match=r"tiny\.safetensors does not fit tiny\.json"):
        load_weights("tiny", saved)


def test_only_genres_that_the_weights_know_are_offered(saved: Path) -> None:
    assert known_genres("tiny", saved) == list(load_config().genres)
    config = json.loads((saved / "tiny.json").read_text())["config"]
    config["genres"] = {name: config["genres"][name] for name in ("jazz", "funk")} | {"polka": config["genres"]["rock"]}
    change_description(saved, config=config)
    assert known_genres("tiny", saved) == ["funk", "jazz"]
    (saved / "tiny.json").write_text("{")
    assert known_genres("tiny", saved) == list(load_config().genres)  # it says so when it is loaded


def test_weights_of_another_vocabulary_do_not_fit(saved: Path) -> None:
    description = json.loads((saved / "tiny.json").read_text())
    description["vocabulary"]["symbols"].append(4)
    (saved / "tiny.json").write_text(json.dumps(description))
    with pytest.raises(WeightsError, match="does not fit"):
        load_weights("tiny", saved)


def test_weights_of_another_version_say_so(saved: Path) -> None:
    description = json.loads((saved / "tiny.json").read_text())
    description["config"]["model"]["dropouts"] = 3
    (saved / "tiny.json").write_text(json.dumps(description))
    with pytest.raises(WeightsError, match=r"unknown key 'model\.dropouts'"):
        load_weights("tiny", saved)
