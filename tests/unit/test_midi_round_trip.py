import io
from dataclasses import replace

import mido
import numpy as np
import pretty_midi
import pytest

from drummer.config import default_config
from drummer.files import midi
from drummer.music.groove import Groove, Hits
from drummer.music.meter import METERS
from drummer.music.voices import VOICES
from tests.midi_events import official_test_split, on_midi_grid, random_groove


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("ppq", [96, 480, 960])
def test_round_trip_keeps_hits_and_loses_less_than_a_tick(seed, ppq):
    config = replace(default_config().midi, ticks_per_beat=ppq)
    groove = random_groove(seed, density=0.5)
    back = midi.read(midi.to_bytes(groove, config=config), config=config, whole=True).groove
    np.testing.assert_array_equal(back.hits, groove.hits)
    velocities = np.abs(back.velocities - groove.velocities)[groove.velocities >= 0.5 / 127]
    assert velocities.max() <= 0.5 / 127 + 1e-6
    lost = np.abs(back.offsets - groove.offsets)[1:]  # the first step's early hits move onto the bar line
    assert lost.max() <= 12 / ppq
    assert np.quantile(lost[groove.hits[1:]], 0.9) <= 0.5 * 12 / ppq + 1e-6  # half a tick, but at the edge of a cell


@pytest.mark.parametrize("meter", METERS, ids=str)
def test_what_was_read_is_written_and_read_unchanged(meter):
    groove = on_midi_grid(random_groove(meter=meter))
    assert midi.read(midi.to_bytes(groove)).groove == groove


def test_real_performances_come_back_bit_identical(gmd):
    files = official_test_split(gmd)
    assert len(files) == 129
    for path in files[::3]:
        reading = midi.read(path)
        assert not reading.unplaced
        again = midi.read(midi.to_bytes(reading.groove), whole=True)
        assert again.groove == reading.groove
        assert again.merged == 0


def test_real_performances_hold_every_note_that_pretty_midi_finds(gmd):
    for path in official_test_split(gmd)[::8]:
        reading = midi.read(path, whole=True, details=False)
        onsets = np.array([note.start for note in pretty_midi.PrettyMIDI(str(path)).instruments[0].notes])
        assert reading.groove.hit_count + reading.merged >= len(onsets)  # it leaves out notes that never end
        seconds = reading.groove.to_hits().beats * 60 / reading.groove.bpm
        distance = np.abs(onsets[:, None] - seconds[None, :]).min(axis=1)
        assert (distance > 0.001).sum() <= reading.merged  # whole microseconds a beat add up over minutes of playing


def test_pretty_midi_reads_what_we_write(tmp_path):
    groove = on_midi_grid(random_groove(bpm=97))
    midi.write(groove, tmp_path / "groove.mid")
    independent = pretty_midi.PrettyMIDI(str(tmp_path / "groove.mid"))
    (drums,) = independent.instruments
    assert drums.is_drum
    assert drums.name == "groove"
    assert independent.get_tempo_changes()[1] == pytest.approx([97], rel=1e-5)
    beats, voices, velocities = groove.to_hits()
    expected = sorted(
        (round(beat * 480), VOICES[voice].pitch, round(velocity * 127))
        for beat, voice, velocity in zip(beats, voices, velocities, strict=True)
    )
    assert sorted((independent.time_to_tick(n.start), n.pitch, n.velocity) for n in drums.notes) == expected


@pytest.mark.parametrize("track_per_drum", [False, True])
def test_the_parts_of_a_song_are_markers_at_their_bars(track_per_drum):
    groove = Groove.from_hits(Hits(np.array([0.0, 15.0]), np.array([0, 1]), np.array([0.9, 0.5], dtype=np.float32)), 100, bars=4)
    data = midi.to_bytes(groove, track_per_drum=track_per_drum, markers=[(0, "Verse"), (3, "Chorus ♪")])
    track, now, found = mido.MidiFile(file=io.BytesIO(data)).tracks[0], 0, []
    for message in track:
        now += message.time
        if message.type == "marker":
            found.append((now / 480 / 4, message.text))
    assert found == [(0.0, "Verse"), (3.0, "Chorus ?")]
    assert midi.read(data).groove == midi.as_written(groove)
    assert now == 16 * 480
