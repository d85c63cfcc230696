// The clipboard of bars or hits. All tabs share it, and it outlives a reload.

class Clipboard {
	static KEPT = "drummer.clip"; // in localStorage
	static NOTHING = "Nothing is selected: drag a box around hits, or drag over bar numbers";

	constructor(grid) {
		this.grid = grid;
		this.clip = Store.read("localStorage", Clipboard.KEPT);
		this.cursor = null; // step of the cursor when it was copied
		window.addEventListener("storage", ({ key, newValue }) => {
			if (key !== Clipboard.KEPT) return;
			this.clip = Store.parse(newValue);
			grid.showState();
		});
	}

	/** Its content in words, such as "2 bars" or "5 hits"; empty where there is nothing. */
	get words() {
		if (!Array.isArray(this.clip?.hits)) return "";
		return this.clip.kind === "bars" ? counted(this.clip.bars, "bar") : counted(this.clip.hits.length, "hit");
	}

	/** Copy the selection. Returns whether there was one. */
	copy() {
		const { grid } = this;
		const chosen = grid.bars ? copyBars(grid.doc, grid.bars) : grid.selection.size ? copyHits(grid.doc, grid.selection) : null;
		if (!chosen) return Boolean(grid.inform(Clipboard.NOTHING));
		this.clip = chosen;
		this.cursor = grid.bars ? null : grid.editor.cursor.step;
		this.after = grid.bars ? null : spanOf(grid.doc, chosenHits(grid.doc, grid.selection)).to;
		Store.write("localStorage", Clipboard.KEPT, JSON.stringify(chosen));
		grid.showState();
		grid.inform(`${this.words} copied`);
		return true;
	}

	/** Copy the selection and take it out: bars stay, empty. */
	cut() {
		const { grid } = this;
		if (!this.copy()) return;
		const { words } = this;
		if (grid.bars) grid.edit(`cut ${words}`, () => emptyBars(grid.doc, grid.bars), { keepBars: true });
		else grid.edit(`cut ${words}`, () => ({ doc: removeCells(grid.doc, grid.selection), cells: new Set() }));
		grid.inform(`${words} cut`);
	}

	/** The step to paste at: that of the cursor or, if it has not moved since the copy, the one right behind what was copied. */
	get #step() {
		const { cursor } = this.grid.editor;
		if (this.grid.bars) return this.grid.bars.first * stepsPerBar(this.grid.doc);
		const isStill = this.cursor === cursor.step && this.after < stepCount(this.grid.doc);
		return isStill ? this.after : cursor.step;
	}

	/** The place in words, for the button. */
	get place() {
		if (this.clip.kind === "bars") return `bar ${(this.grid.bars?.first ?? this.grid.bar) + 1}`;
		return this.grid.view.time(this.#step);
	}

	paste() {
		const { grid, clip, words } = this;
		if (!words) return grid.inform("Nothing copied yet: select hits or bars, then copy them");
		if (clip.kind === "bars") this.#pasteBars(grid.bars?.first ?? grid.bar);
		else this.#pasteHits(clip, this.#step, `paste ${words}`);
	}

	#pasteBars(first) {
		const { grid, clip, words } = this;
		const before = grid.doc.bars;
		const range = { first, last: first + clip.bars };
		if (!grid.edit(`paste ${words}`, () => pasteBars(grid.doc, clip, first, grid.props.editing))) return;
		grid.selectBars(range);
		const more = grid.doc.bars - before;
		grid.inform(`Pasted into ${barsInWords(range)}${more ? `: the groove is ${counted(more, "bar")} longer` : ""}`);
	}

	#pasteHits(clip, at, name) {
		const { grid } = this;
		const pasted = grid.edit(name, () => pasteHits(grid.doc, clip, at, grid.props.editing));
		if (!pasted) return;
		const { step } = grid.editor.cursor;
		this.cursor = step;
		this.after = at + clip.length * (grid.doc.steps_per_beat / clip.steps_per_beat); // the next one goes behind it
		const rest = pasted.left ? `; ${counted(pasted.left, "hit")} had no room behind the last bar` : "";
		grid.view.bringIntoSight(at);
		grid.inform(`${counted(pasted.cells.size, "hit")} at ${grid.view.time(at)}${rest}`);
	}

	/** Repeat the selection right after itself: bars after the bars, hits after their span. */
	duplicate() {
		const { grid } = this;
		if (grid.bars) {
			const { first, last } = grid.bars;
			const words = counted(last - first, "bar");
			if (!grid.edit(`duplicate ${words}`, () => duplicateBars(grid.doc, { first, last }, grid.props.editing))) return;
			grid.selectBars({ first: last, last: 2 * last - first });
			return grid.inform(`${capitalised(barsInWords({ first, last }))} duplicated as ${barsInWords(grid.bars)}`);
		}
		if (!grid.selection.size) return grid.inform(Clipboard.NOTHING);
		const clip = copyHits(grid.doc, grid.selection);
		const { to } = spanOf(grid.doc, chosenHits(grid.doc, grid.selection));
		this.#pasteHits(clip, to, `duplicate ${counted(clip.hits.length, "hit")}`);
	}
}
