// The base class of the grid: its elements, its messages, and shortcuts to its parts.

class GridFrame {
	constructor(root) {
		this.root = root;
		this.#findParts();
	}

	#findParts() {
		const find = (selector) => this.root.querySelector(selector);
		this.parts = {};
		for (const name of ["roll", "overview", "lanes", "scroller", "spacer", "progress", "spoken", "readout", "clock", "tempo", "zoom", "most", "takes", "selected", "selected-words", "shaping", "naming", "legend"]) {
			this.parts[name] = find(`.${name}`);
		}
		for (const button of this.root.querySelectorAll("[data-do]")) this.parts[button.dataset.do] = button;
		for (const input of this.root.querySelectorAll("[data-set]")) this.parts[input.dataset.set] = input;
	}

	/** Show the values of a hit. */
	report(hit) {
		this.parts.readout.textContent = hit ? this.view.describe(hit) : "";
	}

	/** Show a message, and announce it to screen readers. */
	inform(words) {
		this.say(words);
		this.parts.readout.textContent = this.message = words;
	}

	/** Announce a message to screen readers. It takes the place of the one before, which may be shown too. */
	say(words) {
		const { readout, spoken } = this.parts;
		if (readout.textContent === this.message) readout.textContent = "";
		this.message = null;
		spoken.textContent = words;
	}

	/** The bar that buttons act on, from 0: the chosen one, on a narrow screen the one that is played or in sight. */
	get bar() {
		if (!this.doc) return 0;
		return Math.min(this.view.followed ?? Math.floor(this.start / meterOf(this.doc).quarters), this.doc.bars - 1);
	}

	/** The part of the groove that playing repeats, {from, to} in beats, or null. */
	get loop() {
		return this.loopRange.range;
	}

	get player() {
		return this.transport.player;
	}

	get mixer() {
		return this.transport.mixer;
	}

	get context() {
		return this.transport.context;
	}

	/** Whether the user wants to hear the groove. */
	get wanted() {
		return this.transport.wanted;
	}

	/** The beat that is heard now, or null. */
	get playBeat() {
		return this.transport.playBeat;
	}

	get geometry() {
		return this.view.geometry;
	}

	get painter() {
		return this.view.painter;
	}

	get zoom() {
		return this.view.zoom;
	}
}
