// A groove that is still being generated: its bars are drawn and played as they come.

class Stream {
	constructor(grid) {
		this.grid = grid;
		this.doc = null; // the groove as it is generated, without edits; null where none is unfinished
		this.done = 0; // number of its bars that are there
		this.replaced = false; // whether no more bars of it come, because another groove was requested
		this.waiting = []; // functions to run once no hit is dragged
	}

	/** Whether a groove is unfinished: its other bars are on their way, or were until another groove was requested. */
	lacks(doc) {
		return doc != null && doc.made === this.doc?.made;
	}

	/** Whether a groove has the bar of a beat and the next one, so that it can be heard from there. */
	covers(doc, beat) {
		if (!this.lacks(doc)) return true;
		const bar = Math.floor(Math.max(0, beat % beatCount(doc)) / meterOf(doc).quarters);
		const done = this.replaced ? 0 : this.done;
		return Math.min(bar + 2, doc.bars) <= done || (bar === 0 && done > 0);
	}

	/** Whether bars of a groove that is on its way are there. */
	get started() {
		return this.doc !== null && !this.replaced;
	}

	/** Receive new bars as a value of the server, see drummer/web/grid/value.py; with the last comes the MIDI file. */
	receive(value, file) {
		this.#onceFree(() => this.#add(value, file));
	}

	#add({ streamed, ...value }, file) {
		const { grid } = this;
		const doc = grid.mixed(fromValue(value, grid.voices));
		if (!this.started) this.#begin(doc, streamed);
		else {
			this.#grow(doc.hits);
			this.done = streamed;
			grid.grow();
		}
		this.#tellProgress();
		if (streamed === doc.bars) this.#finish(file);
	}

	/** Begin with the first bars of a groove. One that it replaces is cut in the history to the bars that are there. */
	#begin(doc, streamed) {
		const { grid, doc: old, done } = this;
		if (old) grid.history.change((each) => (each.made === old.made ? firstBars(each, done) : each));
		Object.assign(this, { doc, done: streamed, replaced: false });
		grid.begin(doc, old?.made);
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
		this.doc = null;
		this.replaced = false;
		this.grid.finish(doc, file);
	}

	/** End the groove when its request has ended: where bars are missing, it is cut to those that are there. */
	settle(stopped) {
		this.#onceFree(() => {
			if (this.doc) this.#cut(this.doc, this.done);
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
			this.replaced = this.doc !== null;
		});
	}

	/** The groove without the bars that are missing, as it is kept for a reload. */
	kept(doc) {
		return this.lacks(doc) ? firstBars(doc, this.done) : doc;
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
