// The mixing desk, of Web Audio: what mixing.py and bus.py of drummer/audio do on the server.

/** Lanes with their channel strips, room, compressor, the bend of loud peaks and volume. Works on a live context as on an offline one. */
class Mixer {
	static HEADROOM = 8; // the bend is drawn up to this many times full scale
	static CHOKED_DB = 100; // a choked voice is over once it has lost so much

	constructor(context, knee, laneCount = LANE_COUNT) {
		this.context = context;
		this.bus = context.createGain(); // of the lanes
		this.sum = context.createGain(); // of the lanes and the room
		this.output = context.createGain();
		this.lanes = Array.from({ length: laneCount }, () => context.createGain());
		for (const lane of this.lanes) lane.connect(this.bus);
		this.bus.connect(this.sum);
		this.room = this.compressor = null; // as long as they are not wanted
		this.panners = []; // by lane, of those that have been panned
		this.speeds = Array(laneCount).fill(1); // by lane: how fast its recordings are played, which tunes them
		this.#bend(knee).connect(this.output);
		this.output.connect(context.destination);
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

	/** Set the effects on the sum of all lanes, see `busOf`. They are made once they are wanted. */
	setBus({ room, compressor }) {
		if (room) this.room ??= this.#insertRoom();
		if (this.room) this.#glide(this.room.gain, room);
		if (compressor) this.compressor ??= this.#insertCompressor();
		if (this.compressor) this.compressor.parameters.get("amount").value = compressor;
	}

	/**
	 * Load the compressor into a context, where the browser has worklets: on encrypted pages and those of this machine. Concurrent
	 * calls share one load, because a context accepts the module only once.
	 */
	static prepare(context) {
		if (!Mixer.#loading.has(context)) Mixer.#loading.set(context, Mixer.#load(context));
		return Mixer.#loading.get(context);
	}

	static async #load(context) {
		if (!context.audioWorklet) return;
		const url = URL.createObjectURL(new Blob([Compressor.worklet], { type: "text/javascript" }));
		try {
			await context.audioWorklet.addModule(url);
			Mixer.#prepared.add(context);
		} catch (error) {
			console.warn(error); // everything else is heard
		} finally {
			URL.revokeObjectURL(url);
		}
	}

	static #loading = new WeakMap(); // of contexts: the compressor on its way
	static #prepared = new WeakSet(); // contexts that have it

	#insertRoom() {
		const { sampleRate } = this.context;
		const channels = Room.response(sampleRate);
		const [share, space] = [this.context.createGain(), this.context.createConvolver()];
		share.gain.value = 0;
		space.normalize = false;
		const response = new AudioBuffer({ length: channels[0].length, numberOfChannels: channels.length, sampleRate });
		for (const [index, samples] of channels.entries()) response.copyToChannel(samples, index);
		space.buffer = response;
		this.bus.connect(share).connect(space).connect(this.sum);
		return share;
	}

	#insertCompressor() {
		if (!Mixer.#prepared.has(this.context)) return null;
		const node = new AudioWorkletNode(this.context, "drummer-compressor", { channelCount: 2, channelCountMode: "explicit", outputChannelCount: [2] });
		this.sum.disconnect();
		this.sum.connect(node).connect(this.lowered);
		return node;
	}

	/**
	 * Play one hit at a time of the context's clock; its layers are by default those of its lane's voice. It begins on a whole frame:
	 * between two frames Chromium interpolates linearly, which takes 2 dB off a hi-hat.
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
		return { ...Ticks.sound(this.context, this.output, time, Ticks.METRONOME[accent]), voice: null, time, chokedAt: Infinity };
	}

	#glide(parameter, value) {
		parameter.cancelScheduledValues(0);
		parameter.setTargetAtTime(value, this.context.currentTime, 0.002); // at once, yet without a click
	}

	/** Bend peaks above the knee as bend_peaks does. A shaper clips its input to -1 to 1, so the level is lowered ahead of it. */
	#bend(knee) {
		this.lowered = this.context.createGain();
		this.lowered.gain.value = 1 / Mixer.HEADROOM;
		const shaper = this.context.createWaveShaper();
		const half = 4096;
		shaper.curve = Float32Array.from({ length: 2 * half + 1 }, (_, index) => {
			const level = ((index - half) / half) * Mixer.HEADROOM;
			const loud = Math.abs(level);
			return loud <= knee ? level : Math.sign(level) * (knee + (1 - knee) * Math.tanh((loud - knee) / (1 - knee)));
		});
		this.sum.connect(this.lowered).connect(shaper);
		return shaper;
	}
}
