// The drum grid. View and sound follow `doc`, the groove as it is edited; see groove.js.

class DrumGrid extends GridFrame {
	constructor(root, props, trigger) {
		super(root);
		this.props = props;
		this.trigger = trigger;
		this.voices = props.voices;
		Meter.known = props.groupings;
		Takes.labels = props.labels;
		Takes.rules = props.editing;
		Object.assign(MIX_RULES, { lanes: props.keys.lanes, strip: props.strip_limits });
		Object.assign(Sample.RULES, props.sample_rules);
		this.doc = null;
		this.blank = fromValue(emptyGroove("", { ...props.first, settings: {} }), this.voices); // drawn until there is a groove
		this.history = new History();
		this.selection = new Set();
		this.bars = null; // {first, last} of the selected bars, from 0, the last not included; their hits are selected too
		this.start = 0; // beat that playing begins at
		this.snap = 3;
		this.tapped = new TapTempo();
		this.transport = new Transport(this);
		this.samples = new Samples(this);
		this.view = new View(this);
		this.loopRange = new LoopRange(this);
		this.editor = new Editor(this, this.parts.roll);
		this.clipboard = new Clipboard(this);
		this.commands = new Commands(this);
		this.keyboard = new Keyboard(this, this.parts.roll);
		this.shelf = new Shelf(this);
		this.lanes = new Lanes(this, this.parts.lanes);
		this.mixPanel = new MixPanel(this);
		this.laneDrop = new LaneDrop(this);
		this.preferences = new Preferences(this);
		this.session = new Session(this);
		this.stream = new Stream(this);
		this.requests = new Requests(this);
		this.meterMenu = new MeterMenu(this);
		this.toolbar = new Toolbar(this);
		this.selectionBar = new SelectionBar(this);
		this.takesBar = new TakesBar(this);
		this.shelf.begin();
		this.view.offerSnaps();
		this.view.layOut();
		this.showState();
		const kept = Session.recall();
		if (kept) this.#resume(kept);
		else if (window.drummerOffline && this.shelf.takes.length) this.#show(fromValue(this.shelf.takes[0].value, this.voices));
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
		if (!fresh && unfinished) doc.hits = old.hits; // more bars may have come since this value was sent
		if (fresh) doc = this.mixed(doc);
		if (!fresh) doc.handmade = old.handmade;
		else if (old) this.requests.timeScaling.keep(doc);
		else doc = { ...doc, made: this.shelf.findEqual(toValue(doc, this.voices)) ?? doc.made };
		if (old) this.history.push(old, fresh ? null : changedSetting(old, doc));
		const labels = fresh && this.requests.consumeLabels(doc);
		doc.did = fresh ? labels.did : (Edits.ofSettings[changedSetting(old, doc)] ?? "settings");
		if (fresh) this.#deselect();
		this.#show(this.#withLanes(doc, old));
		if (fresh) {
			this.say(sizeInWords(doc));
			if (!this.shelf.find(doc.made)) this.shelf.add(this.value, labels.note);
			if (doc.opened) {
				this.trigger("restore");
				this.samples.tellMissing();
			}
		} else this.requests.notify();
		if (fresh && this.requests.consumeAutoplay() && !this.wanted) this.play();
	}

	/** Show a groove whose first bars have come. An unfinished one that it replaces, whose id is `replaced`, is not kept for undo. */
	begin(doc, replaced) {
		if (this.doc && this.doc.made !== replaced) this.history.push(this.doc);
		this.requests.timeScaling.keep(doc);
		this.report(null); // clear the values of a hit of the groove before
		this.#deselect();
		this.#show(this.#withLanes({ ...doc, did: this.requests.consumeLabels(doc).did }, this.doc));
		this.trigger("tempo");
		this.#playOnceCovered();
	}

	/** Show more bars of a groove, unless another one is shown by now. */
	grow() {
		if (!this.stream.lacks(this.doc)) return;
		this.#show(this.doc);
		this.#playOnceCovered();
	}

	/** Finish a groove: all its bars have come, and a MIDI file unless they are many. */
	finish(doc, file) {
		const shown = this.doc.made === doc.made;
		if (shown) this.#show(this.doc);
		if (!this.shelf.find(doc.made)) this.shelf.add(shown ? this.value : toValue(doc, this.voices));
		if (!shown) return;
		this.say(sizeInWords(this.doc));
		this.#playOnceCovered();
		if (this.doc.edited || this.doc.hits.length !== doc.hits.length) this.requests.notify();
		else window.drummerPage.offerFile(file);
	}

	#playOnceCovered() {
		if (this.stream.covers(this.doc, this.start) && this.requests.consumeAutoplay() && !this.wanted) this.play();
	}

	/** Restore the state from before a reload, and continue to play if the browser allows it. */
	#resume({ doc, past, future, steps, stamps, start, zoom, playing, loop }) {
		Object.assign(this.history, { past, future });
		this.loopRange.range = loop ?? null;
		this.start = start;
		this.view.zoom = zoom;
		this.requests.timeScaling.steps = new Map(steps);
		this.shelf.stamps = stamps;
		this.#show(doc);
		if (!this.shelf.find(this.doc.made)) this.shelf.add(this.value);
		this.samples.tellMissing();
		if (playing !== undefined && window.drummerPage.isReload()) this.transport.resume(playing);
	}

	/** Make an edit; `did` names it for undo. Edits of one gesture are undone together. */
	commit(doc, gesture = null, did = "edit") {
		this.history.push(this.doc, gesture);
		this.#show({ ...doc, did });
		this.requests.notify();
	}

	/** End a gesture that has come back to where it began; it is not kept for undo. */
	takeBack() {
		this.#show(this.#withLanes(this.history.takeBack(), this.doc));
		this.requests.notify();
	}

	/**
	 * Make an edit, or say why it is impossible. `make` returns a document, or {doc, cells} with the cells to select. Returns what was
	 * made, or null.
	 */
	edit(did, make, { keepBars = false } = {}) {
		try {
			const made = make();
			const { bars } = this;
			if ((made.doc ?? made).bars !== this.doc.bars && this.stream.lacks(this.doc)) throw new Impossible("Wait until all bars are generated before you add or remove any");
			this.selection = made.cells ?? new Set();
			this.bars = null;
			this.commit(made.doc ?? made, null, did);
			if (keepBars && bars) this.selectBars(bars);
			else this.select(made.cells ?? this.selection);
			return made;
		} catch (error) {
			if (!(error instanceof Impossible)) throw error;
			this.inform(error.message);
			return null;
		}
	}

	/** Show and play the effect of a gesture, without keeping it. */
	preview(doc) {
		this.doc = doc;
		this.geometry.fit(asHeard(doc));
		this.player?.setGroove(asHeard(doc));
		this.redraw();
	}

	undo() {
		const { did } = this.doc ?? {};
		this.#restore(this.history.undo(this.doc), `Undone: ${did ?? "edit"}`);
	}

	redo() {
		const { did, deletes } = this.history.future.at(-1) ?? {};
		const deleted = deletes && this.shelf.find(deletes);
		if (deleted) this.shelf.delete(deleted);
		this.#restore(this.history.redo(this.doc), `Redone: ${did ?? "edit"}`);
	}

	/** Work on another groove of the shelf, and play it, from the beat that is playing. Comparisons in a row are undone together. */
	choose(value, gesture = null, did = "choose another take") {
		if (value !== this.value) this.switchTo(value, did, gesture);
		if (gesture === null) this.samples.tellMissing();
		this.#worked();
	}

	/** Work on another groove of the shelf; `deletes` is the `made` of a take that this step deletes. */
	switchTo(value, did, gesture = null, deletes = null) {
		this.history.push(this.doc, gesture);
		this.#restore({ ...fromValue(value, this.voices), did, ...(deletes && { deletes }) }, "Chosen");
	}

	/** Play a groove that was chosen with a click. */
	#worked() {
		if (!this.wanted) this.play();
	}

	/** Work on a new groove. */
	replace(doc) {
		if (this.doc) this.history.push(this.doc);
		this.#deselect();
		this.#show({ ...this.#withLanes(this.mixed(doc), this.doc), did: "new groove" });
		this.requests.notify();
	}

	/** Put variations on the shelf, and play the first. */
	offer(sent) {
		const values = sent.map(unpacked);
		for (const [index, value] of [...values.entries()].reverse()) this.shelf.add(value, `variation ${index + 1}`);
		this.choose(values[0], null, "more like this");
		this.inform(`Variation 1 of ${values.length}; the others are among the takes`);
	}

	#restore(doc, words) {
		if (!doc) return;
		this.#deselect();
		this.#show(this.#withLanes(doc, this.doc));
		this.requests.notify();
		this.trigger("restore");
		this.inform(words);
	}

	#deselect() {
		this.selection = new Set();
		this.bars = null;
	}

	/** A new groove with the mix of the one before, as far as it has its lanes; one that was opened has its own. */
	mixed(doc) {
		return withoutLostStrip(this.doc && !doc.opened ? withMix(doc, this.doc.settings.mix) : doc);
	}

	/** Mute, solo and lock belong to the lanes of the page: they stay for the next groove. */
	#withLanes(doc, old) {
		const { muted, soloed, locked } = old ?? doc;
		return { ...doc, muted, soloed, locked };
	}

	/** Show a groove, play it, send it to the server and keep it as a take. */
	#show(doc) {
		const value = toValue(doc, this.voices);
		const made = this.shelf.ownId(value);
		if (this.doc && this.doc.made !== made) this.shelf.other = this.doc.made;
		this.doc = made === doc.made ? doc : { ...doc, made };
		this.send({ ...value, made });
		this.loopRange.settle();
		this.#hear(doc);
		this.transport.followKit();
		this.start = this.start < beatCount(doc) ? this.start : 0;
		this.view.offerSnaps();
		this.editor.settle();
		this.view.layOut();
		this.showState();
		this.shelf.update(this.value);
		this.shelf.list.mark(this.doc.made);
		this.session.keep();
		this.root.dispatchEvent(new CustomEvent("groove", { bubbles: true, detail: this.doc })); // for other parts of the page
	}

	/** Hand the groove to the player; while it plays, only once the bars that come next are there. */
	#hear(doc) {
		if (!this.player || (this.player.playing && !this.stream.covers(doc, this.playBeat))) return;
		this.player.setGroove(asHeard(doc));
	}

	/** Restore the groove that half or double time was made of. */
	goBack(doc) {
		this.history.push(this.doc);
		this.#restore({ ...doc, did: "half or double time" }, sizeInWords(doc));
		this.#worked();
	}

	/** Make this the control's value, which requests send. */
	send(value) {
		this.value = value;
		this.sent = { ...packed(value), ...(this.stream.lacks(value) && { unfinished: true }) };
		this.props.value = this.sent;
	}

	toggleLane(what, voice) {
		const voices = this.doc[what];
		const on = !voices.includes(voice);
		this.#show({ ...this.doc, [what]: on ? [...voices, voice] : voices.filter((other) => other !== voice) });
		this.requests.notify();
		this.say(`${this.voices[voice].label} ${on ? what : `no longer ${what}`}`);
	}

	setBpm(bpm) {
		const [slowest, fastest] = this.props.bpm_limits;
		this.tempoSet = clamp(bpm, slowest, fastest);
		this.commit(this.atTempo(this.doc, this.tempoSet), "tempo", "tempo");
		this.trigger("restore");
	}

	/** As in groove.js, for the page's own scripts. */
	atTempo(groove, bpm) {
		return atTempo(groove, bpm);
	}

	tapTempo() {
		const { compound, pulse } = meterOf(this.doc);
		const bpm = this.tapped.tap(performance.now(), compound ? pulse : 1); // people tap the beats that they count
		if (bpm === null) this.inform("Tap again on the next beat");
		else {
			this.inform("");
			this.setBpm(bpm);
		}
	}

	// -- sound and view ---------------------------------------------------------------------------------------------------

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
		this.loopRange.explain(beat);
		this.redraw();
	}

	redraw() {
		this.view.redraw();
	}

	select(selection, box = null) {
		this.selection = selection;
		this.bars = null;
		this.box = box;
		if (!box && selection.size) this.say(`${selection.size} selected`);
		if (!box) this.selectionBar?.show();
		this.redraw();
	}

	/** Select bars, and the hits in them; playing begins there next time. */
	selectBars(bars) {
		this.select(new Set(hitsOfBars(this.doc, bars.first, bars.last).map(cellOf)));
		this.bars = bars;
		this.start = bars.first * meterOf(this.doc).quarters;
		this.say(`${capitalised(barsInWords(bars))} selected`);
		if (!this.editor.drag) this.view.bringIntoSight(bars.first * stepsPerBar(this.doc));
		this.showState();
		this.redraw();
	}

	showState() {
		this.toolbar.show();
		this.selectionBar?.show();
	}
}

const root = element.querySelector(".drum-grid");
root.drumGrid = new DrumGrid(root, props, trigger); // for the page's own scripts
root.sound = { Mixer, Player }; // for tests, which render offline
watch("value", () => root.drumGrid.receive());
