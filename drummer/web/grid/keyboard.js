// The keys of the grid: on the canvas, and those of the clipboard on its buttons too.

class Keyboard {
	constructor(grid, canvas) {
		this.grid = grid;
		canvas.addEventListener("keydown", (event) => this.#key(event, true));
		grid.root.addEventListener("keydown", (event) => this.#key(event, false));
	}

	#key(event, onCanvas) {
		if (!this.grid.doc || event.target.closest("input, select, textarea")) return;
		const command = event.ctrlKey || event.metaKey;
		const action = command ? this.#commandFor(event, onCanvas) : onCanvas && this.#keyFor(event);
		if (!action) return;
		event.preventDefault();
		event.stopPropagation();
		action();
	}

	#commandFor(event, onCanvas) {
		const { snap, editor, clipboard, commands } = this.grid;
		const anywhere = {
			c: () => clipboard.copy(),
			x: () => clipboard.cut(),
			v: () => clipboard.paste(),
			d: () => clipboard.duplicate(),
		};
		const onGrid = {
			a: () => commands.selectAll(),
			ArrowLeft: () => editor.shift(-snap, 0),
			ArrowRight: () => editor.shift(snap, 0),
			ArrowUp: () => editor.shift(0, 1),
			ArrowDown: () => editor.shift(0, -1),
		};
		if (event.shiftKey || event.altKey) return null;
		return { ...anywhere, ...(onCanvas && onGrid) }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
	}

	#keyFor(event) {
		const { snap, doc, editor, commands } = this.grid;
		const perBar = stepsPerBar(doc);
		const go = (steps, voices) => () => editor.step(steps, voices, event.shiftKey);
		const turn = (bars) => (event.shiftKey ? () => this.#extendBars(bars) : go(bars * perBar, 0));
		return {
			ArrowLeft: event.altKey ? () => editor.shape(0, -0.05) : go(-snap, 0),
			ArrowRight: event.altKey ? () => editor.shape(0, 0.05) : go(snap, 0),
			ArrowUp: event.altKey ? () => editor.shape(4 / 127, 0) : go(0, 1),
			ArrowDown: event.altKey ? () => editor.shape(-4 / 127, 0) : go(0, -1),
			PageUp: turn(-1),
			PageDown: turn(1),
			Home: go(-stepCount(doc), 0),
			End: go(stepCount(doc), 0),
			Enter: () => editor.toggle(),
			Delete: () => this.#erase(),
			Backspace: () => this.#erase(),
			"+": () => editor.shape(4 / 127, 0),
			"=": () => editor.shape(4 / 127, 0),
			"-": () => editor.shape(-4 / 127, 0),
			",": () => editor.shape(0, -0.05),
			".": () => editor.shape(0, 0.05),
			Escape: () => editor.escape(),
			b: () => this.#extendBars(0),
			l: () => this.grid.loopRange.toggle(),
			q: () => commands.quantise(),
			x: () => this.grid.takesBar.compare(),
			m: () => this.grid.toggleLane("muted", editor.cursor.voice),
			s: () => this.grid.toggleLane("soloed", editor.cursor.voice),
		}[event.key];
	}

	#erase() {
		const { bars, editor, commands } = this.grid;
		if (bars) commands.erase();
		else editor.remove(editor.chosen());
	}

	/** Extend the selected bars, or else the cursor's bar, by some bars to one side; 0 selects the cursor's bar alone. */
	#extendBars(by) {
		const { grid } = this;
		const { bars, doc, editor } = grid;
		const bar = Math.floor(editor.cursor.step / stepsPerBar(doc));
		const { first, last } = by && bars ? bars : { first: bar, last: bar + 1 };
		if (by > 0) grid.selectBars({ first, last: Math.min(last + by, doc.bars) });
		else grid.selectBars({ first: Math.max(first + by, 0), last });
	}
}
