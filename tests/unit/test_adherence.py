"""Measures of adherence, on grooves that are known to keep to a request or not."""

import numpy as np
import pytest

from drummer.data.corpus import Performance
from drummer.evaluation.adherence import (
    CountableShare,
    StyleScore,
    backbeat_share,
    can_be_counted,
    countable_shares,
    score_rhythm,
    tap_rhythm,
    timekeeper_share,
)
from drummer.generation.rhythm import accents_of, loop_rhythm, meter_accents
from drummer.music.groove import Groove, Hits
from drummer.music.meter import FOUR_FOUR, METERS, Meter
from drummer.music.voices import VOICE_INDEX

KICK, SNARE, HIHAT = (VOICE_INDEX[name] for name in ("kick", "snare", "hihat_closed"))


def groove(hits: list[tuple[float, int, float]], bars: int, meter: str = "4/4") -> Groove:
    """Make a groove of hits: (quarter note, voice, velocity)."""
    beats, voices, velocities = zip(*sorted(hits), strict=True)
    return Groove.from_hits(
        Hits(np.array(beats), np.array(voices), np.array(velocities, dtype=np.float32)), 100, bars=bars, meter=Meter.parse(meter)
    )


def counted(meter: Meter, bars: int = 8, length: float | None = None) -> Groove:
    """Make a groove whose pattern lasts some quarter notes, by default a bar: kick, hats in eighths, and a snare near its end."""
    length = meter.quarters if length is None else length
    whole = bars * meter.quarters
    kicks = [(bar * meter.quarters + start, KICK, 0.9) for bar in range(bars) for start in meter.group_starts]
    if length != meter.quarters:
        kicks = [(start, KICK, 0.9) for start in np.arange(0, whole, length)]
    snares = [(start - 0.25, SNARE, 0.7) for start in np.arange(length, whole + 0.1, length)]
    return groove([*kicks, *snares, *((eighth, HIHAT, 0.3) for eighth in np.arange(0, whole, 0.5))], bars, str(meter))


@pytest.mark.parametrize("meter", METERS, ids=str)
def test_a_pattern_of_a_bar_with_its_groups_accented_can_be_counted(meter: Meter) -> None:
    assert can_be_counted(counted(meter))


@pytest.mark.parametrize(("meter", "length"), [("4/4", 3.0), ("3/4", 4.0), ("7/8", 4.0), ("6/8", 2.0)])
def test_a_pattern_of_another_length_cannot(meter: str, length: float) -> None:
    assert not can_be_counted(counted(Meter.parse(meter), 12, length))


def test_groups_that_are_softer_than_the_rest_cannot_be_counted() -> None:
    accents = [(bar * 3 + beat, KICK, 0.2 if beat == 0 else 0.9) for bar in range(8) for beat in (0, 1, 2)]
    assert not can_be_counted(groove(accents, 8, "3/4"))


def test_drummers_are_counted_by_meter_with_genres_weighted_evenly() -> None:
    def played(genre: str, music: Groove) -> Performance:
        return Performance("one", "anna", genre, "beat", "train", "4-4", music, 0, 0)

    yes, no = counted(FOUR_FOUR, 12), counted(FOUR_FOUR, 12, 3.0)
    performances = [played("rock", yes), played("rock", yes), played("funk", no), played("jazz", counted(Meter.parse("3/4"), 12))]
    shares = countable_shares([*performances, played("soul", counted(FOUR_FOUR, 4))])
    assert shares == {"4/4": CountableShare(0.5, 3), "3/4": CountableShare(1.0, 1)}


def test_the_backbeat_is_counted_in_bars_that_are_no_fills() -> None:
    time = [(eighth, HIHAT, 0.5) for eighth in np.arange(0, 16, 0.5)]
    snares = [(beat, SNARE, 0.8) for beat in (1, 3, 5, 7, 9)]  # none on beat 4 of the third bar, none in the last
    assert backbeat_share(groove(time + snares, 4)) == pytest.approx(0.5)
    assert timekeeper_share(groove(time + snares, 4)) == 1.0


def test_the_accents_of_a_meter_are_where_its_groups_begin_and_a_step_earlier() -> None:
    accents = meter_accents(Groove.silent(2, 100, meter=Meter.parse("7/8 (2+2+3)")))
    assert np.flatnonzero(accents > 0).tolist() == [0, 11, 12, 23, 24, 41, 42, 53, 54, 65, 66, 83]
    assert len(np.unique(accents)) == 2
    assert meter_accents(Groove.silent(2, 100)) is None


def test_accents_of_a_rhythm_are_normal_scores_of_its_strengths() -> None:
    velocities = np.zeros((48, 13), dtype=np.float32)
    velocities[[0, 12, 24], [0, 1, 0]] = 0.9, 0.2, 0.5
    velocities[24, 3] = 0.4  # the loudest voice counts
    accents = accents_of(Groove(velocities > 0, velocities, np.zeros_like(velocities), 100))
    assert accents[[0, 12, 24]] == pytest.approx([0.6745, -0.6745, 0.0], abs=1e-4)
    assert np.isnan(accents).sum() == 45
    assert (
        accents_of(Groove(velocities > 0, 0.5 * (velocities > 0), np.zeros_like(velocities), 100))[[0, 12, 24]].tolist()
        == [0] * 3
    )


def test_a_rhythm_is_followed_by_itself_and_not_by_its_reverse() -> None:
    rhythm = tap_rhythm(np.random.default_rng(3))
    played = loop_rhythm(rhythm, Groove.silent(4, 100), 0)
    assert score_rhythm(played, rhythm) == pytest.approx((1.0, 1.0))
    against = Groove(played.hits, np.where(played.hits, 1.2 - played.velocities, 0), played.offsets, 100.0, 12)
    assert score_rhythm(against, rhythm).accents == pytest.approx(-1.0)
    assert score_rhythm(Groove.silent(4, 100), rhythm).sounded == 0.0


def test_every_style_weighs_as_much_as_another() -> None:
    score = StyleScore(requested=("bossa", "samba", "samba", "samba"), named=("bossa", "bossa", "bossa", "samba"))
    assert score.accuracy == pytest.approx((1 + 1 / 3) / 2)
