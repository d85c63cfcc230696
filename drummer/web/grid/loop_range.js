// The loop range: the part of the groove that playing repeats.

class LoopRange {
	constructor(grid) {
		this.grid = grid;
		this.range = null; // {from, to} in beats, or null: the whole groove
	}

	/** Where playing begins: at a beat, or at the beginning of the loop where the beat is outside it. */
	clamp(beat) {
		const { range } = this;
		return range && (beat < range.from || beat >= range.to) ? range.from : beat;
	}

	/** Explain why playing does not begin at a beat outside the loop. */
	explain(beat) {
		if (this.clamp(beat) !== beat) this.grid.inform(`The loop is on and plays ${this.#words()}. Press L or Loop to play everything`);
	}

	/** Loop the selection, or else the chosen bar; where a loop is on, end it. */
	toggle() {
		if (this.range) return this.set(null, "Loop off: everything plays");
		this.set(this.#chosen());
	}

	/** Let a loop that is on follow the selected bars. */
	follow() {
		if (this.range && this.grid.bars) this.set(this.#chosen());
	}

	set(range, words = null) {
		const { grid } = this;
		this.range = range;
		if (range && (grid.start < range.from || grid.start >= range.to)) grid.start = range.from;
		grid.player?.setLoop(range);
		grid.showState();
		grid.redraw();
		grid.session.keep();
		grid.inform(words ?? `Loop: ${this.#words()}`);
	}

	/** Give up a loop that another groove has no room for. */
	settle() {
		if (!this.range || this.range.to <= beatCount(this.grid.doc) + 1e-9) return;
		this.range = null;
		this.grid.player?.setLoop(null);
		this.grid.inform("Loop off: this groove is shorter");
	}

	#chosen() {
		const { grid } = this;
		const { quarters } = meterOf(grid.doc);
		const { first, last } = grid.bars ?? { first: grid.bar, last: grid.bar + 1 };
		if (grid.bars || !grid.selection.size) return { from: first * quarters, to: last * quarters };
		const { from, to } = spanOf(grid.doc, chosenHits(grid.doc, grid.selection));
		return { from: from / grid.doc.steps_per_beat, to: to / grid.doc.steps_per_beat };
	}

	/** The looped part in words. */
	#words() {
		const { quarters, pulse } = meterOf(this.grid.doc);
		const { from, to } = this.range;
		const [first, last] = [from / quarters, to / quarters];
		if (Number.isInteger(first) && Number.isInteger(last)) return barsInWords({ first, last });
		const place = (beat) => `${Math.floor(beat / quarters) + 1}.${Math.floor((beat % quarters) / pulse) + 1}`;
		return `${place(from)} to before ${place(to)}`;
	}
}
