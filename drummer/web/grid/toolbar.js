// The buttons of the grid, and the keys that work anywhere on the page.

class Toolbar {
	static NEED_GROOVE = ["loop", "reroll", "reroll-bar", "fill-bar", "continue", "half-time", "double-time", "variations"];

	constructor(grid) {
		this.grid = grid;
		const actions = {
			play: () => grid.toggle(),
			tap: () => grid.tapTempo(),
			metronome: () => grid.preferences.toggle("metronome"),
			"count-in": () => grid.preferences.toggle("count-in"),
			draw: () => this.#useTool("draw"),
			select: () => this.#useTool("select"),
			"zoom-in": () => grid.view.setZoom(-1),
			"zoom-out": () => grid.view.setZoom(1),
			loop: () => grid.loopRange.toggle(),
			reroll: () => grid.commands.playAnew(),
			"reroll-bar": () => grid.commands.playBarAnew("reroll_bar"),
			"fill-bar": () => grid.commands.playBarAnew("fill_bar"),
			continue: () => grid.requests.ask("continue_groove"),
			"half-time": () => grid.requests.ask("half_time"),
			"double-time": () => grid.requests.ask("double_time"),
			variations: () => grid.requests.ask("variations"),
			undo: () => this.#step("undo", "redo"),
			redo: () => this.#step("redo", "undo"),
			mixer: () => grid.preferences.toggle("mixer"),
		};
		for (const [name, act] of Object.entries(actions)) grid.parts[name].addEventListener("click", act);
		grid.parts.snap.addEventListener("change", () => {
			grid.snap = Number(grid.parts.snap.value);
			grid.editor.settle();
			grid.redraw();
		});
		document.addEventListener("keydown", (event) => this.#key(event));
	}

	/** Undo or redo. After the last step the button is disabled, and its neighbour has the focus in its place. */
	#step(name, other) {
		const { grid } = this;
		grid[name]();
		if (grid.parts[name].disabled) grid.parts[other].focus();
	}

	/** Show the state of the grid on its buttons. */
	show() {
		const { root, parts, doc, blank, wanted, transport, history, lanes, mixPanel, bar, loop, requests, stream } = this.grid;
		root.classList.toggle("playing", wanted);
		const isGenerating = requests?.generating ?? false;
		root.ariaBusy = String(isGenerating);
		parts.progress.classList.toggle("running", isGenerating);
		document.documentElement.classList.toggle("generating", isGenerating); // for the button, see styles/widgets.css
		parts.play.ariaLabel = wanted ? "Stop" : "Play";
		parts.play.disabled = !doc || !transport.hasSound;
		parts.undo.disabled = history.past.length === 0;
		parts.redo.disabled = history.future.length === 0;
		for (const name of Toolbar.NEED_GROOVE) parts[name].disabled = !doc || stream.lacks(doc);
		this.#showHistory();
		parts.loop.ariaPressed = String(loop !== null);
		if (doc) this.showBar(bar);
		parts.tempo.textContent = meterOf(doc ?? blank).tempo((doc ?? blank).bpm);
		lanes.show(doc);
		mixPanel.show(doc);
	}

	/** Name the bar that buttons act on. */
	showBar(bar) {
		const { parts } = this.grid;
		parts["reroll-bar"].lastElementChild.textContent = `Re-roll bar ${bar + 1}`;
		parts["fill-bar"].textContent = `Fill in bar ${bar + 1}`;
	}

	/** Undo and redo name what they would undo and redo. */
	#showHistory() {
		const { parts, doc, history } = this.grid;
		const steps = { undo: history.past.length && (doc?.did ?? "edit"), redo: history.future.length && (history.future.at(-1).did ?? "edit") };
		for (const [name, did] of Object.entries(steps)) {
			const label = did ? `${capitalised(name)}: ${did}` : capitalised(name);
			parts[name].ariaLabel = label;
			parts[name].title = `${label} (${name === "undo" ? "Ctrl+Z" : "Ctrl+Shift+Z"})`;
		}
	}

	#useTool(tool) {
		const { editor, parts } = this.grid;
		editor.tool = tool;
		for (const name of ["draw", "select"]) parts[name].ariaPressed = String(name === tool);
		parts.roll.style.touchAction = tool === "select" ? "none" : "";
		this.grid.showState();
	}

	/** Keys that work anywhere on the page, except in text fields and where the focused element uses them itself. */
	#key(event) {
		const { grid } = this;
		const { target } = event;
		if (!grid.root.isConnected || target.closest?.("input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable]")) return;
		const command = event.ctrlKey || event.metaKey;
		const key = event.key.toLowerCase();
		if (command && key === "z") event.shiftKey ? grid.redo() : grid.undo();
		else if (command && key === "y") grid.redo();
		else if (event.key === " " && !command && !target.closest?.("button, summary, a, [role=button], [type=checkbox]")) grid.toggle();
		else return;
		event.preventDefault();
	}
}
