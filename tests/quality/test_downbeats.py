"""How often grooves of the shipped small model begin with a hit."""

import io

import mido
import numpy as np
import pytest

from drummer import Drummer, model_names
from drummer.files import midi

pytestmark = pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")

NEAR = 0.2  # beats


def test_bar_1_begins_as_often_with_a_hit_as_the_others_do(drummer: Drummer) -> None:
    """Counted in MIDI files. Cut at the bar line, grooves of these weights lack every fifth first downbeat."""
    begun = np.zeros((len(drummer.genres), 4, 4), dtype=bool)  # genre, seed, bar
    for row, genre in enumerate(drummer.genres):
        for seed in range(4):
            groove = drummer.generate(genre=genre, bpm=drummer.reference_bpm(genre, seed), bars=4, seed=seed)
            file = mido.MidiFile(file=io.BytesIO(midi.to_bytes(groove)))
            deltas = np.cumsum([message.time for message in file.tracks[0]]) / file.ticks_per_beat
            onsets = np.array([at for at, each in zip(deltas, file.tracks[0], strict=True) if each.type == "note_on"])
            begun[row, seed] = [(np.abs(onsets - 4 * bar) <= NEAR).any() for bar in range(4)]
    assert begun[..., 0].mean() >= begun[..., 1:].mean() - 0.06
