// Effects on the sum of all lanes, as drummer/audio/bus.py has them: a room and a compressor. Needs no DOM.

const Room = {
	SECONDS: 1.3, // in which it dies away by 60 dB
	PREDELAY: 0.006, // seconds
	ENERGY: 10 ** (-6 / 10), // of the impulse response, in the mean of both channels

	/** The two channels of the impulse response: noise that decays and loses its treble; the same noise every time. */
	response(sampleRate) {
		const frames = Math.round(Room.SECONDS * sampleRate);
		let [state, energy] = [1, 0];
		const channels = [0, 1].map(() => {
			const samples = new Float32Array(frames);
			let low = 0;
			for (let frame = Math.round(Room.PREDELAY * sampleRate); frame < frames; frame++) {
				state = (Math.imul(state, 1664525) + 1013904223) | 0;
				const fade = Math.exp((-6.9 * frame) / frames);
				low += (0.15 + 0.6 * fade) * ((state / 2 ** 31) * fade - low);
				samples[frame] = low;
				energy += low ** 2;
			}
			return samples;
		});
		const scale = Math.sqrt((2 * Room.ENERGY) / energy);
		return channels.map((samples) => samples.map((level) => level * scale));
	},
};

/** A feed-forward compressor that both channels share; its equations are in drummer/audio/bus.py. Runs in an AudioWorklet too. */
class Compressor {
	static BLOCK = 32; // frames
	static ATTACK = 0.005; // seconds
	static RELEASE = 0.12;
	static RANGE = 24; // dB
	static SLOPE = 1 - 1 / 4;
	static SILENCE = 1e-6;

	constructor(sampleRate) {
		[this.attack, this.release] = [Compressor.ATTACK, Compressor.RELEASE].map((seconds) => 1 - Math.exp(-Compressor.BLOCK / (sampleRate * seconds)));
		this.reduction = 0; // dB
		this.gain = null; // at the end of the block before
	}

	/** Compress some blocks: channels of samples into channels of the same length. */
	process(from, to, amount) {
		const { BLOCK, RANGE, SLOPE, SILENCE } = Compressor;
		const makeup = 0.5 * RANGE * amount * SLOPE;
		for (let start = 0; start < from[0].length; start += BLOCK) {
			let peak = SILENCE;
			for (const channel of from) for (let frame = start; frame < start + BLOCK; frame++) peak = Math.max(peak, Math.abs(channel[frame]));
			const target = amount && -SLOPE * Math.max(0, 20 * Math.log10(peak) + RANGE * amount);
			this.reduction += (target < this.reduction ? this.attack : this.release) * (target - this.reduction);
			const [first, last] = [this.gain ?? 10 ** (makeup / 20), 10 ** ((this.reduction + makeup) / 20)];
			for (const [index, channel] of from.entries()) {
				for (let frame = 0; frame < BLOCK; frame++) to[index][start + frame] = channel[start + frame] * (first + ((last - first) * (frame + 1)) / BLOCK);
			}
			this.gain = last;
		}
	}

	/** The script of its AudioWorklet. */
	static get worklet() {
		return `${Compressor}
registerProcessor("drummer-compressor", class extends AudioWorkletProcessor {
	static parameterDescriptors = [{ name: "amount", defaultValue: 0, minValue: 0, maxValue: 1, automationRate: "k-rate" }];
	compressor = new Compressor(sampleRate);
	process([from], [to], { amount }) {
		if (from.length) this.compressor.process(from, to, amount[0]);
		return true;
	}
});`;
	}
}
