"""The bias against voices that a phrase of the reference performance leaves out."""

from __future__ import annotations

import numpy as np

from drummer.generation.unused_voices import UnusedVoiceBias, find_unused_voices
from drummer.music.groove import Groove, Hits
from drummer.music.meter import Meter
from drummer.music.voices import VOICE_COUNT, VOICE_INDEX

KICK, SNARE = VOICE_INDEX["kick"], VOICE_INDEX["snare"]


def test_a_voice_is_unused_in_a_phrase_in_which_it_is_silent() -> None:
    """A kick in every bar of six, a snare in the second, a tom in the first and the third, a crash just ahead of the fifth."""
    beats = [0.0, 1.0, 4.0, 5.0, 8.0, 9.0, 12.0, 15.95, 16.0, 20.0]
    names = ["kick", "tom_low", "kick", "snare", "kick", "tom_low", "kick", "crash", "kick", "kick"]
    hits = Hits(np.array(beats), np.array([VOICE_INDEX[name] for name in names]), np.full(10, 0.5, dtype=np.float32))
    unused = find_unused_voices(Groove.from_hits(hits, 100.0, bars=6))
    assert unused.shape == (6, VOICE_COUNT)
    expected = {
        "kick": (False, False),
        "snare": (False, True),
        "tom_low": (False, False),
        "crash": (True, False),
        "ride": (True, True),
    }
    for name, (first, last) in expected.items():  # the second phrase has two bars: the last four bars count
        assert unused[:, VOICE_INDEX[name]].tolist() == [first] * 4 + [last] * 2, name


def test_bars_in_triple_time_have_their_unused_voices_too() -> None:
    hits = Hits(np.array([0.0, 12.0]), np.array([KICK, SNARE]), np.full(2, 0.5, dtype=np.float32))
    unused = find_unused_voices(Groove.from_hits(hits, 100.0, bars=8, meter=Meter(3, 4)))
    assert unused[:, KICK].tolist() == [False] * 4 + [True] * 4 and unused[:, SNARE].tolist() == [True] * 4 + [False] * 4


def test_tokens_pay_for_each_unused_voice_from_the_last_position_of_the_bar_before() -> None:
    vocabulary = np.zeros((4, VOICE_COUNT), dtype=bool)
    silent, kick, snare, both = range(4)
    vocabulary[[kick, both], KICK] = vocabulary[[snare, both], SNARE] = True
    unused = np.zeros((3, VOICE_COUNT), dtype=bool)
    unused[1, [KICK, SNARE]] = unused[2, SNARE] = True
    bias, tokens = UnusedVoiceBias(vocabulary, unused, 48, 0.5), np.zeros(144, dtype=np.int64)
    assert not bias(tokens, 0).any() and not bias(tokens, 46).any()
    for position in (47, 48, 94):
        assert bias(tokens, position)[[silent, kick, snare, both]].tolist() == [0.0, -0.5, -0.5, -1.0]
    for position in (95, 143):
        assert bias(tokens, position)[[silent, kick, snare, both]].tolist() == [0.0, 0.0, -0.5, -0.5]
