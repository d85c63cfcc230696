import io
import wave

import numpy as np
import soundfile

from drummer import audio
from tests.sound import BLACK_PEARL, FULL_SCALE, RATE, make_groove, needs_fluidsynth, run_python


@needs_fluidsynth
def test_wav(tmp_path):
    take = audio.render(make_groove(("snare", 0, 0.8)), BLACK_PEARL)
    take.to_wav(tmp_path / "take.wav")
    with wave.open(str(tmp_path / "take.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        assert file.readframes(file.getnframes()) == take.samples.tobytes()
    assert take.seconds == len(take.samples) / RATE


def test_flac_holds_the_same_samples():
    samples = np.random.default_rng(0).integers(-FULL_SCALE - 1, FULL_SCALE, (5000, 2), dtype=np.int16)
    data = audio.Rendering(samples, 4000, RATE).flac_bytes()
    read, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    assert rate == RATE
    assert np.array_equal(read, samples)


@needs_fluidsynth
def test_writing_flac_first_changes_nothing_of_what_is_rendered_later():
    code = """
        import hashlib, sys
        import numpy as np
        from drummer import audio
        from drummer.music.groove import Groove
        if sys.argv[1] == "flac":
            audio.Rendering(np.zeros((9, 2), dtype=np.int16), 9, 44100).flac_bytes()
        hits = np.eye(48, 13)
        sound = audio.render(Groove(hits > 0, hits * 0.7, hits * 0, 120), audio.find_kit("black_pearl"))
        print(hashlib.sha256(sound.samples.tobytes()).hexdigest())
    """
    with_flac, without = (run_python(code, argument) for argument in ("flac", "none"))
    assert (with_flac.returncode, with_flac.stderr) == (0, "")
    assert with_flac.stdout == without.stdout
