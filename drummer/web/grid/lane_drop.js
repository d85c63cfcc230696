// Files that are dropped on the grid: a lane plays the sound file that is dropped on it.

class LaneDrop {
	constructor(grid) {
		this.grid = grid;
		for (const kind of ["dragenter", "dragover"]) grid.root.addEventListener(kind, (event) => this.#drag(event));
		grid.root.addEventListener("dragleave", (event) => grid.root.contains(event.relatedTarget) || this.#mark(null));
		// Outside the fields for files the browser would leave the page and open the file.
		document.addEventListener("dragover", (event) => LaneDrop.#isFile(event) && event.preventDefault());
		document.addEventListener("drop", (event) => this.#drop(event));
	}

	static #isFile({ dataTransfer }) {
		return Boolean(dataTransfer?.types.includes("Files"));
	}

	#drag(event) {
		if (!LaneDrop.#isFile(event)) return;
		event.preventDefault(); // or the browser would leave the page and open the file
		const voice = this.#voiceAt(event);
		event.dataTransfer.dropEffect = "copy";
		this.#mark(voice);
	}

	#drop(event) {
		this.#mark(null);
		const files = [...(event.dataTransfer?.files ?? [])];
		if (event.defaultPrevented || !files.length) return;
		event.preventDefault();
		const voice = this.#voiceAt(event);
		if (files.length > 1) window.drummerPage.complain("Drop one file at a time: a lane plays one sample");
		else this.grid.samples.give(voice, files[0]);
	}

	/** The voice of the lane, or of the strip of the mix, under the pointer; null elsewhere. */
	#voiceAt({ target, clientY }) {
		const { parts, lanes, mixPanel, geometry } = this.grid;
		if (target === parts.roll) return geometry.voice(clientY - parts.roll.getBoundingClientRect().top);
		const index = (rows) => rows.findIndex(({ row }) => row.contains(target));
		const voice = Math.max(index(lanes.parts), index(mixPanel.strips));
		return voice < 0 ? null : voice;
	}

	#mark(voice) {
		for (const [index, { row }] of this.grid.lanes.parts.entries()) row.classList.toggle("over", index === voice);
	}
}
