// A groove that is still being generated: its bars are drawn and played as they come.

class Stream {
	constructor(grid) {
		this.grid = grid;
		this.doc = null; // the groove as it is generated, without edits; null where none is on its way
		this.done = 0; // number of its bars that are there
		this.replaced = null; // {made, done} of an unfinished groove that another one is about to replace
		this.waiting = []; // functions to run once no hit is dragged
	}

	/** Whether a groove is unfinished: its other bars are on their way, or were until another groove was requested. */
	lacks(doc) {
		return doc != null && (doc.made === this.doc?.made || doc.made === this.replaced?.made);
	}

	/** Whether a groove has the bar of a beat and the next one, so that it can be heard from there. */
	covers(doc, beat) {
		if (!this.lacks(doc)) return true;
		const bar = Math.floor(Math.max(0, beat % beatCount(doc)) / meterOf(doc).quarters);
		const done = doc.made === this.doc?.made ? this.done : 0;
		return Math.min(bar + 2, doc.bars) <= done || (bar === 0 && done > 0);
	}

	/** Whether bars of a groove that is on its way are there. */
	get started() {
		return this.doc !== null;
	}

	/** Receive new bars as a value of the server, see drummer/web/grid/value.py; with the last comes the MIDI file. */
	receive(value, file) {
		this.#onceFree(() => this.#add(value, file));
	}

	#add({ streamed, ...value }, file) {
		const { grid } = this;
		const doc = grid.mixed(fromValue(value, grid.voices));
		if (this.doc === null) {
			this.doc = doc;
			this.done = streamed;
			grid.begin(doc, this.replaced?.made);
		} else {
			this.#grow(doc.hits);
			this.done = streamed;
			grid.grow();
		}
		this.#tellProgress();
		if (streamed === doc.bars) this.#finish(file);
	}

	/** Show how much of a groove is generated, 0-1. */
	showProgress(share) {
		this.grid.parts.progress.style.transform = `scaleX(${Math.max(0.02, share)})`;
	}

	/** Report the progress to other parts of the page, such as the song. */
	#tellProgress() {
		const detail = { done: this.done, bars: this.doc.bars };
		this.showProgress(detail.done / detail.bars);
		this.grid.root.dispatchEvent(new CustomEvent("progress", { bubbles: true, detail }));
	}

	/** Add the hits of new bars to the groove, wherever the history has it. */
	#grow(hits) {
		const { made } = this.doc;
		this.#change((doc) => (doc.made === made ? withMore(doc, hits) : doc));
		this.doc = withMore(this.doc, hits);
	}

	#change(change) {
		const { grid } = this;
		grid.history.change(change);
		grid.doc = change(grid.doc);
	}

	#finish(file) {
		const { doc } = this;
		this.doc = this.replaced = null;
		this.grid.finish(doc, file);
	}

	/** End the groove when its request has ended: where bars are missing, it is cut to those that are there. */
	settle(stopped) {
		this.#onceFree(() => {
			if (this.doc) this.#cut(this.doc, this.done);
			else if (this.replaced) this.#cut(this.grid.doc, this.replaced.done);
			else if (stopped) this.grid.inform("Stopped before the first bar was ready");
		});
	}

	#cut(doc, done) {
		const { grid } = this;
		this.#change((each) => (each.made === doc.made ? firstBars(each, done) : each));
		this.doc = firstBars(doc, done);
		this.done = done;
		this.#tellProgress();
		this.#finish(null);
		grid.inform(`Stopped after ${done} of ${doc.bars} bars: ${done === 1 ? "it is kept" : "they are kept"}`);
	}

	/** Get ready for another groove, which replaces the one that is on its way. */
	replace() {
		this.#onceFree(() => {
			if (this.doc) this.replaced = { made: this.doc.made, done: this.done };
			this.doc = null;
		});
	}

	/** The groove without the bars that are missing, as it is kept for a reload. */
	kept(doc) {
		return this.lacks(doc) ? firstBars(doc, this.doc ? this.done : this.replaced.done) : doc;
	}

	/** Run a function once no hit is dragged: a change of the groove would end the drag. */
	#onceFree(act) {
		this.waiting.push(act);
		if (this.waiting.length === 1) this.#work();
	}

	#work() {
		if (this.grid.editor.drag) return requestAnimationFrame(() => this.#work());
		while (this.waiting.length) {
			const act = this.waiting[0];
			try {
				act();
			} finally {
				this.waiting.shift();
			}
		}
	}
}
