"""MusicXML and sheet music: what notation programs read is what was played."""

import io
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import music21
import numpy as np
import pytest

from drummer.config import default_config
from drummer.errors import SettingError
from drummer.exports import Choices, export
from drummer.files import musicxml
from drummer.files.document import Take
from drummer.music.details import ExtraHit, FileDetails
from drummer.music.groove import Groove, Hits
from drummer.music.meter import METERS, Meter
from drummer.music.notation import notate
from drummer.music.voices import VOICE_INDEX, VOICES
from drummer.pictures import sheet_music
from tests.midi_events import random_groove

FEET = {"kick", "hihat_pedal"}
pytestmark = pytest.mark.filterwarnings("ignore:.*does not map to a valid instrument")  # music21 knows no claps


def groove_of(*hits, meter="4/4", bars=1, bpm=96.0):
    """Make a groove of (voice, onset in quarter notes, velocity)."""
    names, beats, velocities = zip(*hits, strict=True)
    voices = np.array([VOICE_INDEX[name] for name in names])
    return Groove.from_hits(
        Hits(np.array(beats, dtype=float), voices, np.array(velocities, dtype=np.float32)),
        bpm,
        bars=bars,
        meter=Meter.parse(meter),
    )


def read(data):
    """Read a file back with music21: its part, and of each measure by voices (onset, length, number of notes, the object)."""
    part = music21.converter.parseData(data, format="musicxml").parts[0]
    measures = []
    for measure in part.getElementsByClass("Measure"):
        voices = {}
        for voice in measure.voices or [measure]:
            events = []
            for each in voice.notesAndRests:
                count = 0 if each.isRest else len(each.notes) if hasattr(each, "notes") else 1
                events.append((float(each.offset), float(each.quarterLength), count, each))
            voices[str(voice.id)] = events
        measures.append(voices)
    return part, measures


def drums_of(data):
    """List (measure, voice, onset in quarters, General MIDI keys) straight from the XML."""
    root = ET.fromstring(data)
    keys = {each.get("id"): int(each.findtext("midi-unpitched")) - 1 for each in root.iter("midi-instrument")}
    divisions = int(root.findtext(".//divisions"))
    found = {}
    for index, measure in enumerate(root.iter("measure")):
        time = last = 0
        for each in measure:
            if each.tag == "backup":
                time -= int(each.findtext("duration"))
            if each.tag != "note":
                continue
            if each.find("chord") is None:
                last = time
                time += int(each.findtext("duration"))
            if each.find("unpitched") is not None:
                place = index, each.findtext("voice"), last / divisions
                found.setdefault(place, set()).add(keys[each.find("instrument").get("id")])
    return found


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8", "7/8", "7/8 (3+2+2)", "5/4", "12/8", "3/8", "2/4"])
def test_another_library_reads_back_onsets_voices_meter_and_tempo(meter):
    own = Meter.parse(meter)
    groove = random_groove(5, bars=3, bpm=93.0, density=0.12, meter=own)
    groove = Groove(groove.hits, groove.velocities, groove.offsets * 0.2, 93.0, 12, own)
    part, measures = read(data := musicxml.to_bytes(groove, "A part"))
    assert len(measures) == 3
    signature = part.flatten().getElementsByClass("TimeSignature")[0]
    assert (signature.numerator, signature.denominator) == (own.numerator, own.denominator)
    assert part.flatten().getElementsByClass("MetronomeMark")[0].getQuarterBPM() == pytest.approx(93, abs=0.01)
    for number, voices in enumerate(measures):
        assert set(voices) == {"1", "2"}
        for voice, events in voices.items():
            # Notes and rests fill the bar without a gap.
            ends = [start + length for start, length, _, _ in events]
            assert events[0][0] == 0 and ends[-1] == pytest.approx(own.quarters)
            assert all(end == pytest.approx(after[0]) for end, (_, after) in zip(ends, pairwise(events), strict=False))
            expected = {
                round(start, 3): len(keys)
                for (bar, own_voice, start), keys in drums_of(data).items()
                if (bar, own_voice) == (number, voice)
            }
            assert {round(start, 3): count for start, _, count, _ in events if count} == expected
    # Each hit is there, at most half a sixteenth from where it was played, in the voice of its limb.
    written = drums_of(data)
    for beat, voice in zip(groove.to_hits().beats, groove.to_hits().voices, strict=True):
        limb = "2" if VOICES[voice].name in FEET else "1"
        places = [
            bar * own.quarters + start
            for (bar, own_voice, start), keys in written.items()
            if VOICES[voice].pitch in keys and own_voice == limb
        ]
        wrapped = [abs((beat - place + 0.5 * groove.beats) % groove.beats - 0.5 * groove.beats) for place in places]
        assert min(wrapped) <= 1 / 6 + 1e-6


def test_each_drum_has_its_place_on_the_staff_and_its_head():
    expected = {
        "kick": ("F4", "normal"), "snare": ("C5", "normal"), "rim": ("C5", "x"), "clap": ("E5", "x"),
        "hihat_closed": ("G5", "x"), "hihat_pedal": ("D4", "x"), "hihat_open": ("G5", "circle-x"),
        "tom_low": ("A4", "normal"), "tom_mid": ("D5", "normal"), "tom_high": ("E5", "normal"),
        "crash": ("A5", "x"), "ride": ("F5", "x"), "ride_bell": ("F5", "diamond"),
    }  # fmt: skip
    for name, head in expected.items():
        _, ((voices),) = read(musicxml.to_bytes(groove_of((name, 1, 0.6))))
        events = voices["2" if name in FEET else "1"]
        (note,) = [each for *_, each in events if not each.isRest]
        assert (note.displayStep + str(note.displayOctave), note.notehead) == head
        assert note.stemDirection == ("down" if name in FEET else "up")


def test_soft_hits_are_ghost_notes_and_loud_ones_have_accents():
    data = musicxml.to_bytes(groove_of(("snare", 0, 0.2), ("snare", 1, 0.5), ("snare", 2, 0.95), ("kick", 2, 0.5)))
    _, (voices,) = read(data)
    notes = [each for *_, each in voices["1"] if not each.isRest]
    assert [note.noteheadParenthesis for note in notes] == [True, False, False]
    assert [len(note.articulations) for note in notes] == [0, 0, 1]
    assert not [each for *_, each in voices["2"] if each.articulations]


def test_beats_are_sixteenths_or_triplets_whichever_is_nearer():
    straight = [("hihat_closed", beat / 4 + 0.02, 0.5) for beat in range(4)]
    swung = [("hihat_closed", 1 + beat / 3 - 0.01 * (beat > 0), 0.5) for beat in range(3)]
    _, (voices,) = read(data := musicxml.to_bytes(groove_of(*straight, *swung, ("kick", 1, 0.6))))
    onsets = [start for start, _, heads, _ in voices["1"] if heads]
    assert onsets == pytest.approx([0, 0.25, 0.5, 0.75, 1, 4 / 3, 5 / 3])
    assert [(start, length) for start, length, heads, _ in voices["2"] if heads] == [(1, 1)]  # a plain quarter
    text = data.decode()
    assert text.count("<time-modification>") == 3
    assert (text.count('<tuplet type="start"'), text.count('<tuplet type="stop"')) == (1, 1)


def test_eighths_and_sixteenths_are_beamed_within_their_beat():
    data = musicxml.to_bytes(groove_of(*(("hihat_closed", beat / 4, 0.5) for beat in (0, 2, 4, 5, 6, 8, 11)), ("kick", 0, 0.5)))
    notes = [
        each for each in ET.fromstring(data).iter("note") if each.findtext("voice") == "1" and each.find("unpitched") is not None
    ]
    beams = [[(beam.get("number"), beam.text) for beam in note.findall("beam")] for note in notes]
    assert beams == [
        [("1", "begin")],
        [("1", "end")],
        [("1", "begin"), ("2", "begin")],
        [("1", "continue"), ("2", "end")],
        [("1", "end")],
        [("1", "begin")],
        [("1", "end"), ("2", "backward hook")],
    ]


def test_compound_meters_count_dotted_quarters():
    data = musicxml.to_bytes(groove_of(("kick", 0, 0.5), ("snare", 1.5, 0.5), meter="6/8", bpm=90.0))
    assert b"<beat-unit-dot />" in data and b"<per-minute>60</per-minute>" in data and b'tempo="90"' in data
    _, (voices,) = read(data)
    assert [(start, length) for start, length, heads, _ in voices["1"] if heads] == [(1.5, 1.5)]


def test_an_anticipated_downbeat_at_the_end_is_written_where_the_loop_sounds_it():
    assert drums_of(musicxml.to_bytes(groove_of(("kick", 3.95, 0.5), ("snare", 1, 0.5)))) == {
        (0, "2", 0): {36},
        (0, "1", 1): {38},
    }
    early = groove_of(("kick", -0.03, 0.5), ("kick", 3.95, 0.5), bars=2)
    assert set(drums_of(musicxml.to_bytes(early))) == {(0, "2", 0), (1, "2", 0)}


def test_percussion_and_second_hits_of_a_file_are_written():
    silent = Groove.silent(1, 100)
    details = FileDetails.empty(silent.steps)
    extra = (ExtraHit(12, 0.0, 56, 0.6), ExtraHit(24, 0.0, 36, 0.4, 0), ExtraHit(36, 0.0, 3, 0.5))
    groove = Groove(silent.hits, silent.velocities, silent.offsets, 100, 12, silent.meter, FileDetails(details.keys, extra))
    data = musicxml.to_bytes(groove)
    assert drums_of(data) == {(0, "1", 1): {56}, (0, "2", 2): {36}, (0, "1", 3): {3}}
    names = [each.text for each in ET.fromstring(data).iter("instrument-name")]
    assert names == ["Key 3", "Kick", "Cowbell"]


def test_a_bar_without_hits_rests():
    for meter in METERS:
        part, measures = read(musicxml.to_bytes(Groove.silent(2, 100, meter=meter)))
        assert all(each.isRest for voices in measures for events in voices.values() for *_, each in events)
        assert part.duration.quarterLength == pytest.approx(2 * meter.quarters)


@pytest.mark.parametrize("steps_per_beat", [4, 24])
def test_a_groove_on_another_grid_is_written_the_same(steps_per_beat):
    groove = groove_of(("kick", 0, 0.5), ("snare", 1.25, 0.5), ("hihat_closed", 2.5, 0.5))
    assert drums_of(musicxml.to_bytes(groove.regrid(steps_per_beat))) == drums_of(musicxml.to_bytes(groove))


def test_every_length_has_a_note_in_every_meter():
    for seed, meter in enumerate(
        [*METERS, Meter(9, 16), Meter(5, 16, (5,)), Meter(8, 8), Meter(7, 8, (7,)), Meter(3, 2), Meter(1, 1)]
    ):
        for density in (0.03, 0.3):
            groove = random_groove(seed, bars=8, density=density, meter=meter)
            musicxml.to_bytes(groove)
            length = round(12 * meter.quarters)
            assert all(sum(event.length for event in voice) == length for bar in notate(groove) for voice in bar)


def test_it_is_exported_under_a_name_to_keep_with_rehearsal_marks_of_a_song():
    settings = {"genre": "funk", "song": [{"part": "verse", "bars": 1}, {"part": "chorus", "bars": 1}]}
    name, data = export(Take(groove_of(("kick", 0, 0.5), bars=2), settings, 7), "musicxml", Choices(None))
    assert name == "funk_96bpm_2bars_seed7.musicxml"
    assert [each.text for each in ET.parse(io.BytesIO(data)).iter("rehearsal")] == ["Verse", "Chorus"]
    assert ET.fromstring(data).findtext("work/work-title") == "funk, 96 BPM, 2 bars, seed 7"


def test_sheet_music_draws_all_notes_in_the_ink_of_the_theme():
    groove = groove_of(("kick", 0, 0.5), ("snare", 1, 0.5), ("hihat_closed", 1, 0.5), ("kick", 2, 0.5))
    for theme, ink in (("light", "#22231f"), ("dark", "#ececea")):
        drawn = sheet_music.to_svg(groove, 600, theme=theme)
        assert ET.fromstring(drawn).get("viewBox").split()[2] == "600"
        assert len(re.findall('class="note"', drawn)) == 4
        assert f'color="{ink}" fill="{ink}"' in drawn and "black" not in drawn
        assert drawn == sheet_music.to_svg(groove, 600, theme=theme)


@pytest.mark.parametrize(
    ("bars", "width", "theme", "sentence"),
    [
        (1, 100, "light", "the width of sheet music must be a whole number from 240 to 2000, got 100"),
        (1, None, "light", "the width of sheet music must be a whole number"),
        (1, 600, "pink", "theme is one of light, dark"),
        (
            default_config().notation.max_bars + 1,
            600,
            "light",
            "sheet music is drawn for up to 128 bars, and this groove has 129",
        ),
    ],
)
def test_sheet_music_that_cannot_be_drawn_gets_a_sentence(bars, width, theme, sentence):
    with pytest.raises(SettingError, match=sentence):
        sheet_music.to_svg(Groove.silent(bars, 100), width, theme=theme)
