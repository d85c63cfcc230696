"""The keys, percussion and second hits of a musician's file outlast what the drummer plays anew."""

from dataclasses import replace

import numpy as np
import pytest

from drummer import Drummer, GenerationParams, model_names
from drummer.files import midi
from drummer.files.document import Take
from drummer.files.drum_maps import GENERAL_MIDI
from drummer.generation.masks import fix_bars, fix_voices, free_beats, free_voices
from drummer.music.details import CHOKE, NO_KEY, PEDAL, ExtraHit, FileDetails, Message
from drummer.music.groove import Groove
from drummer.music.percussion import PERCUSSION, stand_in_voice
from drummer.music.voices import FAMILIES, VOICE_INDEX, VOICES
from drummer.web import actions
from drummer.web.requests import GrooveRequest

needs_model = pytest.mark.skipif("small" not in model_names(), reason="weights/ holds no small model: run make train")
KICK, SNARE, CLOSED, OPEN, HIGH, MID, CRASH, RIDE = (
    VOICE_INDEX[name] for name in ("kick", "snare", "hihat_closed", "hihat_open", "tom_high", "tom_mid", "crash", "ride")
)
KEYS = {KICK: 35, SNARE: 40, CLOSED: 22, CRASH: 57}  # other than the canonical ones
REQUEST = GrooveRequest(GenerationParams(genre="rock", bpm=110, bars=4, seed=3), "small", "black_pearl")
FIXED_IN_LOCK = ["kick", "crash"]


def brought(bars: int = 4) -> Groove:
    """A beat with a drummer's timing, each hit on a key of its own; congas and shaker, flams, a pedal and a choked crash."""
    generator = np.random.default_rng(8)
    velocities = np.zeros((48 * bars, 13), dtype=np.float32)
    for voice, steps in ((KICK, (0, 18, 24)), (SNARE, (12, 36)), (CLOSED, range(0, 48, 6)), (CRASH, (0,))):
        for bar in range(bars):
            velocities[[48 * bar + step for step in steps], voice] = generator.integers(30, 127, len(steps)) / 127
    hits = velocities > 0
    offsets = np.where(hits, generator.uniform(-0.3, 0.3, hits.shape), 0).astype(np.float32)
    keys = np.full(hits.shape, NO_KEY, dtype=np.int16)
    for voice, key in KEYS.items():
        keys[hits[:, voice], voice] = key
    extra = [ExtraHit(step, 0.1, 63, 0.7) for step in range(3, 48 * bars, 12)]  # open high conga: a mid tom stands in
    extra += [ExtraHit(step, -0.2, 82, 0.4) for step in range(9, 48 * bars, 12)]  # shaker: a closed hi-hat
    extra += [ExtraHit(48 * bar + 12, -0.45, 40, 0.2, SNARE) for bar in range(bars)]
    messages = [Message(48 * bar + 20, 0.0, CHOKE, 57, 127) for bar in range(bars)] + [Message(4, 0.0, PEDAL, 0, 90)]
    return Groove(hits, velocities, offsets, 110.0, details=FileDetails(keys, tuple(extra), tuple(messages), "roland_td17", 960))


def check_kept(new: Groove, old: Groove, fixed: np.ndarray) -> None:
    """Check that what is fixed is as it was, and what is free is played as anything new is."""
    assert new.details is not None and old.details is not None
    for name in ("hits", "velocities", "offsets"):
        assert np.array_equal(getattr(new, name)[fixed], getattr(old, name)[fixed]), name
    assert np.array_equal(new.details.keys[fixed], old.details.keys[fixed])
    assert (new.details.keys[~fixed] == NO_KEY).all()
    assert new.details.percussion == old.details.percussion
    own = {(hit.step, hit.voice): hit for hit in old.details.extra_hits if hit.voice is not None and fixed[hit.step, hit.voice]}
    assert {(hit.step, hit.voice): hit for hit in new.details.extra_hits if hit.voice is not None} == own
    assert (new.details.key_map, new.details.ticks_per_beat) == ("roland_td17", 960)


@pytest.fixture(scope="module")
def drummer() -> Drummer:
    return Drummer.load("small")


@needs_model
@pytest.mark.parametrize(("family", "voices"), FAMILIES.items())
def test_a_family_is_replaced_and_every_other_hit_stays(drummer, family, voices):
    groove = brought()
    fixed = free_voices(groove, voices)
    new = drummer.infill(groove, fixed, genre="rock", seed=4)
    check_kept(new, groove, fixed)
    assert not np.array_equal(new.velocities, groove.velocities) or family == "tom"
    chokes = [each for each in new.details.messages if each.kind == CHOKE]
    assert len(chokes) == (0 if family == "cymbal" else groove.bars)  # there is no crash any more that they could stop
    assert len(new.details.messages) - len(chokes) == (0 if family == "hihat" else 1)


@needs_model
def test_percussion_that_was_heard_does_not_come_back_as_hits_of_its_stand_in(drummer):
    groove = brought()
    assert {stand_in_voice(63), stand_in_voice(82)} == {MID, CLOSED}
    for free in (["kick"], ["snare"], ["crash", "ride"]):
        new = drummer.infill(groove, free_voices(groove, free), genre="rock", seed=4)
        assert not new.hits[:, MID].any()
        assert np.array_equal(new.hits[:, CLOSED], groove.hits[:, CLOSED])
    assert np.array_equal(drummer.humanize(groove, genre="rock", seed=4).hits, groove.hits)


@needs_model
def test_the_model_hears_the_percussion(drummer):
    groove = brought()
    silent = replace(groove, details=None)
    fixed = fix_voices(groove, ["kick"])  # whatever is played to a kick and silent toms, or to a kick and congas
    fixed |= fix_voices(groove, ["tom_mid"])
    played = [drummer.infill(each, fixed, genre="rock", seed=4) for each in (groove, silent)]
    assert not np.array_equal(played[0].velocities, played[1].velocities)


@needs_model
@pytest.mark.parametrize("bar", [0, 2, 3])
def test_a_bar_is_played_anew_and_all_others_stay(drummer, bar):
    groove = brought()
    fixed = free_beats(groove, 4 * bar, 4 * bar + 4)
    new = drummer.infill(groove, fixed, genre="rock", seed=5)
    check_kept(new, groove, fixed)


@needs_model
def test_humanized_hits_keep_their_keys(drummer):
    groove = brought()
    new = drummer.humanize(groove, genre="rock", seed=6)
    assert np.array_equal(new.hits, groove.hits)
    assert not np.array_equal(new.velocities, groove.velocities)
    assert new.details == groove.details


@needs_model
def test_what_follows_has_canonical_keys(drummer):
    groove = brought(2)
    more = drummer.continue_groove(groove, genre="rock", bars=2, seed=7)
    whole = groove.then(more)
    check_kept(whole, groove.then(Groove.silent(2, 110)), fix_bars(whole, 2))
    assert whole.hits[96:].any()


# -- on the page -------------------------------------------------------------------------------------------------------------


@needs_model
def test_a_reroll_keeps_locked_voices_and_percussion():
    take = Take(brought(), {"genre": "rock", "locked": FIXED_IN_LOCK})
    new = actions.reroll(take, REQUEST)
    check_kept(new.groove, take.groove, fix_voices(take.groove, FIXED_IN_LOCK))
    assert new.settings == take.settings


@needs_model
def test_a_reroll_of_a_groove_that_is_longer_than_the_model_plays_at_once():
    take = Take(brought(40), {"genre": "rock", "locked": [voice.name for voice in VOICES if voice.name != "kick"]})
    new = actions.reroll(take, REQUEST).groove
    check_kept(new, take.groove, free_voices(take.groove, ["kick"]))


@needs_model
def test_a_bar_is_rerolled_but_for_locked_voices():
    take = Take(brought(), {"genre": "rock", "locked": FIXED_IN_LOCK})
    new = actions.reroll_bar(take, REQUEST, 1).groove
    fixed = free_beats(take.groove, 4, 8) | fix_voices(take.groove, FIXED_IN_LOCK)
    check_kept(new, take.groove, fixed)


@needs_model
def test_continuing_and_humanizing_keep_what_the_file_brought():
    take = Take(brought(), {"genre": "rock"})
    longer = actions.continue_take(take, REQUEST).groove
    check_kept(longer, take.groove.then(Groove.silent(4, 110)), fix_bars(longer, 4))
    assert actions.humanize(take, REQUEST).groove.details == take.groove.details


@needs_model
def test_variations_keep_percussion():
    take = Take(brought(), {"genre": "rock"})
    for variation in actions.variations(take, REQUEST, 2):
        assert variation.groove.details is not None
        assert variation.groove.details.percussion == take.groove.details.percussion


def test_half_and_double_time_take_percussion_and_keys_along():
    take = Take(brought())
    old = take.groove.details
    slow, fast = actions.half_time(take).groove, actions.double_time(take).groove
    assert slow.details is not None and fast.details is not None and old is not None
    assert len(fast.details.percussion) == 2 * len(old.percussion)
    assert {hit.key for hit in slow.details.percussion} == {hit.key for hit in old.percussion} <= PERCUSSION.keys()
    for groove in (slow, fast):
        for voice, key in KEYS.items():
            assert (groove.details.keys[groove.hits[:, voice], voice] == key).all()
    back = actions.half_time(actions.double_time(take)).groove.details.percussion
    assert [hit.key for hit in back] == [hit.key for hit in old.percussion]
    onsets = [[hit.step + hit.offset for hit in each] for each in (back, old.percussion)]
    assert np.abs(np.subtract(*onsets)).max() <= 1  # half a step of a groove that is twice as fast


def test_bars_that_are_cut_out_as_they_are_come_together_again():
    groove = brought()
    extra = (
        *groove.details.extra_hits,
        ExtraHit(48, -0.4, 75, 0.5),
        ExtraHit(96, -0.5, 40, 0.3, SNARE),
        ExtraHit(143, 0.49, 75, 0.2),
    )
    groove = replace(groove, details=replace(groove.details, extra_hits=extra))
    parts = [groove.slice_bars(bar, bar + 1) for bar in range(groove.bars)]
    assert parts[0].then(parts[1]).then(parts[2]).then(parts[3]) == groove


def test_a_file_goes_back_for_the_kit_that_it_was_made_for():
    groove = Groove.silent(1, 120)
    velocities = np.array(groove.velocities)
    velocities[0, VOICE_INDEX["tom_high"]] = 0.5
    details = FileDetails.empty(48, "addictive_drums_2")
    groove = Groove(velocities > 0, velocities, velocities * 0, 120, details=details)
    assert [note.pitch for note in midi.written_notes(groove)] == [71]
    assert [note.pitch for note in midi.written_notes(groove, GENERAL_MIDI)] == [50]
