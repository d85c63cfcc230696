import base64
import copy
import json
import random
import zlib

import numpy as np
import pytest

from drummer import Drummer, model_names
from drummer.errors import DocumentError
from drummer.files import midi
from drummer.files.document import SETTINGS, Take, from_code, from_document, from_json, to_code, to_document, to_json
from drummer.music.groove import Groove
from drummer.music.meter import FOUR_FOUR, Meter
from tests.datasets import simple_groove
from tests.unit.test_groove import arrays

SETTINGS_OF_ALL_KINDS = {
    "genre": "funk",
    "to_genre": "jazz",
    "model": "medium",
    "kit": "Größe 9, [dry] #2",
    "temperature": 1.05,
    "human": 1.5,
    "fill_every": 4,
    "intensity": 0.7,
    "fill": [0, 0, 0, 1],
    "lateness": [None, -20, 3.5, 0],
    "locked": ["kick", "snare"],
    "locked_bars": [0, 3],
    "muted": [],
    "song": [{"part": "intro", "bars": 2}, {"part": "chorus", "bars": 8, "intensity": 0.9, "complexity": 0.5}],
    "metronome": True,
    "volume": 0.8,
}


def a_take(bars=4, **changes):
    fields = {"settings": SETTINGS_OF_ALL_KINDS, "seed": 4294967295, "edited": True, "model_hash": "0123456789abcdef"}
    return Take(**{"groove": simple_groove(bars), **fields, **changes})


def wild_groove(seed=0, bars=3, bpm=97.3, steps_per_beat=12, meter=FOUR_FOUR):
    sounds, velocities, offsets = (array[: bars * meter.steps(steps_per_beat)] for array in arrays(64, seed=seed))
    return Groove(sounds, velocities, offsets, bpm, steps_per_beat, meter)


WILD = [
    wild_groove(),
    wild_groove(1, 2, 4.0, 1, Meter(1, 4)),
    wild_groove(2, 2, 1000, 96, Meter(3, 4)),
    wild_groove(3, 5, 60.1, 7, Meter(5, 4)),
    Groove.silent(2, 90),
]


@pytest.mark.parametrize("groove", WILD, ids=range(len(WILD)))
def test_a_file_gives_back_the_same_bits(groove):
    take = a_take(groove=groove)
    assert from_document(to_document(take)) == take
    assert from_json(to_json(take)) == take
    assert from_json(to_json(take).encode()) == take


def test_real_performances_survive_a_file_and_a_link(real_corpus):
    performances = real_corpus.performances[::34]
    assert len(performances) > 25
    for performance in performances:
        take = a_take(groove=performance.groove.cut(0, min(performance.groove.bars, 64)))
        assert from_json(to_json(take)) == take
        opened = from_code(to_code(take))
        assert to_code(opened) == to_code(take)
        assert midi.to_bytes(opened.groove) == midi.to_bytes(take.groove)


def test_32_busy_bars_fit_into_a_link(real_corpus):
    """The busiest 32 bars of every long performance, with the settings of a page that asks for everything."""
    lengths = []
    for performance in real_corpus.performances:
        groove = performance.groove
        if groove.bars >= 32:
            busiest = max((groove.cut(bar, bar + 32) for bar in range(0, groove.bars - 31, 8)), key=lambda part: part.hit_count)
            lengths.append(len(to_code(a_take(groove=busiest))))
    print(f"{len(lengths)} performances: median {np.median(lengths):.0f}, longest {max(lengths)} characters")
    assert len(lengths) > 200
    assert np.median(lengths) < 2200
    assert max(lengths) < 3500


@pytest.mark.skipif(not model_names(), reason="weights/ holds no trained model: run make train")
def test_a_played_groove_survives_and_its_weights_are_known():
    drummer = Drummer.load("small")
    groove = drummer.generate(genre="funk", bars=8, seed=7)
    take = Take(groove, {"genre": "funk"}, 7, model_hash=drummer.trained.fingerprint)
    assert from_json(to_json(take)) == take
    assert from_code(to_code(take)).model_hash == Drummer.load("small").trained.fingerprint
    assert Drummer.load("medium").trained.fingerprint != take.model_hash


@pytest.mark.parametrize("groove", WILD, ids=range(len(WILD)))
def test_a_code_rounds_once_and_no_further_than_a_midi_file(groove):
    take = a_take(groove=groove)
    opened = from_code(to_code(take))
    assert to_code(opened) == to_code(take)
    assert from_code(to_code(opened)) == opened
    assert (opened.settings, opened.seed, opened.edited, opened.model_hash) == (
        take.settings,
        take.seed,
        take.edited,
        take.model_hash,
    )
    assert opened.groove.bpm == groove.bpm
    np.testing.assert_array_equal(opened.groove.hits, groove.hits)
    np.testing.assert_allclose(opened.groove.velocities, groove.velocities, atol=1 / 127)
    unit = max(1 / 254, groove.steps_per_beat / 480)
    np.testing.assert_allclose(opened.groove.offsets, groove.offsets, atol=unit + 1e-6)


def test_a_code_needs_no_escaping():
    code = to_code(a_take())
    assert set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_link_of_the_first_version_opens_for_ever():
    groove = Groove.from_hits(simple_groove(1).to_hits(), 96, bars=1)
    code = FIRST_LINK
    opened = from_code(code)
    assert (opened.settings, opened.seed) == ({"genre": "funk", "kit": "black_pearl"}, 7)
    np.testing.assert_array_equal(opened.groove.hits, groove.hits)


def test_the_settings_are_a_copy_that_cannot_be_changed():
    settings = {"genre": "funk"}
    take = a_take(settings=settings)
    settings["genre"] = "rock"
    assert take.settings["genre"] == "funk"
    with pytest.raises(TypeError):
        take.settings["genre"] = "rock"


# -- what strangers send ---------------------------------------------------------------------------------------------------


def changed(path, value):
    """Make the plain data of a take, with one value replaced or, where it is `...`, taken away."""
    data = copy.deepcopy(to_document(a_take()))
    *parents, last = path
    place = data
    for key in parents:
        place = place[key]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return data


BAD = [
    (("format",), "song", "'format' is 'drummer groove'"),
    (("version",), 3, "version 3, but this Drummer reads 1 and 2"),
    (("bpm",), float("nan"), "tempo must be from 4 to 1000 BPM, got nan"),
    (("bpm",), "96", "tempo must be from 4 to 1000 BPM, got '96'"),
    (("bpm",), 10**400, "tempo must be from 4 to 1000 BPM, got a number of more than 20 digits"),
    (("bars",), 10**9, "number of bars must be a whole number from 1 to 512, got 1000000000"),
    (("bars",), 4.5, "number of bars must be a whole number"),
    (("bars",), True, "number of bars must be a whole number"),
    (("steps_per_beat",), 97, "steps in a beat must be a whole number from 1 to 96"),
    (("meter",), "4", "a meter must look like 4/4, 6/8"),
    (("meter",), "0/4", "a meter must be 1 to 32 over 1, 2, 4, 8, 16, got '0/4'"),
    (("meter",), "7/8 (3+3)", "groups of 7/8 must add up to 7"),
    (("seed",), -1, "seed must be a whole number from 0 to 4294967295, got -1"),
    (("seed",), 7.5, "seed must be a whole number"),
    (("edited",), 1, "'edited' must be true or false, got 1"),
    (("model_hash",), "<script>", "model hash must be 8 to 64 hexadecimal digits or empty"),
    (("model_hash",), None, "model hash must be 8 to 64 hexadecimal digits or empty"),
    (("hits",), {}, "'hits' must be a list, got names and values of length 0"),
    (("hits",), ..., "lacks the field 'hits'"),
    (("extra",), 1, "unknown field 'extra'"),
    (("hits", 0), [0, "kick", 0.5], r"hit 1 must be \[step, voice, velocity, offset\], got a list of length 3"),
    (("hits", 0, 0), 4 * 48, "step of hit 1 must be a whole number from 0 to 191, got 192"),
    (("hits", 0, 0), -1, "step of hit 1 must be a whole number"),
    (("hits", 0, 1), "cowbell", "hit 1 has the unknown voice 'cowbell', it must be one of kick, snare"),
    (("hits", 0, 1), ["kick"], "hit 1 has the unknown voice a list of length 1"),
    (("hits", 0, 2), 0, "velocity of hit 1 must be above 0 and at most 1, got 0"),
    (("hits", 0, 2), float("nan"), "velocity of hit 1 must be above 0"),
    (("hits", 0, 2), 1e-60, "velocity of every hit must be above 0"),
    (("hits", 0, 3), 0.5, "offset of hit 1 must be at least -0.5 and less than 0.5"),
    (("hits", 0, 3), 0.49999999999, "offset of every hit must be at least -0.5 and less than 0.5"),
    (("hits", 0, 3), float("-inf"), "offset of hit 1 must be"),
    (("settings",), [], "'settings' must be names and values, got a list of length 0"),
    (("settings", "__class__"), 1, "unknown setting '__class__', it must be one of genre"),
    (("settings", "genre"), "polka", "'genre' must be one of afrobeat, afrocuban"),
    (("settings", "genre"), ["funk"], "'genre' must be one of afrobeat, afrocuban"),
    (("settings", "kit"), "../../etc/passwd", "'kit' must be 1 to 64 letters, digits"),
    (("settings", "kit"), "<img src=x>", "'kit' must be 1 to 64 letters, digits"),
    (("settings", "kit"), "x" * 65, "'kit' must be 1 to 64 letters, digits"),
    (("settings", "kit"), "line\nbreak", "'kit' must be 1 to 64 letters, digits"),
    (("settings", "temperature"), 2.1, "'temperature' must be from 0.1 to 2, got 2.1"),
    (("settings", "intensity"), float("nan"), "'intensity' must be from 0 to 1, got nan"),
    (("settings", "lateness"), [0, "late", 0, 0], "'lateness' must be from -20 to 20, got 'late'"),
    (("settings", "lateness"), [0] * 513, "length of the setting 'lateness' must be a whole number from 1 to 512"),
    (("settings", "human"), 1.6, "'human' must be from 0 to 1.5, got 1.6"),
    (("settings", "locked"), ["cowbell"], "'locked' has the unknown voice 'cowbell'"),
    (("settings", "locked"), ["kick"] * 14, "'locked' must be a list of voices"),
    (("settings", "locked_bars"), 3, "'locked_bars' must be a list of bars, got 3"),
    (("settings", "locked_bars"), [512], "a bar of the setting 'locked_bars' must be a whole number from 0 to 511, got 512"),
    (("settings", "song"), [{"part": "solo", "bars": 4}], "'song.part' must be one of intro, verse"),
    (("settings", "song"), [{"part": "verse"}], "block of the setting 'song' has part, bars"),
    (("settings", "song"), [{"part": "verse", "bars": None}], "needs a part and a number of bars"),
    (("settings", "song"), [{"part": "verse", "bars": 4}] * 33, "'song' must be a list of 1 to 32 blocks"),
    (("settings", "metronome"), "yes", "'metronome' must be true or false"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "sentence"), BAD, ids=[f"{path[-1]}-{index}" for index, (path, _, _) in enumerate(BAD)]
)
def test_what_no_groove_has_is_named_in_one_sentence(path, value, sentence):
    with pytest.raises(DocumentError, match=sentence) as caught:
        from_document(changed(path, value))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("data", [None, 7, "groove", [], {}, {"format": "drummer groove"}])
def test_what_is_no_document_at_all_is_refused(data):
    with pytest.raises(DocumentError):
        from_document(data)


def test_a_cell_holds_one_hit():
    data = to_document(a_take())
    data["hits"].append(data["hits"][0])
    with pytest.raises(DocumentError, match="is the second one of its voice at step 0"):
        from_document(data)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"\xff\xfe", b"{", b"[" * 100_000, b"1" * 10_000, '{"a": NaN}', '{"a": 1, "a": 1}', b"\x00", "null",
    ],
    ids=range(9),
)  # fmt: skip
def test_what_is_no_json_is_refused(text):
    with pytest.raises(DocumentError):
        from_json(text)


def test_a_file_that_is_too_large_is_not_parsed():
    with pytest.raises(DocumentError, match="at most 4 MB"):
        from_json(b" " * 4_000_001)


def test_a_groove_that_no_document_may_hold_is_no_take():
    with pytest.raises(DocumentError, match="number of bars must be a whole number from 1 to 512, got 513"):
        Take(Groove.silent(513, 100))
    with pytest.raises(DocumentError, match="too long: it may have at most 24576 steps"):
        Take(Groove.silent(512, 100, meter=Meter(5, 4)))


def test_the_largest_groove_of_all_survives():
    generator = np.random.default_rng(0)
    cells = generator.permutation(24576 * 13)[:50_000]
    velocities = np.zeros(24576 * 13, dtype=np.float32)
    velocities[cells] = generator.uniform(0.01, 1, 50_000)
    velocities = velocities.reshape(24576, 13)
    take = Take(Groove(velocities > 0, velocities, np.where(velocities > 0, -0.123456789, 0), 100))
    assert from_json(to_json(take)) == take
    more = np.full((24576, 13), 0.5, dtype=np.float32)
    with pytest.raises(DocumentError, match="too many hits: it may have at most 50000, got 319488"):
        Take(Groove(more > 0, more, more * 0, 100))


def packed(data: bytes, **options) -> str:
    packer = zlib.compressobj(9, **options)
    return "2" + base64.urlsafe_b64encode(packer.compress(data) + packer.flush()).decode().rstrip("=")


@pytest.mark.parametrize(
    "code",
    [
        "", "1", "1A", "3abc", "1" + "A" * 40_000, "1%%%", "1abc\n", "1ab=c", "1é", None, 7, packed(b"{}"),
        packed(b"A" * 20_000_000), to_code(a_take())[:-7], to_code(a_take()) + "AAAA", to_code(a_take())[1:],
    ],
    ids=range(16),
)  # fmt: skip
def test_what_is_no_code_is_refused(code):
    with pytest.raises(DocumentError):
        from_code(code)


def test_a_code_that_unpacks_to_more_than_a_file_may_hold_is_not_unpacked():
    from drummer.files.document import link_code

    bomb = packed(b" " * 20_000_000, zdict=link_code.DICTIONARY)
    assert len(bomb) < 32_000
    with pytest.raises(DocumentError, match="too large"):
        from_code(bomb)


def test_no_change_of_a_code_or_a_file_does_more_than_be_refused():
    generator = random.Random(1)
    code, text = to_code(a_take()), to_json(a_take())
    alphabet = "ABCabc019-_"
    for original, read, letters in ((code, from_code, alphabet), (text, from_json, '0123456789.,-[]{}":eE x')):
        for _ in range(300):
            letters_of = list(original)
            for _ in range(generator.randint(1, 3)):
                letters_of[generator.randrange(len(letters_of))] = generator.choice(letters)
            try:
                take = read("".join(letters_of))
            except DocumentError:
                continue
            assert from_json(to_json(take)) == take


def test_columns_of_a_code_that_claim_what_is_not_there_are_refused():
    """The checksum of a code says that it was not damaged, not that it is honest."""
    from drummer.files.document import link_code
    from drummer.files.document.take import HEADER_FIELDS

    document = to_document(a_take(bars=1, groove=simple_groove(1)))
    header = json.dumps({key: document[key] for key in HEADER_FIELDS}).encode()
    none = bytes(13)
    for rest in (
        b"",  # no counts
        b"\x01" + bytes(12),  # a hit, but no gap
        b"\x01" + bytes(12) + b"\x00",  # no velocity
        b"\x01" + bytes(12) + b"\x30\x40\x14",  # at step 48 of 48
        b"\x02" + bytes(12) + b"\x00\x00\x40\x40\x14\x14",  # twice at step 0
        b"\x01" + bytes(12) + b"\x00\x00\x14",  # velocity 0
        b"\x01" + bytes(12) + b"\x00\x80\x14",  # velocity 128
        b"\x01" + bytes(12) + b"\x00\x40\x28",  # half a step late
        b"\xff\xff\x7f" + bytes(12),  # two million hits
        b"\xff\xff\xff\xff\xff\xff" + bytes(12),  # a number without end
        none + b"\x00",  # something behind the last hit
    ):
        with pytest.raises(DocumentError):
            from_code(packed(header + b"\n" + rest, zdict=link_code.DICTIONARY))
    assert from_code(packed(header + b"\n" + none, zdict=link_code.DICTIONARY)).groove.hit_count == 0


def test_every_setting_is_tried_here():
    assert SETTINGS.keys() >= SETTINGS_OF_ALL_KINDS.keys()


FIRST_LINK = "1ePnMV7J5gjrb0oxUVxuS6GrincTFxMTAwMEAAxI8EgxsEAAQQOmaccYZ_rZuGgaR4QABJCosLiooJiUpyCcoAhBgAH6SNMM"


def test_the_blocks_of_a_song_say_where_they_begin():
    song = [{"part": "intro", "bars": 2}, {"part": "verse", "bars": 8}, {"part": "ending", "bars": 2}]
    assert Take(Groove.silent(12, 100), {"song": song}).markers == [(0, "Intro"), (2, "Verse"), (10, "Ending")]
    assert Take(Groove.silent(3, 100), {"song": song}).markers == [(0, "Intro"), (2, "Verse")]  # what the groove does not reach
    assert Take(Groove.silent(3, 100)).markers == []
