// Short tones at a time of an audio clock, the metronome's and those of a tap; and how late they are heard.

class Ticks {
	static METRONOME = [{ pitch: 1175, level: 0.18 }, { pitch: 1397, level: 0.22 }, { pitch: 1760, level: 0.28 }]; // by Meter.accent
	static TAP = { pitch: 660, level: 0.22 };
	static SECONDS = 0.06;

	/** Whether the output latency can be read. Firefox's page may hang for ever where it is read while an AudioWorklet plays. */
	static TELLS_LATENCY = !navigator.userAgent.includes("Firefox");

	/** Seconds from the clock of the sound to what is heard; 0 where the browser does not tell. */
	static latency(context) {
		return Ticks.TELLS_LATENCY ? context.outputLatency || 0 : 0;
	}

	/** Let a tone sound; returns its source, its level and the time at which it ends. */
	static sound(context, output, time, { pitch, level: loudness }) {
		const [source, level, end] = [context.createOscillator(), context.createGain(), time + Ticks.SECONDS];
		source.frequency.value = pitch;
		level.gain.setValueAtTime(loudness, time);
		level.gain.exponentialRampToValueAtTime(1e-4, time + 0.05);
		source.connect(level).connect(output);
		source.start(time);
		source.stop(end);
		return { source, level, end };
	}
}
