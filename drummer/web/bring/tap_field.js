// The field in which a rhythm is tapped: a bar or more of clicks, then some bars that are recorded.

class TapField {
	static COUNT_IN = 1.5; // seconds at least, in whole bars
	static AHEAD = 150; // ms from the button to the first click
	static PATIENCE = 1000; // ms until it begins without sound, where the browser does not start it
	static HOW = "Tap here, or press letter keys, Enter or the space bar. Higher up, or with Shift, is louder.";
	static USUAL = 0.7; // strength of a key; of a key with Shift it is 1
	static SOFTEST = 0.35; // strength at the lower edge of the field; at the upper edge it is 1

	/** `record` gets the run of a rhythm that was tapped. `say` tells the musician something. */
	constructor(root, record, say) {
		Object.assign(this, { record, say });
		const parts = [".start", ".stage", ".field", ".marks", ".head", ".count"];
		[this.button, this.stage, this.field, this.marks, this.head, this.count] = parts.map((each) => root.querySelector(each));
		this.bars = root.querySelector("[data-set=tapped]");
		this.run = null; // what is recorded now: {context, groove, meter, bars, beats, began, taps, keys}; `began` is its first bar line, in ms
		this.held = null; // the run of the rhythm that the panel holds
		this.button.addEventListener("click", () => (this.run ? this.cancel() : this.start()));
		this.field.addEventListener("pointerdown", (event) => this.#press(event));
	}

	async start() {
		const grid = window.drummerPage.grid();
		const groove = grid.doc ?? { bpm: 120, meter: FOUR_FOUR }; // without one, as MIDI files without tempo and meter
		const [meter, bars] = [meterOf(groove), Number(this.bars.value)];
		const playable = Object.values(window.drummerConfig.playable).flat();
		if (!playable.includes(meter.signature)) return this.say(`The drummer does not play in ${meter.signature}: first choose a groove in another meter`);
		const context = new AudioContext({ latencyHint: "interactive" });
		grid.requests.consumeAutoplay(); // nothing that is on its way begins to play
		grid.stop();
		const run = (this.run = { context, groove, meter, bars, beats: bars * meter.quarters, taps: [], keys: new AbortController() });
		// Ahead of the page's own keys, wherever the focus is.
		document.addEventListener("keydown", (event) => this.#key(event), { capture: true, signal: run.keys.signal });
		this.#show(run);
		this.field.focus();
		this.button.textContent = "Stop";
		this.bars.disabled = true;
		this.say("");
		const patience = new Promise((done) => setTimeout(done, TapField.PATIENCE));
		await Promise.race([context.resume().catch(() => {}), patience]); // it fails where the run ends meanwhile
		if (run === this.run) this.#begin(run);
	}

	#begin(run) {
		const { context, groove, meter, beats } = run;
		const beat = 60000 / groove.bpm;
		const countIn = Math.ceil(TapField.COUNT_IN / ((meter.quarters * beat) / 1000)) * meter.quarters;
		run.began = performance.now() + TapField.AHEAD + countIn * beat;
		const audible = context.currentTime + TapField.AHEAD / 1000;
		if (context.state !== "running") this.say("The browser plays no sound now: tap to the line");
		for (let at = 0; at < countIn + beats && context.state === "running"; at += meter.pulse) {
			Ticks.sound(context, context.destination, audible + (at * beat) / 1000, Ticks.METRONOME[meter.accent(at)]);
		}
		const end = run.began + (beats + Taps.MARGIN) * beat + 1000 * Ticks.latency(context);
		this.timer = setTimeout(() => this.#finish(), end - performance.now());
		this.#draw();
	}

	/** End without a rhythm; the one from before stays. */
	cancel() {
		if (!this.run) return;
		this.#end();
		this.#show(this.held);
	}

	/** The panel holds this run's rhythm, or null: none that was tapped. */
	hold(run) {
		this.held = run;
		if (!this.run) this.#show(run);
	}

	#end() {
		const { run } = this;
		clearTimeout(this.timer);
		cancelAnimationFrame(this.frame);
		run.context.close();
		run.keys.abort();
		this.run = null;
		this.button.textContent = "Tap a rhythm";
		this.bars.disabled = false;
		this.head.hidden = true;
		this.count.textContent = "";
		return run;
	}

	#finish() {
		const run = this.#end();
		const taps = (run.taps = Taps.within(run.taps, run.bars, run.meter));
		if (taps.length) return this.record(run);
		this.#show(this.held);
		this.say("No tap was heard: press Tap a rhythm again, and tap once the count-in is over");
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
		const { key, target } = event;
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		if (key === "Escape") return this.cancel();
		if (key.length > 1 && key !== "Enter") return;
		const types = target.closest?.("input:not([type=range]):not([type=checkbox]), select, textarea, [contenteditable]");
		const presses = " Enter".includes(key) && target !== this.field && target.closest?.("button, summary, a, input, [role=button]");
		if (types || presses) return;
		event.preventDefault();
		event.stopPropagation();
		if (!event.repeat) this.tap(event.timeStamp, event.shiftKey ? 1 : TapField.USUAL);
	}

	/** The beat that is heard at a time of the page's clock, in ms: it left the clock of the sound some time before. */
	#beatAt(time) {
		const { context, groove, began } = this.run;
		return ((time - began) / 1000 - Ticks.latency(context)) * (groove.bpm / 60);
	}

	/** Note a tap at a time of the page's clock, in ms. */
	tap(time, strength) {
		const { run } = this;
		if (run?.began === undefined) return;
		const { context } = run;
		const beat = this.#beatAt(time);
		if (context.state === "running") Ticks.sound(context, context.destination, context.currentTime, Ticks.TAP);
		if (beat < -Taps.MARGIN || beat >= run.beats + Taps.MARGIN) return; // of the count-in, or too late
		run.taps.push([beat, strength]);
		this.marks.append(this.#mark(run, [beat, strength]));
	}

	/** Show a run's bar lines, beats and taps; null hides the field. */
	#show(run) {
		if (!run && document.activeElement === this.field) this.button.focus({ preventScroll: true });
		this.stage.hidden = !run;
		if (!run) return;
		const { meter, beats, taps } = run;
		const recording = run === this.run;
		this.stage.classList.toggle("recording", recording);
		this.field.ariaLabel = recording ? TapField.HOW : counted(taps.length, "tap");
		const lines = Array.from({ length: Math.round(beats / meter.pulse) }, (_, pulse) => {
			const line = document.createElement("b");
			line.style.left = TapField.percent(pulse * meter.pulse, beats);
			line.classList.toggle("bar-line", meter.accent(pulse * meter.pulse) === 2);
			return line;
		});
		this.marks.replaceChildren(...lines, ...taps.map((tap) => this.#mark(run, tap)));
	}

	#mark({ beats }, [beat, strength]) {
		const mark = document.createElement("i");
		Object.assign(mark.style, { left: TapField.percent(beat, beats), height: `${100 * strength}%` });
		return mark;
	}

	static percent(beat, beats) {
		return `${(100 * Math.min(Math.max(beat / beats, 0), 1)).toFixed(3)}%`;
	}

	/** Show the place, or how many clicks are left of the count-in. A panel that is folded and a groove that plays end it. */
	#draw() {
		const { run } = this;
		if (!this.field.offsetParent || window.drummerPage.grid().transport.wanted) return this.cancel();
		const beat = this.#beatAt(performance.now());
		this.head.hidden = beat < 0;
		this.head.style.left = TapField.percent(beat, run.beats);
		this.count.textContent = beat < 0 ? `Count-in: ${Math.ceil(-beat / run.meter.pulse)}. Then tap here, or any key` : "";
		this.frame = requestAnimationFrame(() => this.#draw());
	}
}
