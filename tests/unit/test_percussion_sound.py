"""Percussion, second hits and chokes of a musician's file, as sound."""

import json
from dataclasses import replace

import numpy as np
import pytest

from drummer import audio
from drummer.audio import sample_kit
from drummer.audio.kits import list_kits
from drummer.errors import SettingError
from drummer.music.details import CHOKE, ExtraHit, FileDetails, Message
from drummer.music.groove import Groove
from drummer.music.voices import VOICE_INDEX
from tests.sound import BLACK_PEARL, FULL_SCALE, KITS, RATE, each_kit, level_db, make_groove, needs_fluidsynth, peak_db

pytestmark = needs_fluidsynth

TAMBOURINE, COWBELL, BONGO, MARACAS, NAMELESS = 54, 56, 60, 70, 100
CRASH, CLOSED, OPEN = (VOICE_INDEX[name] for name in ("crash", "hihat_closed", "hihat_open"))


def with_extra(groove: Groove, *hits: ExtraHit, messages: tuple[Message, ...] = (), keys: dict | None = None) -> Groove:
    details = FileDetails.empty(groove.steps)
    own = details.keys.copy()
    for cell, key in (keys or {}).items():
        own[cell] = key
    return replace(groove, details=replace(details, keys=own, extra_hits=hits, messages=messages))


def alone(key: int, kit: audio.Kit) -> np.ndarray:
    """A percussion instrument on beat 2 of a silent bar."""
    return audio.render(with_extra(Groove.silent(1, 120), ExtraHit(12, 0.0, key, 0.8)), kit).samples


@each_kit
@pytest.mark.parametrize("key", [TAMBOURINE, COWBELL, BONGO, MARACAS, NAMELESS])
def test_percussion_is_heard_on_its_beat(kit, key):
    sound = alone(key, kit)
    assert peak_db(sound[: RATE // 2 - 64]) < -80
    assert peak_db(sound[RATE // 2 : RATE // 2 + RATE // 4]) > -40


def test_a_kit_plays_its_own_percussion_and_voices_stand_in_for_the_rest():
    voices = {name: audio.render(make_groove((name, 1, 0.8)), BLACK_PEARL).samples for name in VOICE_INDEX}

    def is_like(sound: np.ndarray, other: np.ndarray) -> bool:
        frames = slice(RATE // 2, RATE // 2 + RATE // 10)
        one, two = (each[frames].astype(float).ravel() for each in (sound, other))
        return bool(one @ two / np.sqrt((one @ one) * (two @ two)) > 0.99)

    bongo = alone(BONGO, BLACK_PEARL)
    assert [name for name, sound in voices.items() if is_like(bongo, sound)] == ["tom_high"]  # bent up as this kit's high tom is
    assert [name for name, sound in voices.items() if is_like(alone(NAMELESS, BLACK_PEARL), sound)] == ["rim"]
    for key in (TAMBOURINE, COWBELL, MARACAS):
        assert not any(is_like(alone(key, BLACK_PEARL), sound) for sound in voices.values())
    assert is_like(alone(82, BLACK_PEARL), alone(MARACAS, BLACK_PEARL))  # the shaker


def test_a_soundfont_without_a_word_on_percussion_is_searched(tmp_path):
    (tmp_path / "own.sf3").write_bytes(BLACK_PEARL.path.read_bytes())
    kit = list_kits(tmp_path)["own"]
    assert set(audio.load_renderer(kit).percussion) == {54, 56, 58, 60, 61}  # the keys of General MIDI that it has sounds on
    assert dict(audio.load_renderer(KITS["electronic_808"]).percussion) == {}


def test_percussion_chokes_no_hihat():
    ringing = make_groove(("hihat_open", 1, 1))
    shaken = with_extra(ringing, ExtraHit(15, 0.0, TAMBOURINE, 1 / 127))
    for kit in (BLACK_PEARL, KITS["electronic_808"]):  # in the second the closed hi-hat stands in
        later = slice(round(0.78 * RATE), round(0.9 * RATE))
        levels = [level_db(audio.render(groove, kit).samples[later]) for groove in (ringing, shaken)]
        assert levels[1] == pytest.approx(levels[0], abs=0.5)


def test_a_second_hit_of_a_voice_sounds_as_its_voice():
    one = make_groove(("snare", 1, 0.5))
    flam = with_extra(one, ExtraHit(11, 0.4, 40, 0.5, VOICE_INDEX["snare"]))
    twice = audio.render(flam, BLACK_PEARL).samples
    early = slice(0, RATE // 2 - 256)
    assert peak_db(audio.render(one, BLACK_PEARL).samples[early]) < -80
    assert peak_db(twice[early]) > -30


@pytest.mark.parametrize("loop", [True, False])
def test_percussion_is_a_stem_and_the_stems_add_up(loop):
    groove = make_groove(("kick", 0, 0.5), ("hihat_open", 1, 0.4), ("hihat_closed", 1.5, 0.4), ("crash", 2, 0.5), bars=2)
    extra = [ExtraHit(step, 0.1, key, 0.4) for step, key in ((6, TAMBOURINE), (18, BONGO), (30, NAMELESS))]
    groove = with_extra(groove, *extra, ExtraHit(1, 0.0, 36, 0.3, 0), messages=(Message(30, 0.0, CHOKE, 49, 127),))
    mix, stems = audio.render_stems(groove, BLACK_PEARL, loop=loop)
    assert list(stems) == ["kick", "hihat_closed", "hihat_open", "crash", "percussion"]
    assert np.abs(mix.samples).max() < 0.7 * FULL_SCALE
    total = np.sum([stem.samples.astype(int) for stem in stems.values()], axis=0)
    assert np.abs(total - mix.samples).max() <= 0.5 * (len(stems) + 1)
    heard = audio.render(groove, BLACK_PEARL, loop=loop)
    assert level_db(heard.samples) == pytest.approx(level_db(mix.samples), abs=0.1)


def test_percussion_counts_among_the_stems_that_may_be_too_long():
    groove = Groove.silent(298, 120)  # 9.9 minutes
    voices = ("kick", "snare", "ride")
    hits = groove.hits.copy()
    hits[0, [VOICE_INDEX[name] for name in voices]] = True
    velocities = hits.astype(np.float32)
    groove = replace(groove, hits=hits, velocities=velocities)
    renderer = audio.load_renderer(BLACK_PEARL)
    with pytest.raises(SettingError, match=r"^3 stems"):
        renderer.check_length(groove, with_stems=True)
    with pytest.raises(SettingError, match=r"^4 stems"):
        renderer.check_length(with_extra(groove, ExtraHit(0, 0.0, BONGO, 0.5)), with_stems=True)


# -- chokes ------------------------------------------------------------------------------------------------------------------


def after_choke(*messages: Message, keys: dict | None = None, loop: bool = False, beat: float = 0.0, kit=BLACK_PEARL) -> float:
    """Level of a crash from 0.2 to 0.4 seconds after beat 2 of its bar."""
    groove = with_extra(make_groove(("crash", beat, 1.0), bars=1), messages=messages, keys=keys)
    sound = audio.render(groove, kit, loop=loop).samples
    return level_db(sound[round(0.7 * RATE) : round(0.9 * RATE)])


@each_kit
def test_a_choke_stops_its_cymbal_and_no_other(kit):
    ringing = after_choke(kit=kit)
    assert after_choke(Message(12, 0.0, CHOKE, 49, 127), kit=kit) < ringing - 30
    assert after_choke(Message(12, 0.0, CHOKE, 49, 0), kit=kit) == ringing  # the hand lets go
    assert after_choke(Message(12, 0.0, CHOKE, 51, 127), kit=kit) == ringing  # the ride
    assert after_choke(Message(12, 0.0, CHOKE, 42, 127), kit=kit) == ringing


def test_a_choke_is_of_the_key_that_was_hit():
    ringing, second = after_choke(), {(0, CRASH): 57}
    assert after_choke(Message(12, 0.0, CHOKE, 57, 127), keys=second) < ringing - 30
    assert after_choke(Message(12, 0.0, CHOKE, 49, 127), keys=second) == ringing


def test_a_choke_dies_away_without_a_click():
    groove = with_extra(make_groove(("crash", 0, 1.0)), messages=(Message(12, 0.0, CHOKE, 49, 127),))
    sound = audio.render(groove, BLACK_PEARL).samples.astype(int)
    released = sound[RATE // 2 - 64 : round(0.7 * RATE)]
    before = np.abs(np.diff(sound[RATE // 2 - RATE // 10 : RATE // 2], axis=0)).max()
    assert np.abs(np.diff(released, axis=0)).max() <= before
    assert 0.02 < np.flatnonzero(np.abs(released).max(axis=1) > 50)[-1] / RATE < 0.2


def test_a_cymbal_sounds_as_ever_after_a_choke():
    choked = with_extra(make_groove(("crash", 0, 1.0), ("crash", 1.05, 0.8)), messages=(Message(12, 0.0, CHOKE, 49, 127),))
    single = make_groove(("crash", 1.05, 0.8))
    later = slice(round(0.65 * RATE), RATE)
    heard, usual = (level_db(audio.render(groove, BLACK_PEARL).samples[later]) for groove in (choked, single))
    assert heard == pytest.approx(usual, abs=0.5)


def test_a_loop_chokes_the_cymbal_of_the_round_before():
    ringing = after_choke(loop=True, beat=3.5)
    assert after_choke(Message(12, 0.0, CHOKE, 49, 127), loop=True, beat=3.5) < ringing - 30


# -- the browser's kit -------------------------------------------------------------------------------------------------------


def test_the_sample_kit_has_the_percussion_of_the_kit():
    data = sample_kit.record(BLACK_PEARL)
    header = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])
    assert set(header["percussion"]) == {"54", "56", "69", "70", "82"}
    assert header["percussion"]["70"] == header["percussion"]["82"] != header["percussion"]["54"]
    ends = [row[3] + row[4] for rows in (*header["layers"], *header["percussion"].values()) for row in rows]
    assert header["percussion"]["54"][0][0] == 1
    assert header["percussion"]["54"][-1][1] == 127
    assert max(ends) == header["percussion"]["69"][-1][3] + header["percussion"]["69"][-1][4]
