"""MIDI files made of events, and random grooves, for the tests of MIDI."""

import csv
import io

import mido
import numpy as np

from drummer.files import midi
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR
from drummer.music.voices import VOICE_INDEX

KICK, SNARE, HIHAT = (VOICE_INDEX[name] for name in ("kick", "snare", "hihat_closed"))
GMD_PITCHES = (22, 26, 36, 37, 38, 40, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 55, 57, 58, 59)


def file_bytes(*tracks, ppq=480, kind=None):
    """Make a MIDI file of tracks, each a list of (tick, message)."""
    built = []
    for track in tracks:
        now, messages = 0, mido.MidiTrack()
        for tick, message in track:
            messages.append(message.copy(time=tick - now))
            now = tick
        built.append(messages)
    buffer = io.BytesIO()
    kind = int(len(tracks) > 1) if kind is None else kind
    mido.MidiFile(type=kind, ticks_per_beat=ppq, tracks=built).save(file=buffer)
    return buffer.getvalue()


def note(pitch, velocity=100, channel=9):
    return mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)


def tempo(bpm):
    return mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))


def signature(numerator, denominator):
    return mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)


def track_name(name):
    return mido.MetaMessage("track_name", name=name)


def rock(start=0, bars=2, beats=4, channel=9):
    """Eighths on the hi-hat, kick and snare in turn on the beats: (tick, note) in the order of ticks."""
    events = []
    for bar in range(bars):
        line = start + round(bar * beats * 480)
        for eighth in range(round(2 * beats)):
            if eighth % 2 == 0:
                events.append((line + 240 * eighth, note(36 if eighth % 4 == 0 else 38, channel=channel)))
            events.append((line + 240 * eighth, note(42, channel=channel)))
    return events


END = mido.MetaMessage("end_of_track")
BEAT = [(0, note(36)), (480, note(38)), (960, note(36)), (1440, note(38))]


def random_groove(seed=0, bars=3, bpm=97.0, density=0.3, meter=FOUR_FOUR):
    generator = np.random.default_rng(seed)
    hits = generator.random((bars * meter.steps(12), 13)) < density
    velocities = np.where(hits, generator.uniform(0.001, 1, hits.shape), 0)
    offsets = np.where(hits, generator.uniform(-0.5, 0.5, hits.shape), 0)
    return Groove(hits, velocities, np.clip(offsets, -0.5, np.nextafter(np.float32(0.5), np.float32(0))), bpm, 12, meter)


def on_midi_grid(groove):
    """Round the offsets and velocities of a groove to what MIDI holds exactly, as the reader computes them."""
    return midi.read(midi.to_bytes(groove), whole=True).groove


def official_test_split(gmd):
    with (gmd / "info.csv").open(newline="") as file:
        return [gmd / row["midi_filename"] for row in csv.DictReader(file) if row["split"] == "test"]
