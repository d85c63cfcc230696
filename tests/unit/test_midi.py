import csv
import io
import random
import struct
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest

from drummer.config import default_config
from drummer.errors import MidiError
from drummer.files import midi
from drummer.music.groove import Groove, Hits
from drummer.music.voices import VOICE_INDEX, VOICES

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


END = mido.MetaMessage("end_of_track")
BEAT = [(0, note(36)), (480, note(38)), (960, note(36)), (1440, note(38))]


def random_groove(seed=0, bars=3, bpm=97.0, density=0.3, beats_per_bar=4):
    generator = np.random.default_rng(seed)
    hits = generator.random((bars * beats_per_bar * 12, 13)) < density
    velocities = np.where(hits, generator.uniform(0.001, 1, hits.shape), 0)
    offsets = np.where(hits, generator.uniform(-0.5, 0.5, hits.shape), 0)
    return Groove(hits, velocities, np.clip(offsets, -0.5, np.nextafter(np.float32(0.5), np.float32(0))), bpm, 12, beats_per_bar)


def on_midi_grid(groove):
    """Round the offsets and velocities of a groove to what MIDI holds exactly, as the reader computes them."""
    return midi.read(midi.to_bytes(groove)).groove


def official_test_split(gmd):
    with (gmd / "info.csv").open(newline="") as file:
        return [gmd / row["midi_filename"] for row in csv.DictReader(file) if row["split"] == "test"]


# -- reading ---------------------------------------------------------------------------------------------------------------


def test_reads_onsets_velocities_tempo_and_length():
    data = file_bytes([(0, tempo(96)), (0, note(36, 127)), (490, note(38, 64)), (960, note(42, 1)), (1920, END)])
    reading = midi.read(data)
    beats, voices, velocities = reading.groove.to_hits()
    np.testing.assert_allclose(beats, [0, 490 / 480, 2], atol=1e-7)
    assert voices.tolist() == [KICK, SNARE, HIHAT]
    np.testing.assert_allclose(velocities, [1, 64 / 127, 1 / 127], rtol=1e-6)
    assert reading.groove.offsets[12, SNARE] == pytest.approx(10 / 40)  # late is positive
    assert (reading.groove.bpm, reading.groove.bars, reading.groove.beats_per_bar) == (96.0, 1, 4)
    assert reading.summary() == "1 bar, 4/4, 96 BPM"


def test_ticks_of_any_resolution_are_beats():
    fine = midi.read(file_bytes([(0, note(36)), (960, note(38)), (1460, note(42))], ppq=960)).groove
    coarse = midi.read(file_bytes([(0, note(36)), (48, note(38)), (73, note(42))], ppq=48)).groove
    assert fine == coarse


def test_a_note_on_without_velocity_is_not_a_hit():
    reading = midi.read(file_bytes([(0, note(36)), (60, note(36, 0)), (480, note(36)), (540, note(36, 0))]))
    assert reading.groove.hit_count == 2


def test_type_1_tracks_are_one_groove():
    conductor = [(0, signature(3, 4)), (0, tempo(140)), (0, END)]
    groove = midi.read(file_bytes(conductor, [(0, note(36)), (1440, END)], [(480, note(38)), (480, END)])).groove
    assert (groove.bpm, groove.beats_per_bar, groove.bars, groove.hit_count) == (140.0, 3, 1, 2)


def test_a_tempo_change_moves_no_onset():
    changing = [(0, tempo(90)), *BEAT[:2], (600, tempo(180)), *BEAT[2:]]
    reading = midi.read(file_bytes(changing))
    assert reading.groove == midi.read(file_bytes([(0, tempo(90)), *BEAT])).groove
    assert "the tempo changes, 90 BPM is kept" in reading.summary()


@pytest.mark.parametrize(
    ("events", "bpm"),
    [
        (BEAT, 120),  # MIDI's default
        ([(0, tempo(80)), (100, tempo(100)), (480, note(36))], 100),  # in force when the drums start
        ([(0, note(36)), (100, tempo(100))], 120),
        ([(0, mido.MetaMessage("set_tempo", tempo=654321)), *BEAT], 60e6 / 654321),
    ],
)
def test_tempo_is_the_one_at_the_first_hit(events, bpm):
    assert midi.read(file_bytes(events)).groove.bpm == pytest.approx(bpm, rel=1e-12)


@pytest.mark.parametrize("bpm", [30, 97, 101, 138, 299, 1000])
def test_whole_tempos_come_back_whole(bpm):
    assert midi.read(midi.to_bytes(random_groove(bpm=bpm))).groove.bpm == bpm


@pytest.mark.parametrize(
    ("written", "beats_per_bar", "bars"),
    [((4, 4), 4, 3), ((3, 4), 3, 4), ((6, 8), 3, 4), ((5, 4), 5, 3), ((5, 8), 5, 3), ((7, 16), 7, 2), ((2, 2), 4, 3)],
)
def test_time_signatures_give_whole_beats(written, beats_per_bar, bars):
    reading = midi.read(file_bytes([(0, signature(*written)), (0, note(36)), (11 * 480 + 240, note(38))]))
    assert (reading.groove.beats_per_bar, reading.groove.bars, reading.signature) == (beats_per_bar, bars, written)


def test_the_first_time_signature_counts():
    reading = midi.read(file_bytes([(0, signature(3, 4)), *BEAT, (2880, signature(4, 4)), (2880, note(36))]))
    assert reading.groove.beats_per_bar == 3
    assert "the time signature changes, the first is kept" in reading.remarks


def test_all_pitches_of_gmd_have_a_voice():
    reading = midi.read(file_bytes([(480 * i, note(pitch)) for i, pitch in enumerate(GMD_PITCHES)]))
    assert reading.groove.hit_count == len(GMD_PITCHES)
    assert not reading.unplaced


def test_notes_without_a_voice_are_counted():
    reading = midi.read(file_bytes([*BEAT, (1440, note(54)), (1500, note(54)), (1600, note(70))]))
    assert dict(reading.unplaced) == {54: 2, 70: 1}
    assert reading.groove.hit_count == 4
    assert reading.summary() == "1 bar, 4/4, 120 BPM, 3 notes had no drum voice"


def test_of_two_hits_in_a_cell_the_louder_stays():
    reading = midi.read(file_bytes([(0, note(22, 90)), (5, note(42, 30)), (480, note(36))]))
    assert (reading.merged, reading.groove.hit_count) == (1, 2)
    assert reading.groove.velocities[0, HIHAT] == pytest.approx(90 / 127)
    assert "1 hit fell together with another" in reading.summary()


def test_a_file_that_ends_on_a_bar_line_keeps_its_rests():
    assert midi.read(file_bytes([*BEAT, (4 * 1920, END)])).groove.bars == 4
    assert midi.read(file_bytes([*BEAT, (4 * 1920 - 7, END)])).groove.bars == 1


def test_a_hit_just_ahead_of_the_closing_bar_line_stays_inside():
    groove = midi.read(file_bytes([*BEAT, (1915, note(49)), (1920, END)])).groove
    assert groove.bars == 1
    assert groove.hits[47, VOICE_INDEX["crash"]]


def test_channel_10_wins_over_other_channels():
    bass = [(240 * i, note(36 + i % 3, channel=1)) for i in range(40)]
    assert midi.read(file_bytes([*BEAT, (1920, END)], bass)).groove.hit_count == 4


def test_drums_on_another_channel_are_known_by_their_pitches():
    piano = [(240 * i, note(60 + i % 12, channel=1)) for i in range(4)]
    kit = [(tick, message.copy(channel=2)) for tick, message in BEAT]
    reading = midi.read(file_bytes(piano, kit))
    assert reading.groove.hit_count == 4
    assert reading.remarks == ("drums found on channel 3",)


@pytest.mark.parametrize("pitches", [range(48, 84), (43, 45, 47, 50, 52), (60, 64, 67, 36)], ids=["scale", "melody", "chord"])
def test_a_piano_is_not_a_drum_kit(pitches):
    with pytest.raises(MidiError, match="no drums"):
        midi.read(file_bytes([(240 * i, note(pitch, channel=0)) for i, pitch in enumerate(pitches)]))


def test_reads_paths_bytes_and_open_files(tmp_path):
    data = file_bytes(BEAT)
    path = tmp_path / "beat.mid"
    path.write_bytes(data)
    expected = midi.read(data).groove
    assert midi.read(path).groove == midi.read(str(path)).groove == midi.read(io.BytesIO(data)).groove == expected


# -- bad input -------------------------------------------------------------------------------------------------------------


def with_header(kind=0, tracks=1, division=480, data=None):
    body = (file_bytes(BEAT) if data is None else data)[14:]
    return struct.pack(">4sLhhh", b"MThd", 6, kind, tracks, division) + body


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"RIFF1234WAVEfmt ", "is not a MIDI file"),
        (b"MThd", "is incomplete"),
        (file_bytes(BEAT)[:-5], "is incomplete"),
        (file_bytes([(0, END)]), "holds no notes"),
        (file_bytes([(0, note(54)), (10, note(80))]), "holds no drums"),
        (with_header(kind=2), "type 2"),
        (with_header(kind=9), "type 9"),
        (with_header(division=-6360), "SMPTE"),
        (with_header(division=0), "needs beats"),
        (with_header(tracks=-1), "holds no notes"),
        (bytes(2_000_000), "at most 1 MB"),
        (file_bytes([*BEAT, (10**9, note(36))]), "at most 512 bars"),
        (file_bytes([*BEAT, (1920 * 10**6, END)]), "at most 512 bars"),
        (file_bytes([(0, signature(255, 1)), *BEAT]), "1-32 beats"),
        (file_bytes([(0, signature(0, 4)), *BEAT]), "1-32 beats"),
        (file_bytes([(0, mido.MetaMessage("set_tempo", tempo=0)), *BEAT]), "4-1000"),
        (file_bytes([(0, mido.MetaMessage("set_tempo", tempo=2**24 - 1)), *BEAT]), "4-1000"),
        (b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\x0f\0\0" + b"\xff" * 900_000, "is damaged"),
        (b"MThd\0\0\0\6\0\0\0\1\1\xe0MTrk\0\0\x0f\0" + b"\xff" * 4000 + b"\0\x99\x24\x64\0\xff\x2f\0", "is incomplete"),
    ],
)
def test_bad_files_give_a_sentence(data, sentence):
    with pytest.raises(MidiError, match=sentence) as caught:
        midi.read(data)
    assert "\n" not in str(caught.value)


def test_paths_that_hold_no_file_give_a_sentence(tmp_path):
    with pytest.raises(MidiError, match="there is no file"):
        midi.read(tmp_path / "missing.mid")
    with pytest.raises(MidiError, match="is not a file"):
        midi.read(tmp_path)
    with pytest.raises(MidiError, match="is not a file"):
        midi.read(Path("/dev/zero"))


def test_the_error_names_the_file(tmp_path):
    (tmp_path / "song.mid").write_bytes(b"not MIDI")
    with pytest.raises(MidiError, match=r"^song\.mid is not a MIDI file$"):
        midi.read(tmp_path / "song.mid")


def survives(data):
    try:
        reading = midi.read(data)
    except MidiError as error:
        assert str(error)
        return False
    midi.read(midi.to_bytes(reading.groove))  # whatever was read is a groove that can be written
    return True


@pytest.fixture(scope="module")
def real_bytes():
    groove = random_groove(bars=2, density=0.15)
    header = [(0, mido.MetaMessage("key_signature", key="Am")), (0, mido.MetaMessage("smpte_offset")), (0, tempo(101))]
    controllers = [(40 * i, mido.Message("control_change", channel=9, control=4, value=i)) for i in range(20)]
    notes = [(round(beat * 480) + 30, note(VOICES[voice].pitch)) for beat, voice, _ in zip(*groove.to_hits(), strict=True)]
    sysex = [(0, mido.Message("sysex", data=(1, 2, 3)))]
    return file_bytes(header + sysex, sorted(controllers + notes, key=lambda event: event[0]))


def test_a_file_cut_anywhere_is_an_error(real_bytes):
    assert midi.read(real_bytes).groove.hit_count
    for end in range(len(real_bytes)):
        assert not survives(real_bytes[:end])


def test_flipped_bytes_give_a_groove_or_a_sentence(real_bytes):
    generator = random.Random(7)
    outcomes = set()
    for _ in range(600):
        damaged = bytearray(real_bytes)
        for _ in range(generator.randint(1, 6)):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        outcomes.add(survives(bytes(damaged)))
    assert outcomes == {True, False}


def test_a_damaged_header_gives_a_groove_or_a_sentence(real_bytes):
    for position in range(4, 80):
        for value in (0, 1, 0x7F, 0x80, 0xFF):
            survives(real_bytes[:position] + bytes([value]) + real_bytes[position + 1 :])


# -- writing ---------------------------------------------------------------------------------------------------------------


def absolute(data):
    """List the messages of a written file with their ticks."""
    (track,) = mido.MidiFile(file=io.BytesIO(data)).tracks
    tick, events = 0, []
    for message in track:
        tick += message.time
        events.append((tick, message))
    return events


def test_the_form_that_a_daw_loops():
    groove = random_groove(bars=3, bpm=96)
    data = midi.to_bytes(groove, "Funk")
    file = mido.MidiFile(file=io.BytesIO(data))
    assert (file.type, file.ticks_per_beat, len(file.tracks)) == (0, 480, 1)
    events = absolute(data)
    assert [message.type for _, message in events[:3]] == ["track_name", "set_tempo", "time_signature"]
    assert {tick for tick, _ in events[:3]} == {0}
    assert events[0][1].name == "Funk"
    assert events[1][1].tempo == 625_000
    assert (events[2][1].numerator, events[2][1].denominator) == (4, 4)
    assert (events[-1][0], events[-1][1].type) == (3 * 4 * 480, "end_of_track")


@pytest.mark.parametrize("seed", range(5))
def test_notes_never_overlap_themselves_nor_the_last_bar_line(seed):
    groove = random_groove(seed, density=0.8)
    sounding = {}
    for tick, message in absolute(midi.to_bytes(groove)):
        if message.type == "note_on":
            assert message.channel == 9
            assert message.note not in sounding
            assert 1 <= message.velocity <= 127
            sounding[message.note] = tick
        elif message.type == "note_off":
            assert 1 <= tick - sounding.pop(message.note) <= 60  # an eighth of a beat at most
            assert tick <= groove.beats * 480
    assert not sounding


def test_canonical_pitches():
    every = Groove.from_hits(Hits(np.arange(13) / 4, np.arange(13), np.full(13, 0.5, np.float32)), 120)
    pitches = [message.note for _, message in absolute(midi.to_bytes(every)) if message.type == "note_on"]
    assert pitches == [36, 38, 37, 39, 42, 44, 46, 43, 47, 50, 49, 51, 53]


def test_a_hit_ahead_of_the_first_bar_line_moves_onto_it():
    early = Groove.from_hits(Hits(np.array([-0.04, 1.0]), np.array([KICK, SNARE]), np.array([0.5, 0.5], np.float32)), 120)
    ons = [tick for tick, message in absolute(midi.to_bytes(early)) if message.type == "note_on"]
    assert ons == [0, 480]


def test_the_quietest_hit_still_sounds():
    quiet = Groove.from_hits(Hits(np.array([0.0]), np.array([KICK]), np.array([1e-6], np.float32)), 120)
    assert [message.velocity for _, message in absolute(midi.to_bytes(quiet)) if message.type == "note_on"] == [1]


def test_any_text_is_a_track_name():
    for name in ("Café", "日本語 🥁", "", "\ud800"):
        data = midi.to_bytes(random_groove(), name)
        assert absolute(data)[0][1].name == name.encode("latin-1", "replace").decode("latin-1")


def test_bytes_are_the_same_each_time():
    assert midi.to_bytes(random_groove(3)) == midi.to_bytes(random_groove(3))


def test_write_names_the_track_after_the_file(tmp_path):
    path = tmp_path / "funk_96bpm.mid"
    midi.write(random_groove(), path)
    assert path.read_bytes() == midi.to_bytes(random_groove(), "funk_96bpm")
    midi.write(random_groove(), path, "Verse")
    assert path.read_bytes() == midi.to_bytes(random_groove(), "Verse")


def test_writing_where_nothing_can_be_written_gives_a_sentence(tmp_path):
    with pytest.raises(MidiError, match="cannot write"):
        midi.write(random_groove(), tmp_path / "missing" / "x.mid")


def test_a_groove_finer_than_ticks_is_refused():
    with pytest.raises(MidiError, match="480 steps a beat"):
        midi.to_bytes(Groove.silent(1, 120, steps_per_beat=481))


def test_a_silent_groove_is_written():
    silent = mido.MidiFile(file=io.BytesIO(midi.to_bytes(Groove.silent(2, 120))))
    assert sum(message.time for message in silent.tracks[0]) == 2 * 4 * 480


# -- there and back --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("ppq", [96, 480, 960])
def test_round_trip_keeps_hits_and_loses_less_than_a_tick(seed, ppq):
    config = replace(default_config().midi, ticks_per_beat=ppq)
    groove = random_groove(seed, density=0.5)
    back = midi.read(midi.to_bytes(groove, config=config), config=config).groove
    np.testing.assert_array_equal(back.hits, groove.hits)
    velocities = np.abs(back.velocities - groove.velocities)[groove.velocities >= 0.5 / 127]
    assert velocities.max() <= 0.5 / 127 + 1e-6
    lost = np.abs(back.offsets - groove.offsets)[1:]  # the first step's early hits move onto the bar line
    assert lost.max() <= 12 / ppq
    assert np.quantile(lost[groove.hits[1:]], 0.9) <= 0.5 * 12 / ppq + 1e-6  # half a tick, but at the edge of a cell


@pytest.mark.parametrize("beats_per_bar", [3, 4, 5, 7])
def test_what_was_read_is_written_and_read_unchanged(beats_per_bar):
    groove = on_midi_grid(random_groove(beats_per_bar=beats_per_bar))
    assert midi.read(midi.to_bytes(groove)).groove == groove


def test_real_performances_come_back_bit_identical(gmd):
    files = official_test_split(gmd)
    assert len(files) == 129
    for path in files:
        reading = midi.read(path)
        assert not reading.unplaced
        again = midi.read(midi.to_bytes(reading.groove))
        assert again.groove == reading.groove
        assert again.merged == 0


def test_real_performances_hold_every_note_that_pretty_midi_finds(gmd):
    for path in official_test_split(gmd)[::8]:
        reading = midi.read(path)
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


@pytest.mark.parametrize("track_a_voice", [False, True])
def test_the_parts_of_a_song_are_markers_at_their_bars(track_a_voice):
    groove = Groove.from_hits(Hits(np.array([0.0, 15.0]), np.array([0, 1]), np.array([0.9, 0.5], dtype=np.float32)), 100, bars=4)
    data = midi.to_bytes(groove, track_a_voice=track_a_voice, markers=[(0, "Verse"), (3, "Chorus ♪")])
    track, now, found = mido.MidiFile(file=io.BytesIO(data)).tracks[0], 0, []
    for message in track:
        now += message.time
        if message.type == "marker":
            found.append((now / 480 / 4, message.text))
    assert found == [(0.0, "Verse"), (3.0, "Chorus ?")]
    assert midi.read(data).groove == midi.as_written(groove)
    assert now == 16 * 480
