// The sample of a lane in its strip of the mix: a button with its file's name, which chooses a file, and one that removes it.

class SampleSlot {
	constructor(grid, voice) {
		this.samples = grid.samples;
		this.label = grid.voices[voice].label;
		this.choose = SampleSlot.#button("choose", () => this.samples.ask(voice));
		this.note = Object.assign(document.createElement("span"), { className: "missing" });
		this.remove = SampleSlot.#button("remove", () => {
			this.samples.remove(voice);
			this.choose.focus(); // the button is hidden now
		});
		this.remove.textContent = "Remove";
		this.remove.title = this.remove.ariaLabel = `Remove the sample of ${this.label}`;
	}

	static #button(className, act) {
		const button = Object.assign(document.createElement("button"), { type: "button", className });
		button.addEventListener("click", act);
		return button;
	}

	get elements() {
		return [this.choose, this.note, this.remove];
	}

	/** Show the sample of a strip, {digest, name}, or null. Returns whether it plays the lane. */
	show(sample) {
		const isMissing = this.samples.lacks(sample);
		const plays = Boolean(sample) && !isMissing;
		this.choose.textContent = plays ? sample.name : "Sample\u2026";
		this.choose.title = plays ? `${sample.name}: choose another file` : `Choose a sound file that plays ${this.label}, or drop it on the lane`;
		this.choose.ariaLabel = plays ? `Sample of ${this.label}: ${sample.name}` : `Sample of ${this.label}`;
		this.choose.classList.toggle("chosen", plays);
		this.note.textContent = isMissing ? `Missing: ${sample.name}` : ""; // where the name is cut off, the first word says it
		this.note.title = isMissing ? `${sample.name} is not in this browser: the kit plays until the file is chosen again` : "";
		this.note.hidden = !isMissing;
		this.remove.hidden = !sample;
		return plays;
	}
}
