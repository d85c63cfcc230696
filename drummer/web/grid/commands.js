// Edits of the selection by buttons and keys. Each has a name, which undo shows, and reports what it did.

class Commands {
	constructor(grid) {
		this.grid = grid;
	}

	/** The cells of the selection, or of all hits. */
	get #cells() {
		const { grid } = this;
		return grid.selection.size || grid.bars ? grid.selection : new Set(grid.doc.hits.map(cellOf));
	}

	/** Make an edit of the selection, or say that there is none. `make` returns {doc}, and cells where others are selected then. */
	#shape(name, make, words) {
		const { grid } = this;
		const { selection } = grid;
		if (!grid.selection.size) return grid.inform("Select hits first: drag a box around them, or drag over bar numbers");
		const made = grid.edit(name, () => ({ cells: selection, ...make(grid.doc, selection) }), { keepBars: true });
		if (made) grid.inform(words(made));
	}

	selectAll() {
		const { grid } = this;
		if (!grid.doc.hits.length) return grid.inform("There are no hits to select");
		grid.select(new Set(grid.doc.hits.map(cellOf)));
	}

	/** Remove the selected hits; selected bars become empty. */
	erase() {
		const { grid } = this;
		if (!grid.bars) return grid.editor.remove(grid.selection);
		const words = barsInWords(grid.bars);
		grid.edit(`empty ${words}`, () => emptyBars(grid.doc, grid.bars), { keepBars: true });
		grid.inform(`${capitalised(words)}: empty`);
	}

	removeBars() {
		const { grid } = this;
		const words = barsInWords(grid.bars);
		if (!grid.edit(`remove ${words}`, () => removeBars(grid.doc, grid.bars, grid.props.editing))) return;
		grid.select(new Set());
		grid.inform(`${capitalised(words)} removed: the groove has ${counted(grid.doc.bars, "bar")}`);
	}

	quantise() {
		const { grid } = this;
		const strength = Number(grid.parts.strength.value);
		const snap = grid.parts.snap.selectedOptions[0].textContent;
		if (!strength) return grid.inform("At 0% strength nothing moves");
		const { doc, cells, moved, merged: gone } = quantise(grid.doc, this.#cells, grid.snap, strength / 100, grid.props.editing);
		if (!moved) return grid.inform(cells.size ? `These hits are already on the ${snap} grid` : "There are no hits to quantise");
		const isChosen = grid.bars || grid.selection.size;
		grid.edit(`quantise ${counted(moved, "hit")}`, () => ({ doc, cells: isChosen ? cells : new Set() }), { keepBars: true });
		const merged = gone ? `; ${counted(gone, "hit")} replaced by a louder one` : "";
		grid.inform(`${counted(moved, "hit")} moved towards ${snap} by ${strength}%${merged}`);
	}

	ramp() {
		const { parts } = this.grid;
		const [from, to] = ["ramp-from", "ramp-to"].map((name) => Number(parts[name].value));
		const isVelocity = (value) => Number.isInteger(value) && value >= 1 && value <= 127;
		if (![from, to].every(isVelocity)) return this.grid.inform("Enter two velocities between 1 and 127");
		this.#shape("velocity ramp", (doc, cells) => ({ doc: ramp(doc, cells, from, to) }), () => `Velocities from ${from} to ${to}`);
	}

	flam() {
		this.#shape("flam", (doc, cells) => flam(doc, cells, this.grid.props.editing), ({ count }) => `${counted(count, "flam")} added`);
	}

	roll() {
		const { grid } = this;
		const [{ textContent: name, value }] = grid.parts["roll-of"].selectedOptions;
		const make = (doc, cells) => roll(doc, cells, Number(value) * doc.steps_per_beat, grid.props.editing);
		this.#shape("roll", make, ({ count }) => `Roll in ${name}: ${counted(count, "stroke")} added`);
	}

	swap() {
		const make = (doc, cells) => swapHatsAndRide(doc, cells, this.grid.props.editing);
		this.#shape("swap hats and ride", make, () => "Hats and ride have changed places");
	}

	/** Lock the selected bars against re-rolls, or unlock them where all of them are locked. */
	lockBars() {
		const { grid } = this;
		const bars = barNumbers(grid.bars);
		const locked = new Set(lockedBars(grid.doc));
		const locks = !bars.every((bar) => locked.has(bar));
		for (const bar of bars) locks ? locked.add(bar) : locked.delete(bar);
		const settings = { ...grid.doc.settings, locked_bars: [...locked].sort((one, other) => one - other) };
		const words = `${locks ? "lock" : "unlock"} ${barsInWords(grid.bars)}`;
		grid.commit({ ...grid.doc, settings }, null, words);
		grid.inform(`${capitalised(barsInWords(grid.bars))} ${locks ? "locked: Re-roll leaves it alone" : "unlocked"}`);
	}

	/** Generate the chosen bar again, as a fill or not. */
	playBarAnew(action) {
		const { grid } = this;
		if (lockedBars(grid.doc).includes(grid.bar)) return grid.inform(`Bar ${grid.bar + 1} is locked: unlock it first`);
		grid.requests.ask(action);
	}

	playAnew() {
		const { grid } = this;
		if (lockedBars(grid.doc).length === grid.doc.bars) return grid.inform("All bars are locked: unlock those you want to re-roll");
		grid.requests.ask("reroll");
	}
}
