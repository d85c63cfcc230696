"""What the drum grid plays in the browser is what `drummer.audio` renders on the server."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page
from scipy import signal

from drummer import Groove, audio
from drummer.files.document import Take
from drummer.music.details import CHOKE, ExtraHit, FileDetails, Message
from drummer.music.groove import Hits
from drummer.music.mix import PLAIN_MIX, Mix, Strip
from drummer.music.voices import VOICE_INDEX, VOICES
from drummer.web.grid import to_value
from tests.e2e.grid import render_offline
from tests.e2e.harness import App, visit

RATE = 44100
BLOCK_FRAMES = 64
BANDS = ((40, 150), (150, 600), (600, 2500), (2500, 9000))  # hertz: kick, snare and toms, crack, cymbals
Sound = NDArray[np.float64]


@pytest.fixture(scope="module")
def page(browser: Browser, app: App) -> Iterator[Page]:
    if not audio.audio_available():
        pytest.skip("FluidSynth is not installed; packages.txt names its package")
    with visit(browser, app) as opened:
        yield opened


def in_browser(page: Page, groove: Groove, kit: str, seconds: float, mix: Mix = PLAIN_MIX) -> Sound:
    value = to_value(Take(groove, {"kit": kit, "mix": mix.to_plain()}), opened=True)
    return render_offline(page, value, kit, seconds)


def on_server(groove: Groove, kit: str, mix: Mix = PLAIN_MIX) -> Sound:
    return audio.render(groove, audio.find_kit(kit), mix=mix).samples / 32767


def decibels(sound: Sound) -> float:
    return 10 * float(np.log10(np.mean(sound**2) + 1e-12))


def envelope(sound: Sound, low: float, high: float) -> Sound:
    """Power of a band in frames of 5 ms."""
    filtered = signal.sosfilt(signal.butter(4, (low, high), "bandpass", fs=RATE, output="sos"), sound, axis=0)
    frames = len(filtered) // 220
    return np.sqrt((filtered[: frames * 220].reshape(frames, -1) ** 2).mean(axis=1))


# Of each voice its onsets in two bars, in sixteenths, and its velocity; "ghosts" are the snare's soft hits. Written down, not
# played by a model, since other weights or another CPU play something else, which a browser may render less alike.
FUNK = {
    "kick": ([0, 3, 10, 16, 19, 22, 26], 0.85),
    "snare": ([4, 12, 20, 28], 0.9),
    "hihat_closed": ([0, 2, 4, 6, 8, 10, 12, 16, 18, 20, 22, 24, 26, 28], 0.5),
    "hihat_open": ([14, 30], 0.6),
    "ghosts": ([7, 9, 15, 23, 25], 0.2),
}
JAZZ = {
    "kick": ([0, 8, 13.33, 16, 24], 0.4),
    "hihat_pedal": ([4, 12, 20, 28], 0.45),
    "ride": ([0, 4, 6.67, 8, 12, 14.67, 16, 20, 22.67, 24, 28, 30.67], 0.6),
    "ride_bell": ([18], 0.7),
    "tom_low": ([29.33], 0.6),
    "ghosts": ([6.67, 13.33, 21.33, 26.67], 0.3),
}


def written_down(pattern: dict[str, tuple[list[float], float]], bpm: float) -> Groove:
    """Make a groove of a pattern, its timing and velocity a little uneven.

    Every onset is just behind the start of a block of FluidSynth, where the server lets it begin: hits that were a millisecond
    nearer to each other there than in the browser would add up otherwise.
    """
    uneven = np.random.default_rng(5)
    block = BLOCK_FRAMES / RATE * bpm / 60  # in beats
    hits = sorted(
        (
            (np.floor((sixteenth / 4 + uneven.uniform(0, 0.04)) / block) + 0.06) * block,
            VOICE_INDEX["snare" if name == "ghosts" else name],
            velocity,
        )
        for name, (onsets, velocity) in pattern.items()
        for sixteenth in onsets
    )
    beats, voices, velocities = (np.array(values) for values in zip(*hits, strict=True))
    velocities = (velocities + uneven.normal(0, 0.06, len(hits))).clip(0.05, 1).astype(np.float32)
    return Groove.from_hits(Hits(beats, voices, velocities), bpm, bars=2)


@pytest.mark.parametrize("kit", list(audio.list_kits()))
@pytest.mark.parametrize(("pattern", "bpm"), [(FUNK, 100), (JAZZ, 140)], ids=["funk", "jazz"])
def test_a_groove_sounds_as_the_server_renders_it(page: Page, kit: str, pattern: dict, bpm: float) -> None:
    groove = written_down(pattern, bpm)
    theirs = on_server(groove, kit)[: round(groove.seconds * RATE)]
    ours = in_browser(page, groove, kit, groove.seconds)[: len(theirs)]
    assert abs(decibels(ours) - decibels(theirs)) < 0.3
    for band in BANDS:
        assert np.corrcoef(envelope(ours, *band), envelope(theirs, *band))[0, 1] > 0.995, f"{band} Hz"


@pytest.mark.parametrize("velocity", [8, 30, 60, 90, 127])
def test_each_voice_is_as_loud_as_on_the_server_at_any_velocity(page: Page, velocity: int) -> None:
    beats = np.arange(13) * 2.0
    voices = np.arange(13)
    hits = Hits(beats, voices, np.full(13, velocity / 127, dtype=np.float32))
    groove = Groove.from_hits(hits, 60, bars=7)
    ours, theirs = in_browser(page, groove, "black_pearl", groove.seconds), on_server(groove, "black_pearl")
    for voice, beat in zip(VOICES, beats, strict=True):
        part = slice(round(beat * RATE), round((beat + 0.5) * RATE))
        assert abs(decibels(ours[part]) - decibels(theirs[part])) < 0.5, voice.name


@pytest.mark.parametrize(
    ("kit", "room", "compressor"),
    [("black_pearl", 0, 0), ("red_zeppelin", 0, 0.9), ("electronic_808", 0.8, 0), ("electronic_909", 0.5, 0.5)],
)
def test_a_mixed_groove_sounds_as_the_server_renders_it(page: Page, kit: str, room: float, compressor: float) -> None:
    strips = {
        "kick": Strip(-6, 0.3, -3),
        "snare": Strip(3, -0.6, 4),
        "hihat_closed": Strip(-3, 1),
        "hihat_open": Strip(-9, -1, 1, "electronic_808"),
    }
    mix = Mix(strips, room=room, compressor=compressor)
    groove = written_down(FUNK, 100)
    theirs = on_server(groove, kit, mix)[: round(groove.seconds * RATE)]
    ours = in_browser(page, groove, kit, groove.seconds, mix)
    for channel in (0, 1):
        assert abs(decibels(ours[:, channel]) - decibels(theirs[:, channel])) < 0.3
        for band in BANDS:
            one, other = (envelope(sound[:, [channel]], *band) for sound in (ours, theirs))
            assert np.corrcoef(one, other)[0, 1] > 0.99, f"{band} Hz"
    plain = on_server(groove, kit)[: len(theirs)]
    assert decibels(ours[:, 1] - plain[:, 1]) > decibels(plain[:, 1]) - 10


@pytest.mark.parametrize("kit", list(audio.list_kits()))
def test_percussion_and_a_choked_cymbal_sound_as_the_server_renders_them(page: Page, kit: str) -> None:
    keys = (54, 56, 60, 64, 70, 75, 82, 100)  # tambourine, cowbell, high bongo, low conga, maracas, claves, shaker, none
    crash = Hits(np.array([16.0]), np.array([VOICE_INDEX["crash"]]), np.array([1.0], dtype=np.float32))
    groove = Groove.from_hits(crash, 60, bars=5)
    extra = tuple(ExtraHit(24 * index, 0.0, key, 0.7) for index, key in enumerate(keys))
    details = replace(FileDetails.empty(groove.steps), extra_hits=extra, messages=(Message(198, 0.0, CHOKE, 49, 127),))
    groove = replace(groove, details=details)
    ours, theirs = in_browser(page, groove, kit, groove.seconds), on_server(groove, kit)
    for seconds in (*range(0, 16, 2), 16):
        part = slice(seconds * RATE, round((seconds + 0.45) * RATE))
        assert decibels(theirs[part]) > -50
        assert abs(decibels(ours[part]) - decibels(theirs[part])) < 0.5, seconds
    silenced = slice(round(16.75 * RATE), 17 * RATE)
    ringing = decibels(on_server(Groove.from_hits(crash, 60, bars=5), kit)[silenced])
    assert max(decibels(ours[silenced]), decibels(theirs[silenced])) < ringing - 30


def test_onsets_sound_within_a_millisecond_of_where_the_groove_has_them(page: Page) -> None:
    beats = np.arange(1, 15) + np.linspace(-0.04, 0.04, 14)
    rim = VOICE_INDEX["rim"]
    groove = Groove.from_hits(Hits(beats, np.full(14, rim), np.full(14, 0.8, dtype=np.float32)), 97, bars=4)
    first = Groove.from_hits(Hits(np.zeros(1), np.array([rim]), np.array([0.8], dtype=np.float32)), 97)
    loud = np.abs(in_browser(page, groove, "black_pearl", groove.seconds)).max(axis=1) > 0.03
    attack = int(np.argmax(np.abs(in_browser(page, first, "black_pearl", 1)).max(axis=1) > 0.03))  # of the recording itself
    for onset in beats * 60 / 97:
        start = round((onset - 0.05) * RATE)
        heard = start + int(np.argmax(loud[start : start + RATE // 4])) - attack
        assert abs(heard / RATE - onset) < 0.001


def test_a_closed_hihat_cuts_an_open_one_as_fast_as_on_the_server(page: Page) -> None:
    voices = np.array([VOICE_INDEX[name] for name in ("hihat_open", "hihat_closed")])
    groove = Groove.from_hits(Hits(np.array([0.0, 0.5]), voices, np.array([1.0, 0.02], dtype=np.float32)), 120)
    alone = Groove.from_hits(Hits(np.array([0.0]), voices[:1], np.array([1.0], dtype=np.float32)), 120)
    choked, free = (slice(round(0.3 * RATE), round(0.4 * RATE)) for _ in range(2))
    for sound in (in_browser(page, groove, "black_pearl", 1), on_server(groove, "black_pearl")):
        assert decibels(sound[choked]) < decibels(on_server(alone, "black_pearl")[free]) - 3
    assert (
        abs(decibels(in_browser(page, groove, "black_pearl", 1)[choked]) - decibels(on_server(groove, "black_pearl")[choked])) < 1
    )


def test_the_tail_of_the_last_bar_rings_over_the_seam(page: Page) -> None:
    crash = Groove.from_hits(Hits(np.array([3.5]), np.array([VOICE_INDEX["crash"]]), np.array([1.0], dtype=np.float32)), 120)
    sound = in_browser(page, crash, "black_pearl", 5)
    loop = audio.render(crash, audio.find_kit("black_pearl"), loop=True).samples / 32767
    second_round = sound[2 * RATE : 4 * RATE]  # the first has no tail from before
    assert abs(decibels(second_round[:RATE]) - decibels(loop[:RATE])) < 1
    assert np.abs(np.diff(sound[2 * RATE - 50 : 2 * RATE + 50], axis=0)).max() < 0.1  # no click
