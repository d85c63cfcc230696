"""The scripts that make the electronic kits."""

import numpy as np
import pytest

from drummer import audio
from soundfonts import electronic, sf2
from tests.sound import RATE, make_groove, needs_fluidsynth


@needs_fluidsynth
def test_what_is_written_is_what_fluidsynth_plays(tmp_path):
    t = np.arange(RATE // 4) / RATE
    tones = {36: 220.0, 38: 550.0}
    zones = [
        sf2.Zone(f"tone {key} {low}", np.rint(amplitude * np.sin(2 * np.pi * pitch * t)).astype(np.int16), key, (low, high))
        for key, pitch in tones.items()
        for low, high, amplitude in ((1, 63, 10_000), (64, 127, 20_000))
    ]
    (tmp_path / "tones.sf2").write_bytes(sf2.soundfont("Tones", zones, RATE, engineer="Test", copyright_note="CC0"))
    kit = audio.find_kit("tones", tmp_path)
    for voice, pitch in (("kick", 220.0), ("snare", 550.0)):
        sound = audio.render(make_groove((voice, 0, 1.0)), kit).samples[: RATE // 4].mean(axis=1)
        power = np.abs(np.fft.rfft(sound))
        assert np.fft.rfftfreq(len(sound), 1 / RATE)[power.argmax()] == pytest.approx(pitch, abs=4)
    soft, hard = (np.abs(audio.render(make_groove(("kick", 0, velocity / 127)), kit).samples).max() for velocity in (63, 64))
    assert hard / soft == pytest.approx(2.0, rel=0.1)  # the layer changes, the velocity hardly
    assert not audio.render(make_groove(("crash", 0, 1.0)), kit).samples.any()  # no zone has its key


@pytest.mark.parametrize("name", electronic.STYLES)
def test_a_voice_is_synthesised_the_same_each_time_and_no_layer_is_another(name):
    for voice in ("rim", "hihat_closed"):
        first, again = (electronic.recordings(electronic.STYLES[name], voice) for _ in range(2))
        assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
        assert np.abs(np.corrcoef(first) - np.eye(len(first))).max() < 0.999
        assert np.abs(first).max() < 32767
