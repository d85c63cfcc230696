// Sound: a sample kit, and the player that schedules hits.

/** Samples of a kit, in the format of drummer/audio/sample_kit.py. */
class Kit {
	static FADE_IN = 64; // frames over which the synthesizer fades every sound in, whatever its tuning

	static async load(url) {
		const answer = await fetch(url).catch(() => {
			throw new Error("The sound of the kit comes from the server, which cannot be reached: try again once it can");
		});
		if (!answer.ok) throw new Error(`The kit could not be loaded (${answer.status})`);
		const file = await answer.arrayBuffer();
		const headerLength = new DataView(file).getUint32(0, true);
		const header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 4, headerLength)));
		const decoder = new OfflineAudioContext(2, 1, header.rate); // needs no click of the user's, as a live one does
		return new Kit(header, await decoder.decodeAudioData(file.slice(4 + headerLength)));
	}

	constructor(header, buffer) {
		this.buffer = buffer;
		this.rate = header.rate;
		this.knee = header.knee;
		this.scale = header.scale;
		this.velocityExponent = header.velocityExponent;
		this.layers = header.layers;
		this.percussion = header.percussion ?? {}; // layers by the key
		this.tuned = new Map(); // {speed, buffer} of recordings that have been tuned, by their start in the buffer
		this.chokeRates = new Map(header.chokes.map(([voice, by, rate]) => [voice * VOICE_COUNT + by, rate]));
	}

	/**
	 * The buffer that a hit plays, the part of it in seconds, and its gain, as computed by Kit.synth_velocity and the synthesizer.
	 * `speed` tunes it: 2 is an octave higher and half as long.
	 */
	sound(voice, velocity, layers = this.layers[voice], speed = 1) {
		const played = Math.max(1, Math.round(127 * velocity ** this.velocityExponent));
		const [, top, exponent, start, frames] = layers.find(([, high]) => played <= high);
		const gain = this.scale * (played / top) ** exponent;
		if (speed === 1) return { buffer: this.buffer, start: start / this.rate, duration: frames / this.rate, gain };
		const buffer = this.#tune(start, frames, speed);
		return { buffer, start: 0, duration: buffer.duration, gain };
	}

	/**
	 * A recording at another speed, see readAtSpeed. Browsers differ in how they resample, and Chromium's linear interpolation takes
	 * 2 dB off a hi-hat.
	 */
	#tune(start, frames, speed) {
		const known = this.tuned.get(start);
		if (known?.speed === speed) return known.buffer;
		const { numberOfChannels, sampleRate } = this.buffer;
		const channels = Array.from({ length: numberOfChannels }, (_, channel) => readAtSpeed(this.buffer.getChannelData(channel).subarray(start, start + frames), speed));
		const buffer = new AudioBuffer({ length: channels[0].length, numberOfChannels, sampleRate });
		for (const [channel, to] of channels.entries()) {
			for (let frame = 0; frame < Math.min(to.length, Math.max(1, 1 / speed) * Kit.FADE_IN); frame++) {
				to[frame] *= Math.min(1, frame / Kit.FADE_IN) / Math.min(1, (frame * speed || 1) / Kit.FADE_IN);
			}
			buffer.copyToChannel(to, channel);
		}
		this.tuned.set(start, { speed, buffer });
		return buffer;
	}

	/** How fast a voice dies away once another has struck, in dB a second; undefined where it rings on. */
	chokeRate(voice, by) {
		return Math.max(voice, by) < VOICE_COUNT ? this.chokeRates.get(voice * VOICE_COUNT + by) : undefined;
	}
}

/** Plays a groove round and round: a clock in beats, and hits handed to the mixer a little ahead of it. */
class Player {
	static LOOKAHEAD = 0.12; // seconds
	static HIDDEN_LOOKAHEAD = 2.5; // where the page is hidden, browsers wake it once a second only
	static STAND_IN = 2; // voice of percussion that is unknown: the rim
	static SAFE = 0.004; // seconds; hits that sound sooner than this cannot be cancelled

	/**
	 * keys: {lanes, stand_ins, voices, choke_rate}: names of the lanes; the voices that play percussion that a kit lacks, by its key;
	 * the voices of keys by drum map; the decay of a choked cymbal, in dB a second.
	 */
	constructor(mixer, kit, keys = { lanes: [], stand_ins: {}, voices: {}, choke_rate: 600 }) {
		this.mixer = mixer;
		this.keys = keys;
		this.setKit(kit);
		this.groove = null;
		this.loop = null; // {from, to} in beats, or null: the whole groove
		this.metronome = false;
		this.playing = false;
		this.notes = [];
	}

	/** Continue with another groove from the same place. */
	setGroove(groove) {
		const old = this.groove;
		this.groove = groove;
		this.mixer.setBus(busOf(groove));
		for (let voice = 0; voice < LANE_COUNT; voice++) this.mixer.setLane(voice, isAudible(groove, voice), stripOf(groove, this.keys.lanes?.[voice]));
		this.onsets = [...this.#hitsOf(groove), ...this.#chokesOf(groove)].sort((one, other) => one.beat - other.beat);
		if (!this.playing || !old) return;
		const now = this.mixer.context.currentTime;
		this.anchorBeat = this.#beatBy(old, now);
		this.anchorTime = now;
		if (this.anchorBeat >= this.firstBeat) this.firstBeat = this.anchorBeat = this.#folded(this.anchorBeat);
		else this.firstBeat = this.#folded(this.firstBeat); // it still counts in
		this.reschedule();
	}

	/** Repeat a part of the groove only, {from, to} in beats, or null for all of it. Playing outside it jumps to its beginning. */
	setLoop(loop) {
		const now = this.mixer.context.currentTime;
		const position = this.playing ? this.positionAt(now) : 0;
		this.loop = loop;
		if (!this.playing) return;
		const isLeft = (beat) => loop && (beat < loop.from || beat >= loop.to);
		const counted = Math.max(0, this.firstBeat - position); // beats of the count-in that are left
		const beat = counted ? this.firstBeat : position % beatCount(this.groove);
		if (isLeft(beat)) {
			this.#cancelFrom(now);
			this.begin(loop.from, now, counted);
			this.scheduleUntil(now + Player.LOOKAHEAD);
		} else if (!counted) {
			this.anchorTime = now;
			this.firstBeat = this.anchorBeat = beat;
			this.reschedule();
		}
	}

	get #range() {
		return this.loop ?? { from: 0, to: beatCount(this.groove) };
	}

	/** The same place in the first round. */
	#folded(beat) {
		const { from, to } = this.#range;
		return beat < from ? beat : from + ((beat - from) % (to - from));
	}

	#hitsOf(groove) {
		return groove.hits.map((hit) => {
			return { beat: onset(groove, hit), voice: hit[VOICE], velocity: hit[VELOCITY], key: hit[KEY] };
		});
	}

	/** The chokes of a MIDI file: cymbals that are damped by hand. */
	#chokesOf(groove) {
		const voices = this.keys.voices[groove.details?.key_map] ?? {};
		return (groove.details?.messages ?? [])
			.filter(([, , kind, , value]) => kind === "choke" && value > 0)
			.map(([step, offset, , key]) => ({ beat: (step + offset) / groove.steps_per_beat, voice: voices[key] ?? null, key, chokes: true }));
	}

	/** Play a hit at a time: percussion with the kit's own sound, or else with that of a stand-in voice. */
	hit({ voice, velocity, key }, time) {
		const { keys } = this;
		const kit = this.kitOf(voice);
		const layers = voice === PERCUSSION ? (kit.percussion[key] ?? kit.layers[keys.stand_ins[key] ?? Player.STAND_IN]) : undefined;
		return this.mixer.strike(kit, voice, velocity, time, layers);
	}

	/** Play with a kit, and some lanes with others. */
	setKit(kit, lanes = []) {
		this.kit = kit;
		this.laneKits = lanes;
		if (this.playing) this.reschedule();
	}

	kitOf(voice) {
		return this.laneKits[voice] ?? this.kit;
	}

	/** Begin at a beat of the loop, after so many beats that are only counted. */
	begin(beat, time, countIn = 0) {
		this.playing = true;
		this.anchorTime = time;
		this.anchorBeat = beat - countIn;
		this.firstBeat = beat;
		this.cursor = this.anchorBeat;
	}

	stop() {
		this.playing = false;
		const now = this.mixer.context.currentTime;
		for (const note of this.notes) {
			if (note.time > now) this.#cancel(note);
			else note.level.gain.setTargetAtTime(0, now, 0.03);
		}
		this.notes = [];
	}

	/** Where the clock is, in beats since the first round's first bar line; negative while it counts in. */
	beatAt(time) {
		return this.#beatBy(this.groove, time);
	}

	/** The beat of the groove that is played at a time; where no part is looped, plus the length of the rounds before. */
	positionAt(time) {
		return this.loop ? this.#folded(this.beatAt(time)) : this.beatAt(time);
	}

	/** The same at the tempo of another groove. */
	#beatBy(groove, time) {
		return this.anchorBeat + ((time - this.anchorTime) * groove.bpm) / 60;
	}

	timeOf(beat) {
		return this.anchorTime + ((beat - this.anchorBeat) * 60) / this.groove.bpm;
	}

	/** Hand the mixer everything that sounds before a time. */
	scheduleUntil(time) {
		const until = this.beatAt(time);
		const now = this.mixer.context.currentTime;
		this.notes = this.notes.filter((note) => note.end > now);
		for (const each of this.#occurrences(this.cursor, until)) {
			const time = Math.max(this.timeOf(each.beat), now);
			if (each.chokes) this.#holdFast(each, time);
			else this.#strike(each, time);
		}
		const meter = meterOf(this.groove);
		for (let count = Math.ceil(this.cursor / meter.pulse); count * meter.pulse < until; count++) {
			const beat = count * meter.pulse;
			if (!this.metronome && beat >= this.firstBeat) continue;
			this.notes.push(this.mixer.click(Math.max(this.timeOf(beat), now), meter.accent(this.#folded(beat))));
		}
		this.cursor = Math.max(this.cursor, until);
	}

	/** Cancel the hits that have not sounded yet, after a change; the next call of `scheduleUntil` schedules the new ones. */
	reschedule() {
		const now = this.mixer.context.currentTime + Player.SAFE;
		this.#cancelFrom(now);
		for (const note of this.notes) {
			if (note.chokedAt > now && note.chokedAt < Infinity) this.mixer.unchoke(note, note.duration);
		}
		this.cursor = this.beatAt(now);
		this.scheduleUntil(now + Player.LOOKAHEAD);
	}

	/**
	 * Hits and clicks in a span of beats, over the rounds of the loop. Hits ahead of the very first bar line sound on it. A loop has
	 * the early downbeat of its first bar, and not that of the bar after it.
	 */
	*#occurrences(from, until) {
		const range = this.#range;
		const [length, lead] = [range.to - range.from, this.loop ? LEAD_IN_BEATS : 0];
		const isInside = ({ beat }) => !this.loop || (beat >= range.from - lead && beat < range.to - (range.to < beatCount(this.groove) ? lead : 0));
		const onsets = this.onsets.filter(isInside);
		for (let round = Math.max(0, Math.floor((from - range.from) / length)); range.from + round * length <= until + 1; round++) {
			for (const onset of onsets) {
				const beat = Math.max(round * length + onset.beat, range.from);
				if (beat >= from && beat < until && beat >= this.firstBeat) yield { ...onset, beat };
			}
		}
	}

	#strike(hit, time) {
		const { voice, key } = hit;
		if (isAudible(this.groove, voice)) {
			for (const note of this.#ringing(time)) {
				const rate = this.kitOf(note.voice).chokeRate(note.voice, voice);
				if (rate) this.mixer.choke(note, time, rate);
			}
		}
		const note = this.hit(hit, time);
		note.duration = note.end - note.time;
		note.key = key;
		this.notes.push(note);
	}

	/** Choke the cymbal of a key; hits without a key are on the voice's own. */
	#holdFast({ voice, key }, time) {
		for (const note of this.#ringing(time)) {
			const isIt = note.key === undefined ? note.voice === voice : note.key === key;
			if (isIt && note.voice !== PERCUSSION) this.mixer.choke(note, time, this.keys.choke_rate);
		}
	}

	/** The notes that sound at a time and are not choked. */
	#ringing(time) {
		return this.notes.filter((note) => note.voice !== null && note.chokedAt === Infinity && note.time <= time && note.end > time);
	}

	#cancelFrom(time) {
		for (const note of this.notes) if (note.time > time) this.#cancel(note);
		this.notes = this.notes.filter((note) => note.time <= time);
	}

	#cancel(note) {
		note.source.stop();
		note.source.disconnect();
	}
}
