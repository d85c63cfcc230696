// Transport: play, stop, kits and the audio clock.

class Transport {
	static RESUME = 2000; // ms after a reload in which sound begins where the browser allows it

	constructor(grid) {
		this.grid = grid;
		this.kits = new Map(); // promises of kits by their URLs
		this.wanted = false; // whether the user wants to hear the groove, kit loaded or not
		document.addEventListener("visibilitychange", () => this.tick());
	}

	get hasSound() {
		return Object.keys(this.grid.props.kits).length > 0;
	}

	/** Start the audio context; to be called in a click, or the browser does not allow it. */
	wake() {
		if (!this.hasSound) return;
		this.context ??= new AudioContext({ latencyHint: "interactive", sampleRate: this.grid.props.sample_rate });
		this.context.resume();
	}

	loadKit(name) {
		const { kits } = this.grid.props;
		const known = Object.hasOwn(kits, name) ? kits[name] : Object.values(kits)[0];
		if (!this.kits.has(known.url)) this.kits.set(known.url, Kit.load(known.url));
		return this.kits.get(known.url);
	}

	/** Names of the kits that a groove is played with: its own, and that of each lane. */
	#kitNames(doc) {
		const { kits, keys } = this.grid.props;
		const lanes = keys.lanes.map((lane) => stripOf(doc, lane).kit);
		return [doc.settings.kit, ...lanes.map((name) => (Object.hasOwn(kits, name) ? name : doc.settings.kit))];
	}

	/** The digests of the samples of the lanes, undefined of a lane without one. */
	#digests(doc) {
		return this.grid.props.keys.lanes.map((lane) => stripOf(doc, lane).sample?.digest);
	}

	#soundNames(doc) {
		return String([this.#kitNames(doc), this.#digests(doc)]);
	}

	/** The kits of a groove: its own, and a list with the kit, or the sample, of each lane. */
	async loadKits(doc) {
		const samples = Promise.all(this.#digests(doc).map((digest) => this.grid.samples.load(digest)));
		const [kit, ...lanes] = await Promise.all(this.#kitNames(doc).map((name) => this.loadKit(name)));
		const own = await samples;
		return [kit, lanes.map((each, lane) => own[lane] ?? each)];
	}

	/** Continue to play from a beat without a click, which some browsers do not allow. */
	async resume(beat) {
		if (!this.hasSound) return;
		this.wake();
		let acted = false; // of a click or a key that was meant for something else
		for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, () => (acted = true), { once: true, capture: true });
		const resting = new Promise((done) => setTimeout(done, Transport.RESUME));
		const resuming = this.context.resume();
		await Promise.race([resuming, resting]);
		if (this.context.state !== "running") {
			this.grid.inform("The browser stopped the sound: press Play to hear it again");
			await resuming;
			if (acted) return; // it is what allowed the sound
			this.grid.inform(""); // the sound was allowed, but slow to start
		}
		if (!this.wanted) this.play(beat % beatCount(this.grid.doc));
	}

	toggle() {
		if (!this.wanted) return this.play();
		this.stop();
		this.grid.requests.cancel();
	}

	async play(beat = this.grid.start) {
		const { grid } = this;
		if (!this.hasSound || !grid.doc) return;
		this.wanted = true;
		grid.showState();
		this.wake();
		try {
			await this.#useKit();
			if (this.context.state !== "running") await this.context.resume(); // to resume a running context takes a while too
			if (!this.wanted) return;
			this.player.stop();
			this.player.setGroove(asHeard(grid.doc));
			const countIn = grid.preferences.isOn("count-in") ? meterOf(grid.doc).quarters : 0;
			this.player.begin(grid.loopRange.clamp(beat), this.context.currentTime + 0.02, countIn);
			this.tick();
			clearInterval(this.ticking);
			this.ticking = setInterval(() => this.tick(), 25);
			grid.view.animate();
			for (const name of Object.keys(grid.props.kits)) await this.loadKit(name); // so that another kit is there at once
		} catch (error) {
			this.stop();
			this.#complain(error);
		}
	}

	stop() {
		this.wanted = false;
		clearInterval(this.ticking);
		this.player?.stop();
		this.grid.showState();
		this.grid.redraw();
	}

	/** Play a hit of a lane; in that of percussion, of the first instrument. */
	hearLane(voice, velocity) {
		const first = this.grid.doc?.hits.find((hit) => hit[VOICE] === voice);
		this.hear([0, voice, velocity, 0, first?.[KEY]]);
	}

	/** Play one hit. */
	hear(hit) {
		if (!this.hasSound || this.player?.playing) return;
		this.wake();
		this.#useKit()
			.then(async () => {
				await this.context.resume();
				this.mixer.setBus(busOf(this.grid.doc));
				this.mixer.setLane(hit[VOICE], true, stripOf(this.grid.doc, this.grid.voices[hit[VOICE]].name));
				this.player.hit({ voice: hit[VOICE], velocity: hit[VELOCITY], key: hit[KEY] }, this.context.currentTime);
			})
			.catch((error) => this.#complain(error));
	}

	/** Follow the kits and samples of the groove; `again` where the sound of a sample has come. */
	followKit(again = false) {
		if (again || this.#soundNames(this.grid.doc) !== this.playedKits) this.#useKit().catch((error) => this.#complain(error));
	}

	/** Load the groove's kits, and continue to play with them. */
	async #useKit() {
		if (!this.hasSound) return null;
		const { grid } = this;
		const names = this.#soundNames(grid.doc);
		this.playedKits = names;
		const [kit, lanes] = await this.loadKits(grid.doc);
		if (!this.context) return kit;
		await Mixer.prepare(this.context);
		if (!this.player) {
			this.mixer = new Mixer(this.context, kit.knee);
			this.player = new Player(this.mixer, kit, grid.props.keys);
			this.player.setLoop(grid.loop);
			grid.preferences.apply();
		}
		if (names === this.playedKits) this.player.setKit(kit, lanes);
		return kit;
	}

	/** Schedule the hits of the next moments. */
	tick() {
		const ahead = document.hidden ? Player.HIDDEN_LOOKAHEAD : Player.LOOKAHEAD;
		if (this.player?.playing) this.player.scheduleUntil(this.context.currentTime + ahead);
	}

	/** The beat that is heard now, or null: the clock minus the output latency. */
	get playBeat() {
		if (!this.player?.playing) return null;
		return this.player.positionAt(this.context.currentTime - Ticks.latency(this.context));
	}

	#complain(error) {
		this.grid.inform(error.message);
		console.warn(error);
	}
}
