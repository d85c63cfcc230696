"""Early downbeats: a bar's music begins a little before its bar line, wherever grooves are made, cut and joined."""

import numpy as np
import pytest

from drummer import Drummer, Groove
from drummer.data.corpus import Corpus
from drummer.files import midi
from drummer.generation.masks import fix_voices, free_beats
from drummer.generation.song import Block, generate_song
from drummer.music.groove import Hits
from drummer.music.meter import FOUR_FOUR
from drummer.music.voices import VOICE_INDEX
from drummer.web.long_takes import by_stretches

NEAR = 0.2  # beats
KICK, SNARE = VOICE_INDEX["kick"], VOICE_INDEX["snare"]


def pattern(*hits: tuple[float, int], bars: int = 4) -> Groove:
    beats, voices = zip(*hits, strict=True)
    velocities = np.full(len(beats), 0.7, dtype=np.float32)
    return Groove.from_hits(Hits(np.array(beats, dtype=float), np.array(voices), velocities), 100, bars=bars)


def four_on_the_floor(early: float) -> Groove:
    """Four bars whose kicks are all so many beats early, with a snare on every other beat."""
    kicks = [(max(0.0, beat - early), KICK) for beat in range(16)]
    return pattern(*kicks, *((beat, SNARE) for beat in range(1, 16, 2)))


def test_nothing_that_is_played_lies_just_ahead_of_the_end_where_a_loop_would_double_the_downbeat(drummer: Drummer) -> None:
    for seed, genre in enumerate(["blues", "jazz", "funk", "soul"]):
        groove = drummer.generate(genre=genre, bars=2, seed=seed)
        rerolled = drummer.infill(groove, fix_voices(groove, ["snare"]), genre=genre, seed=seed)
        journey = drummer.interpolate("rock", genre=genre, bars=2, seed=seed)
        for played in (groove, rerolled, journey, drummer.continue_groove(groove, genre=genre, bars=2, seed=seed)):
            assert not played.hits[-played.lead_in_steps :].any()


def test_a_continuation_leaves_what_is_there_and_does_not_repeat_its_early_downbeat(drummer: Drummer) -> None:
    primer = pattern((0, KICK), (7.94, KICK), bars=2)  # the downbeat of bar 3, played early
    more = drummer.continue_groove(primer, genre="rock", bars=2, seed=3)
    joined = primer.then(more)
    assert joined.slice_bars(0, 2) == primer
    assert more.velocities[0, KICK] != primer.velocities[-1, KICK] or not more.hits[0, KICK]


@pytest.mark.parametrize("bar", range(4))
def test_a_bar_played_anew_leaves_the_downbeat_of_the_next_and_of_every_other_bar(drummer: Drummer, bar: int) -> None:
    early = four_on_the_floor(0.06)
    again = drummer.infill(early, free_beats(early, 4 * bar, 4 * bar + 4), genre="funk", seed=5)
    lead = early.lead_in_steps
    start, end = early.steps_per_bar * bar - lead, early.steps_per_bar * (bar + 1) - lead
    fixed = np.ones(early.steps, dtype=bool)
    fixed[max(0, start) : early.steps if bar == 3 else end] = False
    for name in ("hits", "velocities", "offsets"):
        assert np.array_equal(getattr(again, name)[fixed], getattr(early, name)[fixed])


def test_a_grace_note_belongs_to_the_bar_that_it_ends(drummer: Drummer) -> None:
    flam = pattern((0, KICK), (3.93, SNARE), (4, SNARE), (8, KICK))
    kept = drummer.infill(flam, free_beats(flam, 4, 8), genre="rock", seed=1)
    step = flam.steps_per_bar - 1
    assert kept.velocities[step, SNARE] == flam.velocities[step, SNARE]


def test_held_voices_and_the_steps_of_a_flat_pattern_stay_at_the_joints_of_long_grooves(drummer: Drummer) -> None:
    long = four_on_the_floor(0.06)
    while long.bars < 36:  # more than are played at once
        long = long.then(four_on_the_floor(0.06))

    def play_kit(groove: Groove, _: int, seed: int) -> Groove:
        return drummer.infill(groove, fix_voices(groove, ["kick"]), genre="funk", seed=seed)

    def perform(groove: Groove, _: int, seed: int) -> Groove:
        return drummer.humanize(groove, genre="funk", seed=seed)

    rerolled = by_stretches(long, play_kit, 1)
    for name in ("hits", "velocities", "offsets"):
        assert np.array_equal(getattr(rerolled, name)[:, KICK], getattr(long, name)[:, KICK])
    assert np.array_equal(by_stretches(long, perform, 1).hits, long.hits)


def test_blocks_of_a_song_meet_without_a_double_downbeat(drummer: Drummer) -> None:
    blocks = [Block("verse", 2), Block("chorus", 2), Block("verse", 2)]
    for seed, genre in enumerate(("rock", "jazz", "soul")):
        song = generate_song(drummer, blocks, genre=genre, seed=seed)
        for line in (96, 192):
            assert not song.hits[line - song.lead_in_steps : line].any()


def test_performances_brought_as_files_keep_the_first_and_the_last_downbeat_in_their_bars(real_corpus: Corpus) -> None:
    """However a file ends, a hit just ahead of its last bar line is no reason for one more bar."""
    four_four = [each for each in real_corpus.performances if each.groove.meter == FOUR_FOUR]
    for performance in four_four[::25]:
        groove = performance.groove.slice_bars(0, 1)
        ahead = np.zeros_like(groove.velocities)
        ahead[-1, KICK] = 0.5
        late = np.where(ahead > 0, np.float32(0.49), groove.offsets * (groove.velocities > 0))
        played = Groove(groove.hits | (ahead > 0), np.maximum(groove.velocities, ahead), late, groove.bpm)
        assert midi.as_written(played).bars == 1
