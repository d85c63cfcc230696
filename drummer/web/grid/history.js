// History of a groove's edits. Needs no DOM.

/** Undo and redo. Steps of one gesture, such as the drag of a slider, count as one. */
class History {
	static LIMIT = 200; // steps

	constructor() {
		this.past = [];
		this.future = [];
		this.gesture = null;
		this.undone = []; // what could be redone before the last gesture
	}

	/** Keep the groove from before a change. */
	push(groove, gesture = null) {
		const sameGesture = gesture !== null && gesture === this.gesture;
		this.gesture = gesture;
		if (!sameGesture) {
			this.past.push(groove);
			this.undone = this.future;
		}
		if (this.past.length > History.LIMIT) this.past.shift();
		this.future = [];
	}

	/** End a gesture that has come back to where it began: it is no step. Returns the groove from before it. */
	takeBack() {
		this.gesture = null;
		this.future = this.undone;
		return this.past.pop();
	}

	/** Undo: takes the present groove and returns the one before, or null. */
	undo(groove) {
		return this.#step(this.past, this.future, groove);
	}

	redo(groove) {
		return this.#step(this.future, this.past, groove);
	}

	/** Change all grooves that it holds, without a step: those that are not changed stay the same objects. */
	change(change) {
		this.past = this.past.map(change);
		this.future = this.future.map(change);
	}

	#step(from, to, groove) {
		this.gesture = null;
		if (!from.length) return null;
		to.push(groove);
		return from.pop();
	}
}
