"""The details of a musician's file follow the edits of a groove, and are kept in files and links."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from drummer.errors import DocumentError, GrooveError
from drummer.files.document import Take, from_code, from_json, to_code, to_document, to_json
from drummer.files.document.groove_json import from_document
from drummer.music.details import CHOKE, NO_KEY, PEDAL, ExtraHit, FileDetails, Message
from drummer.music.groove import Groove
from drummer.music.percussion import with_stand_ins
from drummer.music.time_scaling import double_time, half_time
from drummer.music.voices import VOICE_INDEX

KICK, CRASH, OPEN_HAT, CLOSED_HAT = (VOICE_INDEX[name] for name in ("kick", "crash", "hihat_open", "hihat_closed"))


def detailed(bars: int = 2) -> Groove:
    """A kick on each bar line, a crash on another key, a conga, a flam, a closed pedal, a choke."""
    velocities = np.zeros((48 * bars, 13), dtype=np.float32)
    velocities[::48, KICK] = 0.9
    velocities[24, CRASH] = 0.8
    details = FileDetails.empty(len(velocities), "roland_td17", 960)
    keys = details.keys.copy()
    keys[24, CRASH] = 57
    details = replace(
        details,
        keys=keys,
        extra_hits=(ExtraHit(47, 0.4, 63, 0.5), ExtraHit(24, 0.25, 57, 0.25, CRASH)),
        messages=(Message(6, 0.0, PEDAL, 0, 90), Message(30, 0.0, CHOKE, 57, 127)),
    )
    return Groove(velocities > 0, velocities, velocities * 0, 120, details=details)


def test_details_survive_a_file_a_link_and_pickling():
    take = Take(detailed())
    assert from_json(to_json(take)).groove == take.groove
    back = from_code(to_code(take)).groove
    assert back.details == take.groove.details
    assert pickle.loads(pickle.dumps(take.groove)) == take.groove


def test_a_link_keeps_what_opens_and_closes_the_hi_hat():
    groove = detailed()
    positions = [Message(step, 0.0, PEDAL, 0, value) for step, value in enumerate((0, 20, 50, 90, 127, 100, 30, 10))]
    assert groove.details is not None
    groove = replace(groove, details=replace(groove.details, messages=tuple(positions)))
    code = to_code(Take(groove))
    back = from_code(code)
    assert back.groove.details is not None
    assert [each.value for each in back.groove.details.messages] == [0, 90, 30]
    assert to_code(back) == code


def test_a_groove_without_details_has_none_in_its_file():
    assert "details" not in to_document(Take(Groove.silent(1, 120)))


def test_a_cut_takes_keys_and_percussion_along():
    groove = detailed()
    first, second = groove.cut(0, 1), groove.cut(1, 2)
    assert first.details is not None and second.details is not None
    assert first.details.keys[24, CRASH] == 57
    assert [hit.key for hit in first.details.extra_hits] == [57]
    assert [(hit.step, hit.key) for hit in second.details.extra_hits] == [(0, 63)]  # early, for the bar line
    assert second.details.messages == (Message(0, -0.5, PEDAL, 0, 90),)  # the pedal stays down
    joined = first.then(second)
    assert joined.details is not None
    assert len(joined.details.extra_hits) == 2
    assert np.array_equal(joined.details.keys, groove.details.keys)  # type: ignore[union-attr]


def test_a_hit_that_goes_takes_its_key_and_its_second_hit_along():
    groove = detailed()
    without = groove.without(np.arange(13) == CRASH)
    assert without.details is not None
    assert (without.details.keys == NO_KEY).all()
    assert [hit.key for hit in without.details.extra_hits] == [63]


def test_a_groove_that_follows_from_another_kit_gets_canonical_keys():
    groove = detailed(1)
    assert groove.details is not None
    other = replace(groove, details=replace(groove.details, key_map="general_midi"))
    joined = groove.then(other)
    assert joined.details is not None
    assert joined.details.keys[24, CRASH] == 57
    assert joined.details.keys[48 + 24, CRASH] == NO_KEY


def test_the_nearest_voice_stands_in_for_percussion():
    heard = with_stand_ins(detailed())
    assert heard.details is None
    assert heard.hits[47, VOICE_INDEX["tom_mid"]]
    assert heard.hit_count == detailed().hit_count + 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"ticks_per_beat": 0},
        {"extra_hits": (ExtraHit(96, 0.0, 63, 0.5),)},
        {"extra_hits": (ExtraHit(0, 0.0, 128, 0.5),)},
        {"extra_hits": (ExtraHit(0, 0.0, 63, 0.0),)},
        {"messages": (Message(0, 0.0, "volume", 0, 1),)},
    ],
)
def test_wrong_details_are_refused(wrong):
    with pytest.raises(GrooveError):
        replace(FileDetails.empty(96), **wrong)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key_map", "casio"),
        ("keys", [[0, "kick"]]),
        ("keys", [[0, "gong", 36]]),
        ("extra_hits", [[0, 1.5, 63, 0.5, None]]),
        ("extra_hits", [[999, 0, 63, 0.5, None]]),
        ("messages", [[0, 0, ["pedal"], 0, 1]]),
        ("messages", 7),
        ("ticks_per_beat", "many"),
    ],
)
def test_wrong_details_in_a_file_get_one_sentence(field, value):
    data = to_document(Take(detailed()))
    data["details"] = {**data["details"], field: value}
    with pytest.raises(DocumentError) as caught:
        from_document(data)
    assert "\n" not in str(caught.value)


def test_half_and_double_time_keep_keys_percussion_and_messages() -> None:
    keys = np.full((48, 13), NO_KEY)
    keys[12, 1] = 40
    details = FileDetails(
        keys, (ExtraHit(6, 0.25, 56, 0.5), ExtraHit(36, -0.5, 56, 0.5)), (Message(18, 0.0, CHOKE, 49, 127),), "general_midi", 960
    )
    velocities = np.zeros((48, 13), dtype=np.float32)
    velocities[12, 1] = 0.5
    groove = Groove(velocities > 0, velocities, np.zeros_like(velocities), 100, details=details)
    slow, fast = half_time(groove).details, double_time(groove).details
    assert slow is not None and fast is not None
    assert (slow.keys[24, 1], (slow.keys != NO_KEY).sum(), slow.ticks_per_beat) == (40, 1, 960)
    assert [(hit.step, hit.offset) for hit in slow.extra_hits] == [(12, 0.25)]
    assert [each.step for each in slow.messages] == [36]
    assert np.argwhere(fast.keys != NO_KEY).tolist() == [[6, 1], [30, 1]]
    assert [hit.step for hit in fast.extra_hits] == [3, 18, 27, 42]
    assert [each.step for each in fast.messages] == [9, 33]


def test_expression_scales_percussion_too() -> None:
    details = FileDetails(np.full((48, 13), NO_KEY), (ExtraHit(0, 0.25, 56, 0.25), ExtraHit(12, -0.25, 56, 0.75)))
    flat = replace(Groove.silent(1, 100), details=details).with_expression(0).details
    assert flat is not None
    assert [(hit.offset, hit.velocity) for hit in flat.extra_hits] == [(0, 0.5), (0, 0.5)]


def test_expression_leaves_a_hit_just_ahead_of_the_last_bar_line_inside_the_bars():
    details = replace(FileDetails.empty(48), extra_hits=(ExtraHit(47, 0.75, 63, 0.5), ExtraHit(20, 0.4, 63, 0.5)))
    groove = replace(Groove.silent(1, 120), details=details).with_expression(1.5)
    assert groove.details is not None
    assert [round(hit.offset, 4) for hit in groove.details.extra_hits] == [0.5, 0.75]
