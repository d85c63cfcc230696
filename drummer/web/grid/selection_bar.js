// The bar below the grid that appears with a selection.

class SelectionBar {
	static FOR_BARS = ["lock-bars", "remove-bars"];
	static FOR_BOTH = ["copy", "cut", "duplicate", "erase", "shape"];
	static FOR_HITS = ["nudge-back", "nudge-on", "flam", "drum-roll", "swap", "ramp"];

	constructor(grid) {
		this.grid = grid;
		const { clipboard, commands, editor, parts } = grid;
		const actions = {
			all: () => commands.selectAll(),
			"pick-bar": () => grid.selectBars({ first: grid.bar, last: grid.bar + 1 }),
			copy: () => clipboard.copy(),
			cut: () => clipboard.cut(),
			paste: () => clipboard.paste(),
			duplicate: () => clipboard.duplicate(),
			erase: () => commands.erase(),
			"nudge-back": () => editor.shift(-grid.snap, 0),
			"nudge-on": () => editor.shift(grid.snap, 0),
			"lock-bars": () => commands.lockBars(),
			"remove-bars": () => commands.removeBars(),
			shape: () => this.#unfold(),
			quantise: () => commands.quantise(),
			ramp: () => commands.ramp(),
			flam: () => commands.flam(),
			"drum-roll": () => commands.roll(),
			swap: () => commands.swap(),
		};
		for (const [name, act] of Object.entries(actions)) parts[name].addEventListener("click", act);
		parts.strength.addEventListener("input", () => this.#showStrength());
		this.#showStrength();
	}

	#unfold() {
		const { shape, shaping } = this.grid.parts;
		shaping.hidden = !shaping.hidden;
		shape.ariaExpanded = String(!shaping.hidden);
	}

	#showStrength() {
		const { strength, quantise } = this.grid.parts;
		quantise.textContent = `Quantise ${strength.value}%`;
		strength.style.setProperty("--fill", `${strength.value}%`);
	}

	show() {
		const { grid } = this;
		const { parts, bars, selection, doc, editor, clipboard } = grid;
		const isChosen = Boolean(bars) || selection.size > 0;
		parts.selected.hidden = !doc || !(isChosen || editor.tool === "select");
		parts.paste.hidden = !doc || !clipboard.words;
		if (!parts.paste.hidden) {
			parts.paste.title = `Paste ${clipboard.words} at ${clipboard.place} (Ctrl+V)`;
			parts.paste.ariaLabel = `Paste ${clipboard.words}`;
		}
		if (parts.selected.hidden) return;
		parts["selected-words"].textContent = bars ? capitalised(barsInWords(bars)) : isChosen ? counted(selection.size, "hit") : "Nothing selected";
		for (const name of SelectionBar.FOR_BOTH) parts[name].hidden = !isChosen;
		for (const name of SelectionBar.FOR_BARS) parts[name].hidden = !bars;
		for (const name of ["nudge-back", "nudge-on"]) parts[name].hidden = !isChosen;
		for (const name of SelectionBar.FOR_HITS) parts[name].disabled = !selection.size;
		for (const name of ["all", "pick-bar"]) parts[name].hidden = isChosen;
		parts.shaping.hidden = !isChosen || parts.shape.ariaExpanded !== "true";
		parts["pick-bar"].textContent = `Bar ${grid.bar + 1}`;
		parts.erase.textContent = bars ? "Empty" : "Delete";
		if (!bars) return;
		const locked = lockedBars(doc);
		parts["lock-bars"].ariaPressed = String(barNumbers(bars).every((bar) => locked.includes(bar)));
	}
}
