// A sample: a sound file of the musician's own that plays a lane, as drummer/audio/samples.py plays it. Needs no DOM.

/** One channel of a sound at another speed, by cubic interpolation of the four nearest frames, as FluidSynth does. */
function readAtSpeed(sound, speed) {
	const to = new Float32Array(Math.max(1, Math.floor((sound.length - 1) / speed)));
	const from = new Float32Array(sound.length + 3); // with silence around, so that each frame has its neighbours
	from.set(sound, 1);
	for (let frame = 0; frame < to.length; frame++) {
		const place = frame * speed, at = Math.floor(place), x = place - at;
		const before = from[at], here = from[at + 1], next = from[at + 2], after = from[at + 3];
		to[frame] = here + 0.5 * x * (next - before + x * (2 * before - 5 * here + 4 * next - after + x * (3 * (here - next) + after - before)));
	}
	return to;
}

/**
 * The digest of a file: 64 bits of its bytes, as 16 hexadecimal digits. It identifies files of this browser and protects nothing;
 * browsers have cryptographic digests on encrypted pages only.
 */
function digestOf(bytes) {
	let one = 0x9e3779b9, two = 0x85ebca6b;
	for (const byte of bytes) {
		one = Math.imul(one ^ byte, 0xcc9e2d51);
		two = Math.imul(two ^ byte, 0x1b873593);
		one ^= one >>> 15;
		two ^= two >>> 13;
	}
	return [one, two].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
}

/**
 * The format of the sound in a WAV file, in words, where browsers do not read it; null where they do, or it is no WAV file.
 * They read whole numbers of 8, 16, 24 and 32 bits, and 32-bit floats.
 */
function unreadWav(view) {
	const text = (at) => String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(at + offset)));
	if (view.byteLength < 12 || text(8) !== "WAVE") return null;
	for (let at = 12; at + 24 <= view.byteLength; at += 8 + view.getUint32(at + 4, true) + (view.getUint32(at + 4, true) % 2)) {
		if (text(at) !== "fmt ") continue;
		const bits = view.getUint16(at + 22, true);
		const tag = view.getUint16(at + 8, true);
		const format = tag === 0xfffe && at + 34 <= view.byteLength ? view.getUint16(at + 32, true) : tag; // in the extensible format the real tag follows
		if (format === 1) return [8, 16, 24, 32].includes(bits) ? null : `${bits} bits`;
		if (format === 3) return bits === 32 ? null : `${bits}-bit float`;
		return `the format ${format}`;
	}
	return null;
}

/** Plays in the place of a kit, see Kit in sampler.js. */
class Sample {
	/** The grid gets them from the server; `hihats` are the voices that choke each other, `choke_rate` is in dB a second. */
	static RULES = { rate: 44100, choke_rate: 600, hihats: [4, 5, 6], max_seconds: 10, max_file_bytes: 1e7, max_total_bytes: 4e6, kept: 200 };
	static FULL_SCALE = 32767;

	/** Number of frames of channels up to the last that is not silent in 16 bits. */
	static lengthOf(channels) {
		return 1 + Math.max(...channels.map((channel) => channel.findLastIndex((level) => Math.abs(level) >= 0.5 / Sample.FULL_SCALE)));
	}

	/** So many frames of channels, full scale 1, in 16 bits: {channels, frames}, of one channel where both are the same. */
	static ofChannels(channels, length) {
		const own = channels.length === 2 && channels[0].every((level, frame) => level === channels[1][frame]) ? [channels[0]] : channels;
		const level = (index) => Math.round(Sample.FULL_SCALE * clamp(own[index % own.length][Math.floor(index / own.length)], -1, 1));
		return { channels: own.length, frames: Int16Array.from({ length: own.length * length }, (_, index) => level(index)) };
	}

	/** frames: Int16Array, interleaved. */
	constructor({ digest, name, channels, frames }) {
		Object.assign(this, { digest, name, channels, frames });
		this.percussion = {}; // as a kit: it has one sound for all
		this.layers = [];
		this.tuned = new Map(); // {speed, buffer} by voice: lanes may share a sample and be tuned differently
	}

	get bytes() {
		return this.frames.byteLength;
	}

	/** The amplitude of a hit: its velocity squared, 40 dB for a tenth, as General MIDI recommends. */
	static gain(velocity) {
		return (Math.max(1, Math.round(127 * velocity)) / 127) ** 2;
	}

	/** As Kit.sound. */
	sound(voice, velocity, layers, speed = 1) {
		if (this.tuned.get(voice)?.speed !== speed) this.tuned.set(voice, { speed, buffer: this.#bufferAt(speed) });
		const { buffer } = this.tuned.get(voice);
		return { buffer, start: 0, duration: buffer.duration, gain: Sample.gain(velocity) };
	}

	/** Always of two channels: Web Audio pans sound of one channel by another law. */
	#bufferAt(speed) {
		const read = Array.from({ length: this.channels }, (_, channel) => this.#channelAt(channel, speed));
		const buffer = new AudioBuffer({ length: read[0].length, numberOfChannels: 2, sampleRate: Sample.RULES.rate });
		for (const channel of [0, 1]) buffer.copyToChannel(read[channel] ?? read[0], channel);
		return buffer;
	}

	#channelAt(channel, speed) {
		const { channels, frames } = this;
		const sound = Float32Array.from({ length: frames.length / channels }, (_, frame) => frames[channels * frame + channel] / Sample.FULL_SCALE);
		return speed === 1 ? sound : readAtSpeed(sound, speed);
	}

	/** As Kit.chokeRate: the next hit of its lane chokes a hit, and so do those of the other hi-hats. */
	chokeRate(voice, by) {
		const { hihats, choke_rate: rate } = Sample.RULES;
		return voice === by || (hihats.includes(voice) && hihats.includes(by)) ? rate : undefined;
	}
}
