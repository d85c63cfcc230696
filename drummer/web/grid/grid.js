// The control: what is on the screen and in the air follows `doc`, the groove as it is edited; see groove.js.

class DrumGrid {
	static NOTIFY_AFTER = 180; // ms without an edit, before the server is told
	static LEAST_BAR_WIDTH = 140; // pixels, for the zoom that a groove is first shown in
	static ZOOMS = [1, 2, 4, 8, 16, 32]; // bars in sight
	static SNAPS = [
		["1/8", 1 / 2],
		["1/8 triplet", 1 / 3],
		["1/16", 1 / 4],
		["1/16 triplet", 1 / 6],
		["1/32", 1 / 8],
		["1/48", 1 / 12],
	]; // in beats; those that fall on steps of the grid are offered
	static RESUME = 2000; // ms in which the browser lets sound go on after a reload, or does not
	static TAPS = 5; // the last taps count for the tempo
	static TAP_PAUSE = 2000; // ms without a tap, after which counting starts again

	constructor(root, props, trigger) {
		this.root = root;
		this.props = props;
		this.trigger = trigger;
		this.voices = props.voices;
		this.doc = null;
		this.history = new History();
		this.selection = new Set();
		this.start = 0; // beat that playing begins at
		this.snap = 3;
		this.zoom = null; // bars in sight, null until the user has chosen
		this.kits = new Map();
		this.wanted = false; // whether the user wants to hear it, kit loaded or not
		this.followFrom = 0; // when playing may scroll again, after the user has
		this.taps = [];
		this.paces = new Paces();
		this.sheet = new Sheet();
		this.#findParts();
		this.painter = new Painter(this.parts.roll, this.voices);
		this.overview = new Overview(this.parts.overview);
		this.editor = new Editor(this, this.parts.roll);
		this.shelf = new Shelf(this, this.parts.takes);
		this.lanes = new Lanes(this, this.parts.lanes);
		this.preferences = new Preferences(this);
		this.session = new Session(this);
		this.#listen();
		this.shelf.begin();
		const kept = Session.recall();
		if (kept) this.#resume(kept);
		else this.receive();
	}

	// -- the document -----------------------------------------------------------------------------------------------------

	/** Take what the page or the server has put into the value. */
	receive() {
		if (!this.props.value?.hits || this.props.value === this.value) return;
		let doc = fromValue(this.props.value, this.voices);
		const old = this.doc;
		const fresh = !old || doc.made !== old.made;
		if (fresh && this.again) return this.#passOver();
		if (!fresh) doc.handmade = old.handmade;
		else if (old) this.paces.keep(doc);
		else doc = { ...doc, made: this.shelf.twin(toValue(doc, this.voices)) ?? doc.made };
		if (old) this.history.push(old, fresh ? null : changedSetting(old, doc));
		this.#take(this.#withLanes(doc, old));
		if (fresh) {
			this.selection = new Set();
			this.say(`${doc.bars} bars, ${doc.hits.length} hits`);
			if (!this.shelf.find(doc.made)) this.shelf.add(this.value);
			if (doc.opened) this.trigger("restore");
		} else this.notify();
		if (fresh && this.autoplay) {
			this.autoplay = false;
			if (!this.wanted) this.play();
		}
	}

	/** Be as before the page was loaded again; it plays on where it did, if the browser lets it. */
	#resume({ doc, past, future, steps, stamps, start, zoom, playing }) {
		Object.assign(this.history, { past, future });
		Object.assign(this, { start, zoom });
		this.paces.steps = new Map(steps);
		this.shelf.stamps = stamps;
		this.#take(doc);
		if (!this.shelf.find(this.doc.made)) this.shelf.add(this.value);
		if (playing !== undefined && window.drummerPage.isReload()) this.#playOn(playing);
	}

	/** Make an edit. Edits of one gesture are undone together. */
	commit(doc, gesture = null) {
		this.history.push(this.doc, gesture);
		this.#take(doc);
		this.notify();
	}

	/** Show and play what a gesture would do, without keeping it. */
	preview(doc) {
		this.doc = doc;
		this.sheet.fit(asHeard(doc));
		this.player?.setGroove(asHeard(doc));
		this.redraw();
	}

	undo() {
		this.#restore(this.history.undo(this.doc), "Undone");
	}

	redo() {
		this.#restore(this.history.redo(this.doc), "Redone");
	}

	/** Work on another groove of the shelf; where it plays, it plays on. */
	choose(value) {
		if (value === this.value) return this.#worked();
		this.history.push(this.doc);
		this.#restore(fromValue(value, this.voices), "Chosen");
		this.#worked();
	}

	/** Let something be heard that was chosen with a click. */
	#worked() {
		if (!this.wanted) this.play();
	}

	/** Put variations on the shelf, and play the first. */
	offer(values) {
		for (const [index, value] of [...values.entries()].reverse()) this.shelf.add(value, `variation ${index + 1}`);
		this.choose(values[0]);
	}

	#restore(doc, words) {
		if (!doc) return;
		this.selection = new Set();
		this.#take(this.#withLanes(doc, this.doc));
		this.notify();
		this.trigger("restore");
		this.say(words);
	}

	/** Mute, solo and lock are about the lanes of the page: they outlive the groove. */
	#withLanes(doc, old) {
		const { muted, soloed, locked } = old ?? doc;
		return { ...doc, muted, soloed, locked };
	}

	#take(doc) {
		const value = toValue(doc, this.voices);
		const made = this.shelf.claim(value);
		this.doc = made === doc.made ? doc : { ...doc, made };
		this.value = { ...value, made };
		this.props.value = this.value;
		this.player?.setGroove(asHeard(doc));
		if (doc.settings.kit !== this.playedKit) this.#useKit().catch((error) => this.#complain(error));
		this.start = this.start < beatCount(doc) ? this.start : 0;
		this.#offerSnaps();
		this.editor.settle();
		this.#layOut();
		this.#showState();
		this.shelf.update(this.value);
		this.shelf.mark(this.doc.made);
		this.session.keep();
		this.root.dispatchEvent(new CustomEvent("groove", { bubbles: true })); // for what else on the page follows it
	}

	/** Ask the drummer to play some of it anew; `action` is the event that the server listens to. */
	ask(action) {
		if (!this.doc) return;
		this.expect();
		const back = this.paces.back(action, this.doc);
		if (back) {
			this.history.push(this.doc);
			this.#restore(back, `${back.bars} bars, ${back.hits.length} hits`);
			return this.#worked();
		}
		this.paces.expect(action, this.doc);
		const ask = { seed: Math.floor(Math.random() * this.props.dice_sides), bar: this.bar, bars: Number(this.parts.more.value) };
		this.value = { ...this.value, ask };
		this.props.value = this.value;
		this.trigger(action);
	}

	/** Ask for a new groove. Of several quick requests the last counts, once: what is being played for the others is passed over. */
	generate() {
		this.paces.expect(null);
		this.again = this.generating === true;
		this.generating = true;
		if (!this.again) this.trigger("generate");
	}

	/** The new groove is there, or there is an error. */
	settle() {
		this.generating = false;
		if (!this.again) return;
		if (this.props.value !== this.value) this.#passOver();
		this.again = false;
		this.generate();
	}

	#passOver() {
		this.props.value = this.value ?? null;
	}

	/** Follow a change of the directions, after the last of several quick ones; what was edited by hand is left alone. */
	regenerate() {
		clearTimeout(this.directing);
		this.directing = setTimeout(() => {
			if (this.doc && !this.doc.handmade) this.trigger("regenerate");
			else this.inform("Edited by hand: Generate or Re-roll follows the new directions");
		}, DrumGrid.NOTIFY_AFTER);
	}

	/** The bar that is asked about, from 0. */
	get bar() {
		return Math.min(Math.floor(this.start / this.doc.beats_per_bar), this.doc.bars - 1);
	}

	/** Tell the server what there is now, after the last of several quick changes. */
	notify() {
		clearTimeout(this.notifying);
		this.notifying = setTimeout(() => this.trigger("edit"), DrumGrid.NOTIFY_AFTER);
	}

	toggleLane(what, voice) {
		const voices = this.doc[what];
		const on = !voices.includes(voice);
		this.#take({ ...this.doc, [what]: on ? [...voices, voice] : voices.filter((other) => other !== voice) });
		this.notify();
		this.say(`${this.voices[voice].label} ${on ? what : `no longer ${what}`}`);
	}

	setBpm(bpm) {
		const [slowest, fastest] = this.props.bpm_limits;
		this.tempoSet = clamp(bpm, slowest, fastest);
		this.commit(this.atTempo(this.doc, this.tempoSet), "tempo");
		this.trigger("restore");
	}

	/** As in groove.js, for the page's own scripts. */
	atTempo(groove, bpm) {
		return atTempo(groove, bpm);
	}

	tapTempo() {
		const now = performance.now();
		if (now - this.taps.at(-1) > DrumGrid.TAP_PAUSE) this.taps = [];
		this.taps = [...this.taps, now].slice(-DrumGrid.TAPS);
		const beats = this.taps.length - 1;
		if (beats > 0) this.setBpm(Math.round((60000 * beats) / (now - this.taps[0])));
	}

	// -- sound ------------------------------------------------------------------------------------------------------------

	/** Get ready to play what the server is about to send; called in a click, or the browser would not allow it. */
	expect() {
		this.autoplay = this.hasSound;
		if (this.hasSound) this.#wake();
	}

	get hasSound() {
		return Object.keys(this.props.kits).length > 0;
	}

	loadKit(name) {
		const known = this.props.kits[name] ?? Object.values(this.props.kits)[0];
		if (!this.kits.has(known.url)) this.kits.set(known.url, Kit.load(known.url));
		return this.kits.get(known.url);
	}

	/** Play on from a beat without a click, which some browsers do not allow. */
	async #playOn(beat) {
		if (!this.hasSound) return;
		this.#wake();
		const resting = new Promise((done) => setTimeout(done, DrumGrid.RESUME));
		await Promise.race([this.context.resume(), resting]);
		if (this.wanted) return;
		if (this.context.state === "running") this.play(beat % beatCount(this.doc));
		else this.inform("The browser has stopped the sound: press play to hear it again");
	}

	toggle() {
		if (this.wanted) this.stop();
		else this.play();
	}

	async play(beat = this.start) {
		if (!this.hasSound || !this.doc) return;
		this.wanted = true;
		this.#showState();
		this.#wake();
		try {
			await this.#useKit();
			await this.context.resume();
			if (!this.wanted) return;
			this.player.stop();
			this.player.setGroove(asHeard(this.doc));
			const countIn = this.preferences.isOn("count-in") ? this.doc.beats_per_bar : 0;
			this.player.begin(beat, this.context.currentTime + 0.02, countIn);
			this.#tick();
			clearInterval(this.ticking);
			this.ticking = setInterval(() => this.#tick(), 25);
			this.#animate();
			for (const name of Object.keys(this.props.kits)) await this.loadKit(name); // so that another kit is there at once
		} catch (error) {
			this.stop();
			this.#complain(error);
		}
	}

	stop() {
		this.wanted = false;
		clearInterval(this.ticking);
		this.player?.stop();
		this.#showState();
		this.redraw();
	}

	/** Play from a beat, or begin there next time. */
	seek(beat) {
		this.start = beat;
		this.#showState();
		if (this.player?.playing) this.play(beat);
		this.redraw();
	}

	hear(voice, velocity) {
		if (!this.hasSound || this.player?.playing) return;
		this.#wake();
		this.#useKit()
			.then(async (kit) => {
				await this.context.resume();
				this.mixer.setLane(voice, true);
				this.mixer.strike(kit, voice, velocity, this.context.currentTime);
			})
			.catch((error) => this.#complain(error));
	}

	#wake() {
		this.context ??= new AudioContext({ latencyHint: "interactive", sampleRate: this.props.sample_rate });
		this.context.resume();
	}

	/** Load the groove's kit and play on with it. */
	async #useKit() {
		if (!this.hasSound) return null;
		const name = this.doc.settings.kit;
		this.playedKit = name;
		const kit = await this.loadKit(name);
		if (!this.context) return kit;
		if (!this.player) {
			this.mixer = new Mixer(this.context, kit.knee);
			this.player = new Player(this.mixer, kit);
			this.preferences.apply();
		}
		if (name === this.doc.settings.kit) this.player.setKit(kit);
		return kit;
	}

	#tick() {
		const ahead = document.hidden ? Player.HIDDEN_LOOKAHEAD : Player.LOOKAHEAD;
		if (this.player?.playing) this.player.scheduleUntil(this.context.currentTime + ahead);
	}

	#complain(error) {
		this.inform(error.message);
		console.warn(error);
	}

	// -- what is on the screen --------------------------------------------------------------------------------------------

	/** The beat that is heard now, or null; what the clock says minus the way to the loudspeaker. */
	get playBeat() {
		if (!this.player?.playing) return null;
		return this.player.beatAt(this.context.currentTime - (this.context.outputLatency || 0));
	}

	redraw() {
		if (this.drawing || !this.doc) return;
		this.drawing = requestAnimationFrame(() => {
			this.drawing = null;
			this.#draw();
		});
	}

	#draw() {
		const playBeat = this.playBeat;
		const focused = document.activeElement === this.parts.roll;
		this.sheet.scroll = this.parts.scroller.scrollLeft;
		this.painter.draw(this.sheet, {
			selection: this.selection,
			cursor: focused ? this.editor.cursor : null,
			snap: this.snap,
			box: this.box ?? null,
			playBeat,
			start: this.start,
		});
		const inSight = [this.sheet.steps(0), this.sheet.steps(this.sheet.width)];
		if (!this.parts.overview.hidden) this.overview.draw(this.sheet.groove, this.painter, inSight, playBeat);
		this.#showClock(playBeat ?? this.start);
	}

	#animate() {
		if (!this.player?.playing) return;
		cancelAnimationFrame(this.animating);
		this.animating = requestAnimationFrame(() => {
			this.#follow();
			this.#draw();
			this.#animate();
		});
	}

	/** Turn the page where playing leaves it. */
	#follow() {
		if (this.editor.drag || performance.now() < this.followFrom || this.playBeat < 0) return;
		const x = this.sheet.x((this.playBeat % beatCount(this.doc)) * this.doc.steps_per_beat);
		if (x < 0 || x > this.sheet.width) this.parts.scroller.scrollLeft += x - Sheet.EDGE;
	}

	bringIntoSight(step) {
		const x = this.sheet.x(step);
		if (x < 0) this.parts.scroller.scrollLeft += x - Sheet.EDGE;
		else if (x > this.sheet.width - 30) this.parts.scroller.scrollLeft += x - this.sheet.width + this.sheet.barWidth / 2;
	}

	select(selection, box = null) {
		this.selection = selection;
		this.box = box;
		if (!box && selection.size) this.say(`${selection.size} selected`);
		this.redraw();
	}

	/** Show what is known about a hit. */
	report(hit) {
		this.parts.readout.textContent = hit ? this.describe(hit) : "";
	}

	/** Tell everybody. */
	inform(words) {
		this.parts.readout.textContent = words;
		this.say(words);
	}

	/** Tell a screen reader. */
	say(words) {
		this.parts.spoken.textContent = words;
	}

	describe(hit) {
		const milliseconds = Math.round(1000 * hit[OFFSET] * stepSeconds(this.doc));
		const timing = milliseconds === 0 ? "on the grid" : `${Math.abs(milliseconds)} ms ${milliseconds < 0 ? "early" : "late"}`;
		const place = this.place({ step: hit[STEP], voice: hit[VOICE] });
		return `${place}, velocity ${Math.round(127 * hit[VELOCITY])}, ${timing}`;
	}

	place({ step, voice }) {
		const { steps_per_beat: perBeat, beats_per_bar: beats } = this.doc;
		const beat = Math.floor(step / perBeat);
		const rest = step % perBeat;
		const common = [12, 8, 6, 4, 3, 2].find((number) => rest % number === 0 && perBeat % number === 0) ?? 1;
		const part = rest ? ` and ${rest / common}/${perBeat / common}` : "";
		const bar = Math.floor(beat / beats);
		const block = blockAt(this.doc, bar);
		return `${this.voices[voice].label}, ${block ? `${block.part}, ` : ""}bar ${bar + 1}, beat ${(beat % beats) + 1}${part}`;
	}

	#showClock(beat) {
		const beats = this.doc.beats_per_bar;
		const inLoop = beat < 0 ? beat : beat % beatCount(this.doc);
		const bar = Math.floor(inLoop / beats) + 1;
		const text = beat < 0 ? `-${Math.ceil(-beat)}` : `${bar}.${(Math.floor(inLoop) % beats) + 1}`;
		if (this.parts.clock.textContent !== text) this.parts.clock.textContent = text;
	}

	/** Buttons follow the state. */
	#showState() {
		const { play, undo, redo } = this.parts;
		this.root.classList.toggle("playing", this.wanted);
		play.ariaLabel = this.wanted ? "Stop" : "Play";
		play.disabled = !this.doc || !this.hasSound;
		undo.disabled = this.history.past.length === 0;
		redo.disabled = this.history.future.length === 0;
		for (const name of ["reroll", "reroll-bar", "continue", "half-time", "double-time", "variations"]) this.parts[name].disabled = !this.doc;
		if (this.doc) this.parts["reroll-bar"].lastElementChild.textContent = `Re-roll bar ${this.bar + 1}`;
		this.lanes.show(this.doc);
	}

	// -- layout -----------------------------------------------------------------------------------------------------------

	get barsInSight() {
		const fitting = DrumGrid.ZOOMS.filter((bars) => this.sheet.width / bars >= DrumGrid.LEAST_BAR_WIDTH).at(-1) ?? 1;
		return Math.min(this.zoom ?? fitting, this.doc.bars);
	}

	#layOut() {
		const { scroller, spacer, overview, lanes } = this.parts;
		this.sheet.width = scroller.clientWidth;
		if (!this.doc || !this.sheet.width) return;
		this.sheet.laneHeight = parseFloat(getComputedStyle(lanes).getPropertyValue("--lane-height"));
		this.sheet.barWidth = (this.sheet.width - 2 * Sheet.EDGE) / this.barsInSight;
		this.sheet.fit(asHeard(this.doc));
		this.root.style.setProperty("--ruler", `${this.sheet.ruler}px`);
		spacer.style.width = `${this.sheet.contentWidth}px`;
		spacer.style.height = `${this.sheet.height}px`;
		overview.hidden = this.barsInSight >= this.doc.bars;
		this.parts.zoom.textContent = `${this.barsInSight} ${this.barsInSight === 1 ? "bar" : "bars"}`;
		this.parts.most.textContent = `${Math.round(500 * stepSeconds(this.doc))} ms`;
		this.redraw();
	}

	#setZoom(change) {
		const now = DrumGrid.ZOOMS.findLastIndex((bars) => bars <= this.barsInSight);
		const middle = this.sheet.steps(this.sheet.width / 2);
		this.zoom = DrumGrid.ZOOMS[clamp(now + change, 0, DrumGrid.ZOOMS.length - 1)];
		this.#layOut();
		this.parts.scroller.scrollLeft = Sheet.EDGE + middle * this.sheet.stepWidth - this.sheet.width / 2;
	}

	#offerSnaps() {
		const { steps_per_beat: perBeat } = this.doc;
		if (perBeat === this.snapsFor) return;
		this.snapsFor = perBeat;
		const fitting = DrumGrid.SNAPS.filter(([, beats]) => Number.isInteger(+(beats * perBeat).toFixed(6)));
		const offered = fitting.length ? fitting : [["beat", 1]];
		const { snap } = this.parts;
		snap.replaceChildren(...offered.map(([name, beats]) => new Option(name, Math.round(beats * perBeat))));
		const usual = offered.find(([name]) => name === "1/16") ?? offered.at(-1);
		snap.value = this.snap = Math.round(usual[1] * perBeat);
	}

	#findParts() {
		const find = (selector) => this.root.querySelector(selector);
		this.parts = {};
		for (const name of ["roll", "overview", "lanes", "scroller", "spacer", "spoken", "readout", "clock", "zoom", "most", "takes"]) {
			this.parts[name] = find(`.${name}`);
		}
		for (const button of this.root.querySelectorAll("[data-do]")) this.parts[button.dataset.do] = button;
		for (const input of this.root.querySelectorAll("[data-set]")) this.parts[input.dataset.set] = input;
	}

	// -- what the user does -----------------------------------------------------------------------------------------------

	#listen() {
		const actions = {
			play: () => this.toggle(),
			tap: () => this.tapTempo(),
			metronome: () => this.preferences.toggle("metronome"),
			"count-in": () => this.preferences.toggle("count-in"),
			draw: () => this.#useTool("draw"),
			select: () => this.#useTool("select"),
			"zoom-in": () => this.#setZoom(-1),
			"zoom-out": () => this.#setZoom(1),
			reroll: () => this.ask("reroll"),
			"reroll-bar": () => this.ask("reroll_bar"),
			continue: () => this.ask("continue_groove"),
			"half-time": () => this.ask("half_time"),
			"double-time": () => this.ask("double_time"),
			variations: () => this.ask("variations"),
			undo: () => this.undo(),
			redo: () => this.redo(),
			mixer: () => this.preferences.toggle("mixer"),
		};
		for (const [name, act] of Object.entries(actions)) this.parts[name].addEventListener("click", act);
		this.parts.snap.addEventListener("change", () => {
			this.snap = Number(this.parts.snap.value);
			this.editor.settle();
			this.redraw();
		});
		this.parts.scroller.addEventListener("scroll", () => this.redraw());
		for (const kind of ["wheel", "touchmove", "keydown"]) {
			this.parts.scroller.addEventListener(kind, () => (this.followFrom = performance.now() + 3000), { passive: true });
		}
		this.parts.overview.addEventListener("pointerdown", (event) => this.#scrollTo(event));
		this.parts.overview.addEventListener("pointermove", (event) => event.buttons && this.#scrollTo(event));
		for (const kind of ["focus", "blur"]) this.parts.roll.addEventListener(kind, () => this.redraw());
		this.observers = [new ResizeObserver(() => this.#layOut()), new MutationObserver(() => this.#changeTheme())];
		this.observers[0].observe(this.parts.scroller);
		this.observers[1].observe(document.body, { attributeFilter: ["class"] });
		document.addEventListener("keydown", (event) => this.#key(event));
		document.addEventListener("visibilitychange", () => this.#tick());
	}

	#changeTheme() {
		this.painter.readTheme();
		this.shelf.draw();
		this.redraw();
	}

	#scrollTo(event) {
		const box = this.parts.overview.getBoundingClientRect();
		const steps = ((event.clientX - box.left) / box.width) * stepCount(this.doc);
		this.parts.scroller.scrollLeft = Sheet.EDGE + steps * this.sheet.stepWidth - this.sheet.width / 2;
		this.followFrom = performance.now() + 3000;
	}

	#useTool(tool) {
		this.editor.tool = tool;
		for (const name of ["draw", "select"]) this.parts[name].ariaPressed = String(name === tool);
		this.parts.roll.style.touchAction = tool === "select" ? "none" : "";
	}

	/** Keys that work anywhere on the page, but where something is typed or the key means something else. */
	#key(event) {
		const target = event.target;
		if (!this.root.isConnected || target.closest?.("input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable]")) return;
		const command = event.ctrlKey || event.metaKey;
		const key = event.key.toLowerCase();
		if (command && key === "z") event.shiftKey ? this.redo() : this.undo();
		else if (command && key === "y") this.redo();
		else if (event.key === " " && !command && !target.closest?.("button, summary, a, [role=button], [type=checkbox]")) this.toggle();
		else return;
		event.preventDefault();
	}
}

const root = element.querySelector(".drum-grid");
root.drumGrid = new DrumGrid(root, props, trigger); // where the page's own scripts find it
root.sound = { Mixer, Player }; // with which tests render off line
watch("value", () => root.drumGrid.receive());
