// The tempo of a row of taps.

class TapTempo {
	static TAPS = 5; // number of taps that the tempo is measured from
	static PAUSE = 2000; // ms without a tap, after which counting starts again

	#times = [];

	/** Note a tap at a time in ms; a beat has so many quarter notes. Returns the tempo in BPM, or null for the first tap of a row. */
	tap(time, quarters = 1) {
		if (time - this.#times.at(-1) > TapTempo.PAUSE) this.#times = [];
		this.#times = [...this.#times, time].slice(-TapTempo.TAPS);
		const beats = this.#times.length - 1;
		return beats ? Math.round((60000 * beats * quarters) / (time - this.#times[0])) : null;
	}
}
