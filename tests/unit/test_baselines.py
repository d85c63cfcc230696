"""Baselines: the bigram's probabilities, and the lookup of human hits."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drummer.config import load_config
from drummer.data.corpus import read_corpus
from drummer.data.encoding import encode_performances
from drummer.evaluation.baselines import Bigram, HitLookup
from drummer.model.tokenizer import Tokenizer
from tests.datasets import GENRES, performance, simple_groove, write_gmd


def test_bigram_probabilities_sum_to_one(tmp_path: Path) -> None:
    config = load_config()
    corpus = read_corpus(write_gmd(tmp_path), config, quiet=True)
    train = corpus.select("train", GENRES)
    tokenizer = Tokenizer.fit((one.groove for one in train), config)
    bigram = Bigram(tokenizer)
    bigram.fit(encode_performances(train, tokenizer, config))
    for contexts in [((), ("after", 2), (3, 2)), ((), ("after", 1), (11, 1))]:
        assert sum(bigram._tokens.probability(contexts, token) for token in range(tokenizer.size)) == pytest.approx(1.0)


def test_the_lookup_keeps_the_hits_and_takes_velocities_of_human_hits() -> None:
    grooves = [simple_groove(4, seed=seed) for seed in range(5)]
    lookup = HitLookup(performance(f"drummer1/session1/{index}", groove) for index, groove in enumerate(grooves))
    flat = replace(grooves[0], velocities=grooves[0].hits * np.float32(0.5), offsets=np.zeros_like(grooves[0].offsets))
    humanized = lookup.humanize(flat, "funk", np.random.default_rng(0))
    assert np.array_equal(humanized.hits, flat.hits)
    assert np.isin(humanized.velocities, np.stack([groove.velocities for groove in grooves])).all()
    assert humanized.velocities[humanized.hits].std() > 0.1
