"""Tokens: round trips on real performances, vocabularies, and what falls outside them."""

import json

import numpy as np
import pytest

from drummer.config import default_config, load_config
from drummer.data.corpus import Corpus
from drummer.errors import ConfigError, WeightsError
from drummer.model.tokenizer import UNK, Binning, Tokenizer
from drummer.music.groove import Groove
from tests.datasets import simple_groove


def test_every_test_performance_survives_encode_and_decode(real_corpus: Corpus) -> None:
    config = default_config()
    tokenizer = Tokenizer.fit((take.groove for take in real_corpus.select("train", config.genres)), config)
    kept = played = 0
    timing_errors, velocity_errors = [], []
    for take in (take for take in real_corpus.performances if take.split == "test"):
        decoded = tokenizer.decode(tokenizer.encode(take.groove), take.groove.bpm, take.groove.meter)
        both = decoded.hits & take.groove.hits
        assert not (decoded.hits & ~take.groove.hits).any()
        kept += int(both.sum())
        played += take.groove.hit_count + take.lost + take.unplaced
        timing_errors.append(np.abs(decoded.offsets - take.groove.offsets)[both] / 12 * 0.5)  # seconds at 120 BPM
        velocity_errors.append(np.abs(decoded.velocities - take.groove.velocities)[both] * 127)
    assert kept / played >= 0.98
    assert np.median(np.concatenate(timing_errors)) <= 0.003
    assert np.concatenate(timing_errors).max() <= 0.003
    assert np.concatenate(velocity_errors).max() <= 2.05  # half of 126 / 31, and float32


def test_the_vocabulary_covers_nearly_all_held_out_steps(real_corpus: Corpus) -> None:
    config = default_config()
    tokenizer = Tokenizer.fit((take.groove for take in real_corpus.select("train", config.genres)), config)
    tokens = np.concatenate([tokenizer.encode(take.groove).tokens for take in real_corpus.select("test", config.genres)])
    sounding = tokens[tokens != tokenizer.encode(Groove.silent(1, 100)).tokens[0]]
    assert (sounding == UNK).mean() < 0.002


def test_binning_is_within_half_a_bin() -> None:
    binning = Binning(32, 8)
    velocities = (np.arange(1, 128) / 127).astype(np.float32)
    assert np.abs(binning.velocity(binning.velocity_bin(velocities)) - velocities).max() <= 126 / 31 / 2 / 127 + 1e-6
    assert binning.velocity_bin(np.float32([126 / 127, 1.0])).tolist() == [30, 31]  # the loudest is a bin of its own
    assert (binning.velocity(np.array([31, 31]), 0.3) == 1.0).all()
    offsets = np.linspace(-0.5, 0.4999, 999, dtype=np.float32)
    assert np.abs(binning.offset(binning.timing_bin(offsets)) - offsets).max() <= 1 / 16 + 1e-6


@pytest.mark.parametrize("inside", [0.0, 0.5, 1 - 2**-53])
def test_any_place_in_a_bin_is_in_that_bin_and_makes_a_valid_groove(inside: float) -> None:
    binning = Binning(32, 8)
    bins = np.arange(32)
    velocities = binning.velocity(bins, inside)
    assert velocities.min() > 0 and velocities.max() <= 1
    offsets = binning.offset(np.arange(8), inside)
    assert offsets.min() >= -0.5 and offsets.max() < 0.5
    assert np.abs(binning.timing_bin(offsets) - np.arange(8)).max() <= (inside > 0.9)  # float32 may round up at the very edge


def test_bins_must_fill_a_step() -> None:
    with pytest.raises(ConfigError, match=r"multiple of grid.steps_per_beat \(12\), got 100"):
        Binning.from_config(load_config(overrides=["model.timing_bins_per_beat=100"]))


def test_rare_voice_sets_become_unknown() -> None:
    config = default_config()
    groove = simple_groove(8)
    odd = simple_groove(1)
    hits = odd.hits.copy()
    hits[7, [8, 9, 12]] = True
    odd = Groove(hits, np.where(hits, np.float32(0.5), 0), np.zeros_like(odd.offsets), 100)
    tokenizer = Tokenizer.fit([groove, groove, odd], config)
    tokens = tokenizer.encode(odd).tokens
    assert tokens[7] == UNK
    assert (np.delete(tokens, 7) != UNK).all()
    assert not tokenizer.decode(tokenizer.encode(odd), 100).hits[7].any()


def test_a_tokenizer_comes_back_from_json() -> None:
    groove = simple_groove(4)
    tokenizer = Tokenizer.fit([groove, groove], default_config())
    again = Tokenizer.from_dict(json.loads(json.dumps(tokenizer.to_dict())), default_config())
    assert again.symbols == tokenizer.symbols
    assert np.array_equal(again.encode(groove).tokens, tokenizer.encode(groove).tokens)
    assert np.array_equal(again.token_voices(), tokenizer.token_voices())


@pytest.mark.parametrize("data", [{}, {"kind": "step"}, {"kind": "step", "symbols": ["x"]}, {"kind": "word", "symbols": []}])
def test_a_damaged_vocabulary_is_named(data: dict) -> None:
    with pytest.raises(WeightsError, match="vocabulary"):
        Tokenizer.from_dict(data, default_config())
