"""Tapped rhythms, as the page sends them.

`{"bars": 2, "bpm": 96, "meter": "7/8 (3+2+2)", "taps": [[0, 0.7], [1.52, 1]]}`: a tap is its beat and its strength.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from drummer.config import default_config
from drummer.errors import SettingError
from drummer.music.groove import Groove, Hits
from drummer.music.meter import Meter
from drummer.music.voices import MIN_VELOCITY, VOICE_INDEX
from drummer.validation import check_number, check_whole

MOST_TAPS = 512  # the page sends one a step at most, and four bars of any meter that a drummer plays have fewer steps


def read_taps(value: object, voice: str) -> Groove:
    """Read a tapped rhythm as hits of one voice, in all the bars that were recorded, silent ones included.

    Args:
        value: As above. Beats are quarter notes from the first bar line, strengths 0 to 1.
        voice: Name of the voice.

    Raises:
        DrummerError: If a value is of another form or out of range, or there is no tap.
    """
    config, given = default_config(), value if isinstance(value, Mapping) else {}
    meter = Meter.parse(given.get("meter"))
    bars = check_whole("the number of bars", given.get("bars"), config.limits.bars)
    bpm = check_number("the tempo of the taps", given.get("bpm"), config.limits.bpm, " BPM")
    taps = given.get("taps")
    if not isinstance(taps, list) or not 1 <= len(taps) <= MOST_TAPS:
        raise SettingError(f"a tapped rhythm must have 1 to {MOST_TAPS} taps")
    if not all(isinstance(tap, list) and len(tap) == 2 for tap in taps):
        raise SettingError("each tap must be its beat and its strength, such as [1.5, 0.7]")
    last = bars * meter.quarters
    beats = [check_number("the beat of a tap", beat, (0.0, last)) for beat, _ in taps]
    strengths = [check_number("the strength of a tap", strength, (0.0, 1.0)) for _, strength in taps]
    # The step nearest to the last bar line is the first step of the next round.
    onsets = np.array(beats, dtype=np.float64)
    onsets[onsets >= last - 0.5 / config.grid.steps_per_beat] = 0.0
    velocities = np.maximum(np.array(strengths, dtype=np.float32), MIN_VELOCITY)
    hits = Hits(onsets, np.full(len(onsets), VOICE_INDEX[voice]), velocities)
    return Groove.from_hits(hits, bpm, bars=bars, meter=meter)
