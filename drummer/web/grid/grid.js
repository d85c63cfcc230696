// The drum grid. View and sound follow `doc`, the groove as it is edited; see groove.js.

class DrumGrid {
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
		this.tapped = new TapTempo();
		this.#findParts();
		this.transport = new Transport(this);
		this.view = new View(this);
		this.editor = new Editor(this, this.parts.roll);
		this.shelf = new Shelf(this, this.parts.takes);
		this.lanes = new Lanes(this, this.parts.lanes);
		this.preferences = new Preferences(this);
		this.session = new Session(this);
		this.stream = new Stream(this);
		this.requests = new Requests(this);
		this.meterMenu = new MeterMenu(this);
		this.toolbar = new Toolbar(this);
		this.shelf.begin();
		const kept = Session.recall();
		if (kept) this.#resume(kept);
		else this.receive();
	}

	// -- the document -----------------------------------------------------------------------------------------------------

	/** Read the value after the page or the server has changed it. */
	receive() {
		if (!this.props.value?.hits || this.props.value === this.sent) return;
		const { unfinished, ...value } = this.props.value;
		let doc = fromValue(value, this.voices);
		const old = this.doc;
		const fresh = !old || doc.made !== old.made;
		if (!fresh && unfinished) doc.hits = old.hits; // more may have come since
		if (!fresh) doc.handmade = old.handmade;
		else if (old) this.requests.paces.keep(doc);
		else doc = { ...doc, made: this.shelf.twin(toValue(doc, this.voices)) ?? doc.made };
		if (old) this.history.push(old, fresh ? null : changedSetting(old, doc));
		this.#take(this.#withLanes(doc, old));
		if (fresh) {
			this.selection = new Set();
			this.say(`${doc.bars} bars, ${doc.hits.length} hits`);
			if (!this.shelf.find(doc.made)) this.shelf.add(this.value);
			if (doc.opened) this.trigger("restore");
		} else this.requests.notify();
		if (fresh && this.requests.takeAutoplay() && !this.wanted) this.play();
	}

	/** Show a groove whose first bars have come; one that it takes the place of is no step of the history. */
	begin(doc, replaced) {
		if (this.doc && this.doc.made !== replaced) this.history.push(this.doc);
		this.requests.paces.keep(doc);
		this.selection = new Set();
		this.#take(this.#withLanes(doc, this.doc));
		this.trigger("tempo");
		this.#playOnceCovered();
	}

	/** More bars of a groove have come, which may not be the one that is shown any more. */
	grow() {
		if (!this.stream.lacks(this.doc)) return;
		this.#take(this.doc);
		this.#playOnceCovered();
	}

	/** All bars have come, and a MIDI file of them where they are not many. */
	finish(doc, file) {
		const shown = this.doc.made === doc.made;
		if (shown) this.#take(this.doc);
		if (!this.shelf.find(doc.made)) this.shelf.add(shown ? this.value : toValue(doc, this.voices));
		if (!shown) return;
		this.say(`${this.doc.bars} bars, ${this.doc.hits.length} hits`);
		this.#playOnceCovered();
		if (this.doc.edited || this.doc.hits.length !== doc.hits.length) this.requests.notify();
		else window.drummerPage.offerFile(file);
	}

	#playOnceCovered() {
		if (this.stream.covers(this.doc, this.start) && this.requests.takeAutoplay() && !this.wanted) this.play();
	}

	/** Restore the state from before a reload, and continue to play if the browser allows it. */
	#resume({ doc, past, future, steps, stamps, start, zoom, playing }) {
		Object.assign(this.history, { past, future });
		this.start = start;
		this.view.zoom = zoom;
		this.requests.paces.steps = new Map(steps);
		this.shelf.stamps = stamps;
		this.#take(doc);
		if (!this.shelf.find(this.doc.made)) this.shelf.add(this.value);
		if (playing !== undefined && window.drummerPage.isReload()) this.transport.resume(playing);
	}

	/** Make an edit. Edits of one gesture are undone together. */
	commit(doc, gesture = null) {
		this.history.push(this.doc, gesture);
		this.#take(doc);
		this.requests.notify();
	}

	/** Show and play the effect of a gesture, without keeping it. */
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

	/** Play a groove that was chosen with a click. */
	#worked() {
		if (!this.wanted) this.play();
	}

	/** Work on a new groove. */
	replace(doc) {
		if (this.doc) this.history.push(this.doc);
		this.selection = new Set();
		this.#take(this.#withLanes(doc, this.doc));
		this.requests.notify();
	}

	/** Put variations on the shelf, and play the first. */
	offer(sent) {
		const values = sent.map(unpacked);
		for (const [index, value] of [...values.entries()].reverse()) this.shelf.add(value, `variation ${index + 1}`);
		this.choose(values[0]);
	}

	#restore(doc, words) {
		if (!doc) return;
		this.selection = new Set();
		this.#take(this.#withLanes(doc, this.doc));
		this.requests.notify();
		this.trigger("restore");
		this.say(words);
	}

	/** Mute, solo and lock belong to the lanes of the page: they stay for the next groove. */
	#withLanes(doc, old) {
		const { muted, soloed, locked } = old ?? doc;
		return { ...doc, muted, soloed, locked };
	}

	#take(doc) {
		const value = toValue(doc, this.voices);
		const made = this.shelf.claim(value);
		this.doc = made === doc.made ? doc : { ...doc, made };
		this.send({ ...value, made });
		this.#hear(doc);
		this.transport.followKit();
		this.start = this.start < beatCount(doc) ? this.start : 0;
		this.view.offerSnaps();
		this.editor.settle();
		this.view.layOut();
		this.showState();
		this.shelf.update(this.value);
		this.shelf.mark(this.doc.made);
		this.session.keep();
		this.root.dispatchEvent(new CustomEvent("groove", { bubbles: true })); // for other parts of the page
	}

	/** Let the player take the groove; while it plays, not before the bars have come that it plays next. */
	#hear(doc) {
		if (!this.player || (this.player.playing && !this.stream.covers(doc, this.playBeat))) return;
		this.player.setGroove(asHeard(doc));
	}

	/** Restore the groove that half or double time was made of. */
	goBack(doc) {
		this.history.push(this.doc);
		this.#restore(doc, `${doc.bars} bars, ${doc.hits.length} hits`);
		this.#worked();
	}

	/** Make this the control's value, which requests send. */
	send(value) {
		this.value = value;
		this.sent = { ...packed(value), ...(this.stream.lacks(value) && { unfinished: true }) };
		this.props.value = this.sent;
	}

	/** The chosen bar, from 0. */
	get bar() {
		return this.doc ? Math.min(Math.floor(this.start / meterOf(this.doc).quarters), this.doc.bars - 1) : 0;
	}

	toggleLane(what, voice) {
		const voices = this.doc[what];
		const on = !voices.includes(voice);
		this.#take({ ...this.doc, [what]: on ? [...voices, voice] : voices.filter((other) => other !== voice) });
		this.requests.notify();
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
		const { compound, pulse } = meterOf(this.doc);
		const bpm = this.tapped.tap(performance.now(), compound ? pulse : 1); // people tap the beats that they count
		if (bpm !== null) this.setBpm(bpm);
	}

	// -- sound and view ---------------------------------------------------------------------------------------------------

	get player() {
		return this.transport.player;
	}

	get mixer() {
		return this.transport.mixer;
	}

	get context() {
		return this.transport.context;
	}

	/** Whether the user wants to hear the groove. */
	get wanted() {
		return this.transport.wanted;
	}

	/** The beat that is heard now, or null. */
	get playBeat() {
		return this.transport.playBeat;
	}

	get sheet() {
		return this.view.sheet;
	}

	get painter() {
		return this.view.painter;
	}

	get zoom() {
		return this.view.zoom;
	}

	loadKit(name) {
		return this.transport.loadKit(name);
	}

	toggle() {
		this.transport.toggle();
	}

	play(beat) {
		return this.transport.play(beat);
	}

	stop() {
		this.transport.stop();
	}

	/** Play from a beat, or begin there next time. */
	seek(beat) {
		this.start = beat;
		this.showState();
		if (this.player?.playing) this.play(beat);
		this.redraw();
	}

	redraw() {
		this.view.redraw();
	}

	select(selection, box = null) {
		this.selection = selection;
		this.box = box;
		if (!box && selection.size) this.say(`${selection.size} selected`);
		this.redraw();
	}

	/** Show the values of a hit. */
	report(hit) {
		this.parts.readout.textContent = hit ? this.view.describe(hit) : "";
	}

	/** Show a message, and announce it to screen readers. */
	inform(words) {
		this.parts.readout.textContent = words;
		this.say(words);
	}

	/** Announce a message to screen readers. */
	say(words) {
		this.parts.spoken.textContent = words;
	}

	showState() {
		this.toolbar.show();
	}

	#findParts() {
		const find = (selector) => this.root.querySelector(selector);
		this.parts = {};
		for (const name of ["roll", "overview", "lanes", "scroller", "spacer", "spoken", "readout", "clock", "tempo", "zoom", "most", "takes"]) {
			this.parts[name] = find(`.${name}`);
		}
		for (const button of this.root.querySelectorAll("[data-do]")) this.parts[button.dataset.do] = button;
		for (const input of this.root.querySelectorAll("[data-set]")) this.parts[input.dataset.set] = input;
	}
}

const root = element.querySelector(".drum-grid");
root.drumGrid = new DrumGrid(root, props, trigger); // for the page's own scripts
root.sound = { Mixer, Player }; // for tests, which render offline
watch("value", () => root.drumGrid.receive());
