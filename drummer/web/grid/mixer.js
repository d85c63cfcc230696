// The mixing desk, of Web Audio: what drummer/audio/mixing.py does on the server.

/** Lanes with their channel strips, the bend of loud peaks, room and volume. Works on a live context as on an offline one. */
class Mixer {
	static HEADROOM = 8; // the bend is drawn up to this many times full scale
	static CLICKS = [{ pitch: 1175, level: 0.18 }, { pitch: 1397, level: 0.22 }, { pitch: 1760, level: 0.28 }]; // by accent
	static CHOKED_DB = 100; // a choked voice is over once it has lost so much

	constructor(context, knee, laneCount = LANE_COUNT) {
		this.context = context;
		this.bus = context.createGain();
		this.output = context.createGain();
		this.lanes = Array.from({ length: laneCount }, () => context.createGain());
		for (const lane of this.lanes) lane.connect(this.bus);
		this.panners = []; // by lane, of those that have been panned
		this.speeds = Array(laneCount).fill(1); // by lane: how fast its recordings are played, which tunes them
		this.#bend(knee).connect(this.output);
		this.output.connect(context.destination);
		this.room = null;
	}

	/** Mute a lane or let it sound through its strip, see Strip in drummer/music/mix.py. Hits that are struck later have its tuning. */
	setLane(voice, audible, { volume, pan, tuning } = PLAIN_STRIP) {
		this.speeds[voice] = 2 ** (tuning / 12);
		this.#glide(this.lanes[voice].gain, audible ? 10 ** (volume / 20) : 0);
		if (pan) this.panners[voice] ??= this.#insertPanner(this.lanes[voice]);
		if (this.panners[voice]) this.#glide(this.panners[voice].pan, pan);
	}

	#insertPanner(lane) {
		const panner = this.context.createStereoPanner();
		lane.disconnect();
		lane.connect(panner).connect(this.bus);
		return panner;
	}

	setVolume(volume) {
		this.#glide(this.output.gain, volume);
	}

	/** Share of the room in the sound, 0-1. */
	setRoom(share) {
		if (!this.room && share === 0) return;
		if (!this.room) {
			this.room = this.context.createGain();
			this.room.gain.value = 0;
			const space = this.context.createConvolver();
			space.buffer = this.#roomResponse();
			this.bus.connect(this.room);
			this.room.connect(space).connect(this.output);
		}
		this.#glide(this.room.gain, share);
	}

	/**
	 * Play one hit at a time of the context's clock; its layers are by default those of its lane's voice. It begins on a whole frame:
	 * between two, Chromium reads a recording on straight lines, which takes 2 dB off a hi-hat.
	 */
	strike(kit, voice, velocity, onset, layers) {
		const time = Math.round(onset * this.context.sampleRate) / this.context.sampleRate;
		const { buffer, start, duration, gain } = kit.sound(voice, velocity, layers, this.speeds[voice]);
		const source = this.context.createBufferSource();
		source.buffer = buffer;
		const level = this.context.createGain();
		level.gain.value = gain;
		source.connect(level).connect(this.lanes[voice]);
		source.start(time, start, duration);
		return { source, level, gain, voice, time, end: time + duration, chokedAt: Infinity };
	}

	/** Let a note die away from a time on, as fast as so many dB a second. */
	choke(note, time, rate) {
		const seconds = Mixer.CHOKED_DB / rate;
		note.chokedAt = time;
		note.level.gain.setValueAtTime(note.gain, time);
		note.level.gain.exponentialRampToValueAtTime(note.gain * 10 ** (-Mixer.CHOKED_DB / 20), time + seconds);
		note.source.stop(time + seconds);
		note.end = Math.min(note.end, time + seconds);
	}

	unchoke(note, duration) {
		note.level.gain.cancelScheduledValues(note.chokedAt);
		note.chokedAt = Infinity;
		note.end = note.time + duration;
		note.source.stop(note.end);
	}

	/** A tick of the metronome; its accent as in Meter.accent. */
	click(time, accent) {
		const tone = this.context.createOscillator();
		const level = this.context.createGain();
		tone.frequency.value = Mixer.CLICKS[accent].pitch;
		level.gain.setValueAtTime(Mixer.CLICKS[accent].level, time);
		level.gain.exponentialRampToValueAtTime(1e-4, time + 0.05);
		tone.connect(level).connect(this.output);
		tone.start(time);
		tone.stop(time + 0.06);
		return { source: tone, level, voice: null, time, end: time + 0.06, chokedAt: Infinity };
	}

	#glide(parameter, value) {
		parameter.cancelScheduledValues(0);
		parameter.setTargetAtTime(value, this.context.currentTime, 0.002); // at once, yet without a click
	}

	/** Bend peaks above the knee as bend_peaks does. A shaper knows only -1 to 1, so the level is lowered ahead of it. */
	#bend(knee) {
		const lower = this.context.createGain();
		lower.gain.value = 1 / Mixer.HEADROOM;
		const shaper = this.context.createWaveShaper();
		const half = 4096;
		shaper.curve = Float32Array.from({ length: 2 * half + 1 }, (_, index) => {
			const level = ((index - half) / half) * Mixer.HEADROOM;
			const loud = Math.abs(level);
			return loud <= knee ? level : Math.sign(level) * (knee + (1 - knee) * Math.tanh((loud - knee) / (1 - knee)));
		});
		this.bus.connect(lower);
		lower.connect(shaper);
		return shaper;
	}

	/** Noise that dies away, darker as it does; the same every time. */
	#roomResponse() {
		const { sampleRate } = this.context;
		const frames = Math.round(1.3 * sampleRate);
		const response = this.context.createBuffer(2, frames, sampleRate);
		let state = 1;
		for (const channel of [0, 1]) {
			const samples = response.getChannelData(channel);
			let low = 0;
			for (let frame = Math.round(0.006 * sampleRate); frame < frames; frame++) {
				state = (Math.imul(state, 1664525) + 1013904223) | 0;
				const fade = Math.exp((-6.9 * frame) / frames);
				const openness = 0.15 + 0.6 * fade;
				low += openness * ((state / 2 ** 31) * fade - low);
				samples[frame] = low;
			}
		}
		return response;
	}
}
