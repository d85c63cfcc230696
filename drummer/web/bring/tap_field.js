// The field in which a rhythm is tapped: a bar or more of clicks, then some bars that are recorded.

class TapField {
	static COUNT_IN = 1.5; // seconds at least, in whole bars
	static AHEAD = 150; // ms from the button to the first click
	static PATIENCE = 1000; // ms until it begins without sound, where the browser does not start it
	static USUAL = 0.7; // strength of a key; of a key with Shift it is 1
	static SOFTEST = 0.35; // strength at the lower edge of the field; at the upper edge it is 1

	/** `record` gets the taps and what they were recorded to: {beats, bars, bpm, meter}. */
	constructor(root, record) {
		Object.assign(this, { root, record });
		[this.button, this.field, this.line, this.head] = [".start", ".field", ".field output", ".field .head"].map((each) => root.querySelector(each));
		this.bars = root.querySelector("[data-set=tapped]");
		this.run = null; // what is recorded now: {context, began, beats, bars, bpm, meter, taps}; `began` is its first bar line, in ms
		this.button.addEventListener("click", () => (this.run ? this.cancel() : this.start()));
		this.field.addEventListener("pointerdown", (event) => this.#press(event));
		this.field.addEventListener("keydown", (event) => this.#key(event));
	}

	async start() {
		const { bpm, meter: text } = drummerPage.stop() ?? { bpm: 120, meter: FOUR_FOUR }; // without a groove, as MIDI files without one
		const [meter, bars, context] = [Meter.parse(text), Number(this.bars.value), new AudioContext({ latencyHint: "interactive" })];
		const run = (this.run = { context, bpm, meter, bars, beats: bars * meter.quarters, taps: [] });
		this.field.hidden = false;
		this.field.focus();
		this.field.querySelector(".marks").replaceChildren(...this.#barLines(run));
		this.button.textContent = "Stop";
		this.bars.disabled = true;
		this.#say("Listen");
		await Promise.race([context.resume(), new Promise((done) => setTimeout(done, TapField.PATIENCE))]);
		if (run !== this.run) return;
		const beat = 60000 / bpm;
		const countIn = Math.ceil(TapField.COUNT_IN / ((meter.quarters * beat) / 1000)) * meter.quarters;
		const [now, audible] = [performance.now() + TapField.AHEAD, context.currentTime + TapField.AHEAD / 1000];
		for (let at = 0; at < countIn + run.beats; at += meter.pulse) {
			Ticks.sound(context, context.destination, audible + (at * beat) / 1000, Ticks.METRONOME[meter.accent(at)]);
		}
		run.began = now + countIn * beat;
		this.timer = setTimeout(() => this.#finish(), run.began + (run.beats + LEAD_IN_BEATS) * beat - performance.now());
		this.#draw();
	}

	/** End without a rhythm. */
	cancel() {
		if (!this.run) return;
		this.#end();
		this.field.hidden = true;
	}

	#end() {
		const { run } = this;
		clearTimeout(this.timer);
		cancelAnimationFrame(this.frame);
		run.context.close();
		this.run = null;
		this.button.textContent = "Tap a rhythm";
		this.bars.disabled = false;
		this.head.hidden = true;
		return run;
	}

	#finish() {
		const run = this.#end();
		const taps = Taps.within(run.taps, run.beats);
		this.#say(taps.length ? "Recorded" : "No tap was heard: wait for the count-in, then tap here");
		if (taps.length) this.record(taps, run);
	}

	#press(event) {
		if (event.button) return;
		event.preventDefault();
		this.field.focus({ preventScroll: true });
		const { bottom, height } = this.field.getBoundingClientRect();
		const share = Math.min(Math.max((bottom - event.clientY) / height, 0), 1);
		this.tap(event.timeStamp, TapField.SOFTEST + (1 - TapField.SOFTEST) * share);
	}

	#key(event) {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		if (event.key === "Escape") return this.cancel();
		const taps = event.key.length === 1 || event.key === "Enter";
		if (!taps) return;
		event.preventDefault();
		event.stopPropagation(); // the space bar plays nothing
		if (!event.repeat) this.tap(event.timeStamp, event.shiftKey ? 1 : TapField.USUAL);
	}

	/** Note a tap at a time of the page's clock, in ms. */
	tap(time, strength) {
		const { run } = this;
		if (run?.began === undefined) return;
		const beat = ((time - run.began) * run.bpm) / 60000;
		if (run.context.state === "running") Ticks.sound(run.context, run.context.destination, run.context.currentTime, Ticks.TAP);
		if (beat < -LEAD_IN_BEATS) return; // of the count-in
		run.taps.push([beat, strength]);
		const mark = document.createElement("i");
		mark.style.cssText = `left: ${this.#percent(beat)}; height: ${100 * strength}%`;
		this.field.querySelector(".marks").append(mark);
	}

	#percent(beat) {
		return `${(100 * Math.min(Math.max(beat / this.run.beats, 0), 1)).toFixed(3)}%`;
	}

	#barLines({ meter, beats }) {
		return Array.from({ length: Math.round(beats / meter.pulse) }, (_, pulse) => {
			const line = document.createElement("b");
			line.style.left = this.#percent(pulse * meter.pulse);
			line.classList.toggle("bar-line", (pulse * meter.pulse) % meter.quarters === 0);
			return line;
		});
	}

	/** Show the place, or how many clicks are left until the first bar line. */
	#draw() {
		const { run } = this;
		const beat = ((performance.now() - run.began) * run.bpm) / 60000;
		this.head.hidden = beat < 0;
		this.head.style.left = this.#percent(beat);
		this.#say(beat < 0 ? `Tap in ${Math.ceil(-beat / run.meter.pulse)}` : "Tap here, or any key");
		this.frame = requestAnimationFrame(() => this.#draw());
	}

	#say(words) {
		if (this.line.textContent !== words) this.line.textContent = words;
	}
}
