// The samples of this browser: read from files, kept, given to lanes, and sent along with a request for sound.

class Samples {
	static MOST_NAMED = 3; // missing samples that a sentence names
	static #GROOVES = /\.(?:json|midi?|rmi|kar)$/i; // files that the page opens as grooves

	static #SOUNDS = /\.(?:wave?|flac|mp3|ogg|opus|m4a|aac|aiff?)$/i; // whatever type the system gives them

	constructor(grid) {
		this.grid = grid;
		this.store = new SampleStore();
		this.known = new Map(); // Sample by digest, null where this browser does not have it
		this.loading = new Map(); // promises of these
		this.asking = null; // the voice that a file is chosen for
		this.turn = Promise.resolve(); // files are read one after the other, so that the last one that is given stays
		document.addEventListener("visibilitychange", () => document.hidden || this.#lookAgain());
		const input = grid.parts["sample-file"];
		input.addEventListener("change", () => {
			const [file] = input.files;
			input.value = ""; // so that the same file may be chosen again
			if (file) this.give(this.asking, file);
		});
	}

	/** Let the user choose a file for a voice. */
	ask(voice) {
		this.asking = voice;
		this.grid.parts["sample-file"].click();
	}

	/** Whether a strip has a sample that is not in this browser; false until the sample has been looked for. */
	lacks(sample) {
		if (!sample) return false;
		const { digest } = sample;
		if (!this.known.has(digest)) this.load(digest).then(() => this.grid.showState());
		return this.known.get(digest) === null;
	}

	/** The sample of a digest, or null. */
	async load(digest) {
		if (!digest) return null;
		if (!this.loading.has(digest)) this.loading.set(digest, this.#read(digest));
		return this.loading.get(digest);
	}

	async #read(digest) {
		const kept = await this.store.read(digest);
		const sample = kept ? new Sample(kept) : null;
		this.known.set(digest, sample);
		return sample;
	}

	/** Say which samples of a groove that was opened are not in this browser: nothing else would say that it sounds different. */
	async tellMissing() {
		const { doc, voices } = this.grid;
		const sampled = voices.map(({ name, label }) => ({ label, sample: stripOf(doc, name).sample })).filter(({ sample }) => sample);
		await Promise.all(sampled.map(({ sample }) => this.load(sample.digest)));
		const missing = sampled.filter(({ sample }) => this.lacks(sample)).map(({ label, sample }) => `${sample.name} of ${label}`);
		this.notice?.remove(); // that of the groove before
		if (!missing.length || doc.made !== this.grid.doc.made) return;
		this.notice = window.drummerPage.complain(Samples.sentenceOfMissing(missing));
	}

	/** Say which samples are missing, each as "a.wav of Snare". */
	static sentenceOfMissing(missing) {
		const [named, more] = [missing.slice(0, Samples.MOST_NAMED), missing.length - Samples.MOST_NAMED];
		const listed = more > 0 ? [...named, `${more} more`] : named;
		const last = listed.pop();
		const all = listed.length ? `${listed.join(", ")} and ${last}` : last;
		if (missing.length === 1) return `The sample ${all} is not in this browser, so the kit plays instead: choose the file again in Mix`;
		return `The samples ${all} are not in this browser, so the kit plays instead: choose the files again in Mix`;
	}

	/** Look again for samples that this browser did not have: another tab may have got them. */
	#lookAgain() {
		const missing = [...this.known].filter(([, sample]) => !sample);
		for (const [digest] of missing) {
			this.known.delete(digest);
			this.loading.delete(digest);
		}
		if (!missing.length || !this.grid.doc) return;
		this.grid.transport.followKit(true);
		this.grid.showState();
	}

	/** The samples of a groove's mix, by digest, with the names of their lanes. */
	async #ofMix({ settings }) {
		const found = new Map();
		for (const [lane, { sample }] of Object.entries(settings.mix?.voices ?? {})) {
			const sound = await this.load(sample?.digest);
			if (sound) found.set(sample.digest, { sound, lanes: [...(found.get(sample.digest)?.lanes ?? []), lane] });
		}
		return found;
	}

	/** Play a lane with a file, once those given before have been read, or say why not. A file of a groove is opened. */
	give(voice, file) {
		const given = this.turn.then(() => this.#give(voice, file));
		this.turn = given.catch(() => {}); // a failure is that of its own file
		return given;
	}

	async #give(voice, file) {
		const { grid } = this;
		if (Samples.#GROOVES.test(file.name)) return window.drummerPage.openFile(file);
		if (!grid.doc) return;
		if (voice === null) {
			const isSound = file.type.startsWith("audio/") || Samples.#SOUNDS.test(file.name);
			return window.drummerPage.complain(isSound ? `Drop ${file.name} on the lane of the drum that it is to play` : `${file.name} cannot be opened here: the page opens MIDI files and groove.json, and sounds on the lane of a drum`);
		}
		const { name: lane, label } = grid.voices[voice];
		try {
			const sample = await this.#sampleOf(file);
			await this.#checkRoom(sample, lane);
			const isKept = await this.#keep(sample);
			const { digest, name } = sample;
			if (stripOf(grid.doc, lane).sample?.digest !== digest) grid.commit(withStrip(grid.doc, lane, { sample: { digest, name } }), null, `sample of ${label.toLowerCase()}`);
			this.notice?.remove(); // of samples that are missing: this may be one
			grid.transport.followKit(true);
			grid.showState();
			grid.inform(isKept ? `${label} plays ${name}` : `${label} plays ${name} until this page is closed or reloaded: the browser does not keep it`);
			if (grid.context?.state === "running") grid.transport.hearLane(voice, Lanes.VELOCITY);
		} catch (error) {
			if (!(error instanceof Impossible)) throw error;
			window.drummerPage.complain(error.message);
			grid.say(error.message);
		}
	}

	remove(voice) {
		const { grid } = this;
		const { name, label } = grid.voices[voice];
		grid.commit(withStrip(grid.doc, name, { sample: null }), null, `remove sample of ${label.toLowerCase()}`);
		grid.inform(`${label} plays the kit again. Undo brings the sample back`);
	}

	/** Read a file as a sample. */
	async #sampleOf(file) {
		const { max_file_bytes: most, max_seconds: longest, rate } = Sample.RULES;
		const name = tidyFileName(file.name);
		if (file.size > most) throw new Impossible(`${name} is too large (${(file.size / 1e6).toFixed(1)} MB): the file of a sample can have at most ${most / 1e6} MB`);
		const content = await file.arrayBuffer().catch(() => {
			throw new Impossible(`${name} cannot be read: is it still there?`);
		});
		const digest = digestOf(new Uint8Array(content));
		const unread = unreadWav(new DataView(content)); // before it is decoded, which takes the content away
		const sound = await new OfflineAudioContext(2, 1, rate).decodeAudioData(content).catch(() => {
			if (unread) throw new Impossible(`${name} is a WAV file of ${unread}, which this browser cannot read: save it with 16 or 24 bits, or as 32-bit float`);
			throw new Impossible(`${name} is not a sound that this browser can read: choose a WAV, FLAC, MP3 or Ogg file`);
		});
		if (sound.numberOfChannels > 2) throw new Impossible(`${name} has ${sound.numberOfChannels} channels: a sample has one or two`);
		const channels = Array.from({ length: sound.numberOfChannels }, (_, channel) => sound.getChannelData(channel));
		const length = Sample.lengthOf(channels);
		const seconds = length / rate;
		if (seconds > longest) throw new Impossible(`${name} is ${seconds.toFixed(1)} s long: a sample can have at most ${longest} s, so cut it first`);
		if (!seconds) throw new Impossible(`${name} is silent: choose a file with a sound in it`);
		return new Sample({ digest, name, ...Sample.ofChannels(channels, length) });
	}

	/** Check that there is room for another sample of a lane: all samples of a take travel together with a request for sound. */
	async #checkRoom(sample, lane) {
		const found = await this.#ofMix(withStrip(this.grid.doc, lane, { sample: null }));
		const others = [...found].filter(([digest]) => digest !== sample.digest);
		Samples.#checkTotal([sample, ...others.map(([, { sound }]) => sound)], `There is no room for ${sample.name}`);
	}

	static #checkTotal(sounds, problem) {
		const { max_total_bytes: most, rate } = Sample.RULES;
		if (sounds.reduce((sum, { bytes }) => sum + bytes, 0) <= most) return;
		throw new Impossible(`${problem}: the samples of a take can last ${Math.floor(most / 4 / rate)} s together in stereo, or ${Math.floor(most / 2 / rate)} s in mono, so use shorter ones or remove one`);
	}

	async #keep(sample) {
		const { digest, name, channels, frames } = sample;
		this.known.set(digest, sample);
		this.loading.set(digest, Promise.resolve(sample));
		return this.store.write({ digest, name, channels, frames, at: Date.now() }, Sample.RULES.kept, this.#inUse(digest));
	}

	/** Digests of the samples that takes and the history refer to, and another one. */
	#inUse(another) {
		const { shelf, history, doc } = this.grid;
		const docs = [doc, ...history.past, ...history.future, ...shelf.takes.map(({ value }) => value)];
		const strips = docs.flatMap(({ settings }) => Object.values(settings.mix?.voices ?? {}));
		return new Set([another, ...strips.map(({ sample }) => sample?.digest)]);
	}

	/** The sounds of the samples that the groove is heard with, as drummer/web/samples.py reads them; null without any. */
	async forRequest() {
		const { doc } = this.grid;
		const played = new Set(doc?.hits.map((hit) => this.grid.voices[hit[VOICE]].name));
		const found = doc ? [...(await this.#ofMix(doc))].filter(([, { lanes }]) => lanes.some((lane) => played.has(lane))) : [];
		Samples.#checkTotal(found.map(([, { sound }]) => sound), "This sound cannot be exported with its samples"); // such as those of a mix from a file
		const entries = await Promise.all(found.map(async ([digest, { sound }]) => [digest, { rate: Sample.RULES.rate, channels: sound.channels, pcm: await Samples.#base64(sound.frames) }]));
		return entries.length ? Object.fromEntries(entries) : null;
	}

	static #base64(frames) {
		return new Promise((done) => {
			const reader = new FileReader();
			reader.addEventListener("load", () => done(reader.result.slice(1 + reader.result.indexOf(","))));
			reader.readAsDataURL(new Blob([frames])); // of little-endian frames, as on every machine that has a browser
		});
	}
}
