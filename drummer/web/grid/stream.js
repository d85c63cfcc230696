// A groove that is still being generated: its bars are drawn and played as they come.

class Stream {
	constructor(grid) {
		this.grid = grid;
		this.doc = null; // the groove as it is generated, without edits; null where none is on its way
		this.done = 0; // number of its bars that are there
		this.over = new Set(); // `made` of those that have ended: values of them may come late
		this.replaced = null; // `made` of one that another groove takes the place of
		this.stopped = false; // whether the user has stopped what is on its way
		this.waiting = []; // what is done once no hit is dragged
	}

	/** Whether a groove lacks bars that are on their way. */
	lacks(doc) {
		return this.doc !== null && doc?.made === this.doc.made;
	}

	/** Whether a groove has the bar of a beat and the next one, so that it can be heard from there. */
	covers(doc, beat) {
		if (!this.lacks(doc)) return true;
		const bar = Math.floor(Math.max(0, beat % beatCount(doc)) / meterOf(doc).quarters);
		return Math.min(bar + 2, doc.bars) <= this.done || (bar === 0 && this.done > 0);
	}

	/** Take a value of the server's, see drummer/web/grid/value.py. */
	receive(value) {
		this.grid.ignoreAnswer();
		this.#onceFree(() => this.#take(value));
	}

	#take({ streamed, ...value }) {
		if (this.over.has(value.made) || this.grid.requests.again) return;
		const hits = JSON.parse(streamed < value.bars ? `${value.hits}]` : value.hits);
		const doc = fromValue({ ...value, hits }, this.grid.voices);
		const isNew = doc.made !== this.doc?.made;
		if (isNew) this.#begin(doc);
		else this.#grow(doc.hits.filter((hit) => hit[STEP] >= this.done * stepsPerBar(doc)));
		this.done = streamed;
		if (isNew) this.grid.begin(doc, this.replaced);
		else this.grid.grow();
		if (streamed === doc.bars) this.#finish();
		if (streamed === doc.bars) this.stopped = false; // it was too late
	}

	#begin(doc) {
		if (this.doc) this.over.add(this.doc.made);
		this.doc = doc;
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

	#finish() {
		const { doc } = this;
		this.doc = this.replaced = null;
		this.over.add(doc.made);
		this.grid.finish(doc);
	}

	/** The request for a groove has ended: where bars are missing, those that are there stay. */
	settle(wanted) {
		this.#onceFree(() => {
			if (this.doc) this.#cut(wanted);
			else if (this.stopped && wanted) this.grid.inform("Stopped before the first bar was there");
			this.stopped = false;
		});
	}

	#cut(wanted) {
		const { doc, done, grid } = this;
		if (!wanted) {
			this.over.add(doc.made);
			this.doc = null;
			return;
		}
		this.#change((each) => (each.made === doc.made ? firstBars(each, done) : each));
		this.doc = firstBars(doc, done);
		this.#finish();
		grid.inform(`Stopped after ${done} of ${doc.bars} bars: ${done === 1 ? "this one stays" : "these stay"}`);
	}

	/** Let the server stop after the bar that it is at; the request then ends. */
	cancel() {
		this.stopped = true;
		this.grid.trigger("cancel_stream");
	}

	/** Let another groove take the place of the one that is on its way. */
	replace() {
		if (this.doc) this.replaced = this.doc.made;
		this.cancel();
	}

	/** The groove without the bars that are missing: what outlasts a reload. */
	kept(doc) {
		return this.lacks(doc) ? firstBars(doc, this.done) : doc;
	}

	/** Do something once no hit is dragged, which a change of the groove would take out of the user's hand. */
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
