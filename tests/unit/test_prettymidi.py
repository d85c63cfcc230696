"""`PrettyMIDI` objects to grooves and back."""

import doctest
import io
import subprocess
import sys
from dataclasses import replace

import mido
import numpy as np
import pretty_midi
import pytest

import drummer.files.prettymidi
from drummer import Groove, Meter, from_pretty_midi, to_pretty_midi
from drummer.errors import MidiError
from drummer.files import midi
from drummer.files.drum_maps import find_drum_map
from drummer.music.details import ExtraHit, FileDetails
from drummer.music.voices import VOICE_INDEX
from tests.conftest import ROOT
from tests.midi_events import official_test_split, random_groove


def drums(*notes, bpm=120.0, is_drum=True, program=0):
    """An object with notes (pitch, velocity, seconds) of one instrument."""
    pm = pretty_midi.PrettyMIDI(initial_tempo=bpm)
    instrument = pretty_midi.Instrument(program, is_drum)
    instrument.notes = [pretty_midi.Note(velocity, pitch, start, start + 0.05) for pitch, velocity, start in notes]
    pm.instruments = [instrument]
    return pm


def filled(groove):
    """Give a groove a hit on its first and its last beat, since a file's silence at either end is no music."""
    hits, velocities = groove.hits.copy(), groove.velocities.copy()
    for step in (0, groove.steps - groove.steps_per_beat // 2):
        hits[step, 0], velocities[step, 0] = True, max(velocities[step, 0], 0.5)
    return replace(groove, hits=hits, velocities=velocities)


@pytest.mark.parametrize("meter", ["4/4", "6/8", "7/8", "5/4", "12/8", "3/4"])
@pytest.mark.parametrize("bpm", [97.0, 133.7, 61.03])
def test_a_groove_comes_back_from_an_object_as_from_its_file(meter, bpm):
    groove = filled(random_groove(3, bars=3, bpm=bpm, density=0.2, meter=Meter.parse(meter)))
    written = midi.read(midi.to_bytes(groove)).groove
    back = from_pretty_midi(to_pretty_midi(groove))
    assert back == written
    assert back.bpm == pytest.approx(bpm, rel=2e-6)


def test_an_object_has_tempo_meter_and_one_drum_instrument():
    groove = filled(random_groove(1, bars=2, bpm=96.0, meter=Meter(6, 8)))
    pm = to_pretty_midi(groove)
    (instrument,) = pm.instruments
    assert (instrument.is_drum, instrument.program) == (True, 0)
    assert [(each.numerator, each.denominator, each.time) for each in pm.time_signature_changes] == [(6, 8, 0.0)]
    times, tempos = pm.get_tempo_changes()
    assert (times.tolist(), tempos.tolist()) == ([0.0], pytest.approx([96.0]))
    assert len(instrument.notes) == groove.hit_count
    starts = sorted(note.start for note in instrument.notes)
    assert np.allclose(starts, np.maximum(groove.to_hits().beats, 0) * 60 / 96, atol=60 / 96 / 480)
    kicks = {note.pitch for note in to_pretty_midi(groove, drum_map=find_drum_map("bfd3")).instruments[0].notes}
    assert 24 in kicks and 36 not in kicks


def test_keys_and_percussion_are_those_of_the_file():
    groove = filled(random_groove(6, bars=2, bpm=120.0, density=0.1))
    details = FileDetails.empty(groove.steps)
    keys = np.where(groove.hits & (np.arange(13) == VOICE_INDEX["crash"]), 57, details.keys)
    extra = (ExtraHit(5, 0.0, 54, 0.5), ExtraHit(20, 0.25, 63, 0.7))
    groove = replace(groove, details=replace(details, keys=keys, extra_hits=extra))
    file = mido.MidiFile(file=io.BytesIO(midi.to_bytes(groove)))
    written, now = [], 0
    for message in file.tracks[0]:
        now += message.time
        if message.type == "note_on" and message.velocity:
            written.append((now, message.note, message.velocity))
    pm = to_pretty_midi(groove)
    assert sorted((pm.time_to_tick(note.start), note.pitch, note.velocity) for note in pm.instruments[0].notes) == sorted(written)
    assert from_pretty_midi(pm) == midi.read(midi.to_bytes(groove)).groove


def test_an_object_made_by_hand_is_read():
    pm = drums((36, 100, 0.0), (38, 90, 0.5), (42, 60, 0.26), bpm=120)
    pm.time_signature_changes = [pretty_midi.TimeSignature(3, 4, 0)]
    before = [(note.pitch, note.start) for note in pm.instruments[0].notes]
    groove = from_pretty_midi(pm)
    assert (groove.bpm, groove.meter, groove.bars, groove.hit_count) == (120.0, Meter(3, 4), 1, 3)
    assert groove.to_hits().beats == pytest.approx([0.0, 0.52, 1.0], abs=1 / 220)
    assert [(note.pitch, note.start) for note in pm.instruments[0].notes] == before


def test_what_cannot_be_read_gets_a_sentence():
    melody = drums((60, 90, 0.0), (64, 90, 0.5), is_drum=False)
    wrong = drums((36, 300, 0.0))
    for value, sentence in (
        ("groove.mid", "^a PrettyMIDI object is needed, got one of type str$"),
        (None, "^a PrettyMIDI object is needed, got one of type NoneType$"),
        (pretty_midi.PrettyMIDI(), "holds no notes"),
        (melody, "no drums"),
        (wrong, "^the PrettyMIDI object cannot be written as MIDI: "),
    ):
        with pytest.raises(MidiError, match=sentence) as caught:
            from_pretty_midi(value)
        assert "\n" not in str(caught.value)


def test_real_performances_come_back(gmd):
    for path in official_test_split(gmd)[::12]:
        groove = midi.read(path).groove
        back = from_pretty_midi(to_pretty_midi(groove))
        written = midi.as_written(groove)
        assert (back.bpm, back.meter) == (written.bpm, written.meter), path
        assert not written.hits[back.steps :].any()
        assert back == (written if back.bars == written.bars else written.slice_bars(0, back.bars)), path


def test_importing_drummer_loads_no_midi_library():
    code = "import sys, drummer; sys.exit(any(name in sys.modules for name in ('pretty_midi', 'mido', 'torch')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=60).returncode == 0
    assert isinstance(from_pretty_midi(to_pretty_midi(filled(random_groove()))), Groove)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(drummer.files.prettymidi).failed == 0
