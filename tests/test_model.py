"""The model: what it may see, what it may not, and how it is saved."""

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from drummer.config import Config, load_config
from drummer.data.batches import Batch
from drummer.errors import ConfigError, WeightsError
from drummer.model.checkpoint import (
    TrainedModel,
    build_model,
    known_genres,
    load_weights,
    model_names,
    round_weights,
    save_weights,
)
from drummer.model.network import BUMPS, Given, Played, Seq2SeqLSTM, bumps, earlier_in_step, make_score
from drummer.model.reference_bank import ReferenceBank
from drummer.model.tokenizer import Binning, StepTokenizer
from drummer.music.controls import CONTROLS
from drummer.music.genre_scale import QUANTILES, GenreScale
from drummer.music.voices import VOICE_COUNT
from drummer.training.likelihood import surprise

LENGTH = 3 * 48
SYMBOLS = [0, 1, 2, 16, 17, 18]


def make(config: Config | None = None) -> Seq2SeqLSTM:
    torch.manual_seed(0)
    config = config or load_config()
    return build_model(config, "small", tokenizer(config)).eval()


def tokenizer(config: Config) -> StepTokenizer:
    return StepTokenizer(SYMBOLS, config.grid.steps_per_beat, 1, Binning.from_config(config))


def example(model: Seq2SeqLSTM, seed: int = 0, batch: int = 2) -> tuple[Given, Played]:
    generator = np.random.default_rng(seed)
    tokens = torch.from_numpy(generator.integers(2, model.shape.vocabulary, (batch, LENGTH)))
    hits = model.token_voices[tokens]
    velocities = torch.from_numpy(generator.uniform(0.01, 1, (batch, LENGTH, VOICE_COUNT)).astype(np.float32)) * hits
    offsets = torch.from_numpy(generator.uniform(-0.5, 0.49, (batch, LENGTH, VOICE_COUNT)).astype(np.float32)) * hits
    nothing = torch.zeros_like(hits)
    conditions = (torch.full((batch, LENGTH), 2), torch.full((batch, LENGTH), 96.0), torch.zeros(batch, LENGTH, dtype=torch.long))
    position = torch.arange(LENGTH).expand(batch, LENGTH) % 48
    told = torch.zeros(batch, LENGTH, model.shape.control_features)
    return Given(make_score(nothing, nothing, velocities, offsets), *conditions, position, told), Played(
        tokens, velocities, offsets
    )


@torch.inference_mode()
def states(
    model: Seq2SeqLSTM, given: Given, played: Played, memory: bool = True, own: torch.Tensor | None = None
) -> torch.Tensor:
    result: torch.Tensor = model(given, played, torch.tensor([memory] * len(played.tokens)), own)
    return result


def test_no_state_sees_what_is_played_at_or_after_it() -> None:
    model = make()
    given, played = example(model)
    _, other = example(model, seed=1)
    cut = 100
    mixed = Played(*(torch.cat([mine[:, :cut], theirs[:, cut:]], dim=1) for mine, theirs in zip(played, other, strict=True)))
    before, after = states(model, given, played), states(model, given, mixed)
    assert torch.equal(before[:, : cut + 1], after[:, : cut + 1])  # the state at `cut` has read up to cut - 1
    assert not torch.allclose(before[:, cut + 1 :], after[:, cut + 1 :])


def test_a_masked_score_says_nothing_and_a_known_one_is_heard_everywhere() -> None:
    model = make()
    given, played = example(model)
    _, other = example(model, seed=1)
    known = torch.zeros_like(played.velocities, dtype=torch.bool)
    assert torch.equal(make_score(known, known, *played[1:]), make_score(known, known, *other[1:]))
    known[:, 120:] = True
    heard = given._replace(score=make_score(known, known, *played[1:]))
    assert not torch.allclose(
        states(model, given, played)[:, 115], states(model, heard, played)[:, 115]
    )  # it reads backwards too


def test_hits_can_be_given_without_their_performance() -> None:
    _, played = example(make())
    known = torch.ones_like(played.velocities, dtype=torch.bool)
    flat = make_score(known, ~known, *played[1:])
    louder = make_score(known, ~known, torch.where(played.velocities > 0, 1.0, 0.0), played.offsets)
    assert torch.equal(flat, louder)


def test_memory_reaches_back_and_can_be_dropped() -> None:
    model = make()
    given, played = example(model)
    changed = Played(*(array.clone() for array in played))
    changed.velocities[:, 10] = 0.9
    remembered = model.memory(changed) - model.memory(played)
    beat, half_a_bar, bar, two_bars = [21, 22, 23], [33, 34, 35], [57, 58, 59], [105, 106, 107]
    assert remembered.abs().amax(dim=(0, 2)).nonzero().flatten().tolist() == beat + half_a_bar + bar + two_bars
    assert not torch.allclose(
        states(model, given, played, memory=True)[:, 60:], states(model, given, played, memory=False)[:, 60:]
    )


def test_the_latest_hit_of_each_voice_is_carried_along() -> None:
    model = make()
    nothing = torch.zeros(1, 5, VOICE_COUNT)
    played = Played(torch.zeros(1, 5, dtype=torch.long), nothing.clone(), nothing.clone())
    played.velocities[0, 1, 0], played.offsets[0, 1, 0] = 0.5, -0.25
    played.velocities[0, 3, 0] = 0.75
    latest = model.latest(played)[0]
    assert latest[:, 0].tolist() == [0.0, 0.5, 0.5, 0.75, 0.75]
    assert latest[:, VOICE_COUNT].tolist() == [0.0, -0.5, -0.5, 0.0, 0.0]
    assert not latest[:, 1:VOICE_COUNT].any()


def test_bumps_tell_neighbouring_values_apart_and_lose_nothing() -> None:
    values = torch.tensor([0.0, 0.1, 0.5, 1.0])
    spread = bumps(values)
    assert spread.shape == (4, BUMPS)
    torch.testing.assert_close(spread.sum(dim=-1), torch.ones(4))
    torch.testing.assert_close(spread @ torch.linspace(0, 1, BUMPS), values)


def test_a_hit_reads_only_its_own_voices_history() -> None:
    model = make()
    given, played = example(model, batch=1)
    before = states(model, given, played)[0, 60:61]
    changed = Played(*(array.clone() for array in played))
    changed.velocities[:, 12] = torch.where(changed.velocities[:, 12] > 0, 0.01, 0.99)  # one bar before
    after = states(model, given, changed)[0, 60:61]
    for voice in (0, 4):
        hit = torch.tensor([voice])
        assert not torch.equal(model.history(before, hit), model.history(after, hit))
    only_snare = Played(*(array.clone() for array in played))
    only_snare.velocities[:, 12, 1] = 0.77
    assert torch.equal(model.history(before, hit), model.history(states(model, given, only_snare)[0, 60:61], hit))


def test_of_a_steps_hits_only_earlier_voices_are_shown() -> None:
    velocities = torch.tensor([[0.5, 0.6, 0.7] + [0.0] * 10])
    shown = earlier_in_step(torch.tensor([1]), velocities, torch.zeros(1, VOICE_COUNT)).reshape(VOICE_COUNT, -1)
    assert shown.any(dim=1).tolist() == [True] + [False] * 12


def test_guided_by_the_truth_alone_scheduled_sampling_is_the_plain_pass() -> None:
    model = make()
    given, played = example(model)
    never = torch.zeros(2, LENGTH, dtype=torch.bool)
    torch.testing.assert_close(states(model, given, played, own=never), states(model, given, played), atol=1e-5, rtol=1e-4)


def test_left_to_its_own_guesses_the_decoder_does_not_see_the_tokens() -> None:
    config = load_config(overrides=["model.performance=false", "model.memory_beats=[]"])
    model = make(config)
    given, played = example(model)
    _, other = example(model, seed=1)
    always = torch.ones(2, LENGTH, dtype=torch.bool)
    assert torch.equal(states(model, given, played, own=always), states(model, given, other, own=always))


def test_the_loss_counts_targets_only_and_weights_their_tokens() -> None:
    model = make()
    given, played = example(model)
    bins = torch.zeros(played.velocities.shape, dtype=torch.long)
    target = torch.zeros(2, LENGTH, dtype=torch.bool)
    target[0, :10] = True
    memory = torch.tensor([True, True])
    performed = (played.velocities > 0) & target[..., None]
    plain = surprise(model, Batch(given, played, bins, bins, target, performed), memory)
    other = played._replace(tokens=torch.where(torch.arange(LENGTH) > 20, 2, played.tokens))
    assert torch.equal(surprise(model, Batch(given, other, bins, bins, target, performed), memory).voices, plain.voices)
    twice = surprise(model, Batch(given, played, bins, bins, target, performed), memory, class_weights=torch.full((8,), 2.0))
    torch.testing.assert_close(twice.voices, 2 * plain.voices)
    torch.testing.assert_close(twice.timing, plain.timing)


def test_beat_tokens_have_no_performance_heads() -> None:
    with pytest.raises(ConfigError, match=r"model\.performance must be false with tokens\.kind beat"):
        make(load_config(overrides=["tokens.kind=beat"]))
    with pytest.raises(ConfigError, match="unknown model size 'huge', it must be one of small, medium, large"):
        build_model(load_config(), "huge", tokenizer(load_config()))


# -- weights on disk -----------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    config = load_config()
    scale, repertoire = GenreScale(np.zeros((12, len(CONTROLS), QUANTILES))), ReferenceBank.collect([])
    trained = TrainedModel(make(), tokenizer(config), config, "small", scale, repertoire, {"command": "none"})
    save_weights(trained, tmp_path, "tiny")
    return tmp_path


def test_weights_come_back_rounded_to_half_precision(saved: Path) -> None:
    model = make()
    round_weights(model)
    again = load_weights("tiny", saved)
    given, played = example(model)
    assert torch.equal(states(again.model, given, played), states(model, given, played))
    assert again.facts == {"command": "none"}
    assert again.tokenizer.symbols == tuple(SYMBOLS)
    for suffix in ("safetensors", "json"):
        (saved / f"tiny.checkpoint.{suffix}").write_bytes(b"")
    assert model_names(saved) == ["tiny"]


def test_rounding_changes_weights_by_a_thousandth_at_most() -> None:
    model, exact = make(), make()
    round_weights(model)
    for one, other in zip(model.parameters(), exact.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6)
    assert not torch.equal(model.token_embedding.weight, exact.token_embedding.weight)


def test_large_weights_are_dealt_out_to_files_of_less_than_ten_megabytes(tmp_path: Path) -> None:
    config = load_config()
    torch.manual_seed(0)
    model = build_model(config, "large", tokenizer(config)).eval()
    round_weights(model)
    scale, repertoire = GenreScale(np.zeros((12, len(CONTROLS), QUANTILES))), ReferenceBank.collect([])
    trained = TrainedModel(model, tokenizer(config), config, "large", scale, repertoire, {})
    (tmp_path / "big.9.safetensors").write_bytes(b"of an earlier, larger model")
    save_weights(trained, tmp_path, "big")
    files = sorted(tmp_path.glob("*.safetensors"))
    assert [file.name for file in files] == ["big.2.safetensors", "big.3.safetensors", "big.safetensors"]
    assert max(file.stat().st_size for file in files) < 10_000_000
    assert model_names(tmp_path) == ["big"]
    for one, other in zip(load_weights("big", tmp_path).model.parameters(), model.parameters(), strict=True):
        assert torch.equal(one, other)
    files[0].unlink()
    with pytest.raises(WeightsError, match=r"big\.safetensors is damaged .*big\.2\.safetensors"):
        load_weights("big", tmp_path)


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


def retold(saved: Path, **changes: object) -> None:
    """Change what the description says."""
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
    retold(saved, shards=shards)
    with pytest.raises(WeightsError, match=r"tiny\.json is damaged \(shards must be a whole number, 1-1000, got "):
        load_weights("tiny", saved)


@pytest.mark.parametrize("config", [[], None, "x", 3, {"grid": 3, "genres": [], "tokens": [], "model": []}])
def test_a_configuration_that_is_none_is_one_sentence(saved: Path, config: object) -> None:
    retold(saved, config=config)
    with pytest.raises(WeightsError):
        load_weights("tiny", saved)


@pytest.mark.parametrize(
    ("key", "value"), [("hidden", 8000), ("head_hidden", 10**9), ("layers", 60), ("layers", 0), ("hidden", -5)]
)
def test_sizes_that_the_file_does_not_fill_take_no_memory(saved: Path, key: str, value: int) -> None:
    config = json.loads((saved / "tiny.json").read_text())["config"]
    config["model"]["sizes"]["small"][key] = value
    retold(saved, config=config)
    with pytest.raises(WeightsError):
        load_weights("tiny", saved)


def test_a_repertoire_whose_parts_do_not_fit_is_refused(saved: Path) -> None:
    tensors = safetensors.torch.load_file(saved / "tiny.safetensors")
    tensors["repertoire.lengths"] = torch.tensor([4])
    safetensors.torch.save_file(tensors, saved / "tiny.safetensors")
    with pytest.raises(WeightsError, match=r"tiny\.safetensors does not fit tiny\.json"):
        load_weights("tiny", saved)


def test_only_genres_that_the_weights_know_are_offered(saved: Path) -> None:
    assert known_genres("tiny", saved) == list(load_config().genres)
    config = json.loads((saved / "tiny.json").read_text())["config"]
    config["genres"] = {name: config["genres"][name] for name in ("jazz", "funk")} | {"polka": config["genres"]["rock"]}
    retold(saved, config=config)
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
