// State that survives a reload: the groove, its history, the position. Kept for this tab alone, so that two tabs do not mix.

class Session {
	static KEPT = "drummer.session"; // in sessionStorage
	static REST = 400; // ms without a change, before it is written

	constructor(grid) {
		this.grid = grid;
		this.written = new WeakMap(); // hits as text; most of a long history has not changed
		// Chromium allows sound after a reload by a script, as Gradio's, but not after one by the user.
		this.mayPlayOn = !window.navigation;
		window.navigation?.addEventListener("navigate", ({ navigationType }) => (this.mayPlayOn = navigationType === "reload"));
		window.addEventListener("pagehide", () => this.write());
	}

	/** Write the state after the last of several quick changes. */
	keep() {
		clearTimeout(this.resting);
		this.resting = setTimeout(() => this.write(), Session.REST);
	}

	/** Write the state; where the storage is full, with less of the history. */
	write() {
		clearTimeout(this.resting);
		if (!this.grid.doc) return;
		const { past, future } = this.grid.history;
		for (let most = Math.max(past.length, future.length, 1); ; most = Math.floor(most / 2)) {
			const text = this.#pack(most ? past.slice(-most) : [], most ? future.slice(-most) : []);
			if (Store.write("sessionStorage", Session.KEPT, text) || most === 0) return;
		}
	}

	/** Store each list of hits once: grooves that differ in their settings alone share it. */
	#pack(past, future) {
		const { requests, shelf, start, zoom, wanted, playBeat, stream } = this.grid;
		const doc = stream.kept(this.grid.doc);
		const places = new Map();
		const placeOf = (hits) => places.get(hits) ?? places.set(hits, places.size).get(hits);
		const pack = (each) => ({ ...each, hits: placeOf(each.hits), ...(each.details && { details: placeOf(each.details) }) });
		const keep = (each) => pack(stream.kept(each));
		const steps = [...requests.timeScaling.steps].map(([made, step]) => [made, { ...step, hits: placeOf(step.hits), before: pack(step.before) }]);
		const kept = { doc: pack(doc), past: past.map(keep), future: future.map(keep), steps, start, zoom, stamps: shelf.stamps, loop: this.grid.loop };
		if (wanted && playBeat !== null && this.mayPlayOn) kept.playing = playBeat;
		return JSON.stringify({ ...kept, hits: [...places.keys()].map((hits) => this.#textOf(hits)) });
	}

	#textOf(hits) {
		if (!this.written.has(hits)) this.written.set(hits, JSON.stringify(hits));
		return this.written.get(hits);
	}

	/** Read the state from before a reload; null where there is none, or a link opens another groove. */
	static recall() {
		if (!window.drummerPage.resumes()) return null;
		try {
			const { hits, ...kept } = Store.read("sessionStorage", Session.KEPT);
			const read = hits.map((text) => JSON.parse(text));
			const unpack = (doc) => upgraded({ ...doc, hits: read[doc.hits], ...("details" in doc && { details: read[doc.details] }) });
			const steps = kept.steps.map(([made, step]) => [made, { ...step, hits: read[step.hits], before: unpack(step.before) }]);
			return { ...kept, doc: unpack(kept.doc), past: kept.past.map(unpack), future: kept.future.map(unpack), steps };
		} catch {
			return null; // nothing there, or something else wrote there
		}
	}
}
