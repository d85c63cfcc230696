// The view of the grid: layout, zoom, scrolling, drawing, and descriptions of hits in words.

/** Greatest common divisor. */
const divisor = (one, other) => (one ? divisor(other % one, one) : other);

class View {
	static LEAST_BAR_WIDTH = 140; // pixels of four beats, for the zoom that a groove is first shown in
	static ZOOMS = [1, 2, 4, 8, 16, 32]; // bars in sight
	static SNAPS = [
		["1/8", 1 / 2],
		["1/8 triplet", 1 / 3],
		["1/16", 1 / 4],
		["1/16 triplet", 1 / 6],
		["1/32", 1 / 8],
		["1/48", 1 / 12],
	]; // in beats; the menu has those that are whole steps of the grid
	static NARROW = window.matchMedia("(max-width: 820px)"); // as in phone.css
	static SCROLL_REST = 3000; // ms after the user has scrolled, in which playing does not

	constructor(grid) {
		this.grid = grid;
		this.zoom = null; // bars in sight, null until the user has chosen
		this.followed = null; // the bar that is played or in sight, from 0; null on a wide screen, where one is chosen
		this.followFrom = 0; // when playing may scroll again
		this.geometry = new Geometry();
		this.painter = new Painter(grid.parts.roll, grid.voices);
		this.overview = new Overview(grid.parts.overview);
		this.#listen();
		this.#foldLegend();
	}

	/** The groove, or the empty bars that stand there before the first one has come. */
	get #doc() {
		return this.grid.doc ?? this.grid.blank;
	}

	#listen() {
		const { scroller, overview, roll } = this.grid.parts;
		scroller.addEventListener("scroll", () => this.redraw());
		for (const kind of ["wheel", "touchmove", "keydown"]) scroller.addEventListener(kind, () => this.#rest(), { passive: true });
		overview.addEventListener("pointerdown", (event) => this.#scrollTo(event));
		overview.addEventListener("pointermove", (event) => event.buttons && this.#scrollTo(event));
		for (const kind of ["focus", "blur"]) roll.addEventListener(kind, () => this.redraw());
		this.observers = [new ResizeObserver(() => this.layOut()), new MutationObserver(() => this.#changeTheme())];
		this.observers[0].observe(scroller);
		this.observers[1].observe(document.body, { attributeFilter: ["class"] });
	}

	/** Open the legend where there is room; on a narrow screen its title opens it. */
	#foldLegend() {
		const { legend } = this.grid.parts;
		const fold = () => (legend.open = !View.NARROW.matches);
		View.NARROW.addEventListener("change", fold);
		fold();
	}

	#rest() {
		this.followFrom = performance.now() + View.SCROLL_REST;
	}

	#changeTheme() {
		this.painter.readTheme();
		this.grid.shelf.list.draw();
		this.redraw();
	}

	#scrollTo(event) {
		const box = this.grid.parts.overview.getBoundingClientRect();
		const steps = ((event.clientX - box.left) / box.width) * stepCount(this.#doc);
		this.grid.parts.scroller.scrollLeft = Geometry.EDGE + steps * this.geometry.stepWidth - this.geometry.width / 2;
		this.#rest();
	}

	// -- layout -----------------------------------------------------------------------------------------------------------

	get barsInSight() {
		const least = (View.LEAST_BAR_WIDTH * meterOf(this.#doc).quarters) / 4;
		const fitting = View.ZOOMS.filter((bars) => this.geometry.width / bars >= least).at(-1) ?? 1;
		return Math.min(this.zoom ?? fitting, this.#doc.bars);
	}

	layOut() {
		const { geometry, grid } = this;
		const { scroller, spacer, overview, lanes, zoom, most } = grid.parts;
		const doc = this.#doc;
		geometry.width = scroller.clientWidth;
		if (!geometry.width) return;
		geometry.laneHeight = lanes.querySelector(".lane:not([hidden])").getBoundingClientRect().height;
		geometry.barWidth = (geometry.width - 2 * Geometry.EDGE) / this.barsInSight;
		geometry.fit(asHeard(doc));
		grid.root.style.setProperty("--ruler", `${geometry.ruler}px`);
		spacer.style.width = `${geometry.contentWidth}px`;
		spacer.style.height = `${geometry.height}px`;
		overview.hidden = this.barsInSight >= doc.bars;
		zoom.textContent = `${this.barsInSight} ${this.barsInSight === 1 ? "bar" : "bars"}`;
		most.textContent = `${Math.round(500 * stepSeconds(doc))} ms`;
		this.redraw();
	}

	setZoom(change) {
		const now = View.ZOOMS.findLastIndex((bars) => bars <= this.barsInSight);
		const middle = this.geometry.steps(this.geometry.width / 2);
		this.zoom = View.ZOOMS[clamp(now + change, 0, View.ZOOMS.length - 1)];
		this.layOut();
		this.grid.parts.scroller.scrollLeft = Geometry.EDGE + middle * this.geometry.stepWidth - this.geometry.width / 2;
	}

	/** Fill the menu of snaps with those that fit the groove's grid. */
	offerSnaps() {
		const { grid } = this;
		const { steps_per_beat: perBeat } = this.#doc;
		if (perBeat === this.snapsFor) return;
		this.snapsFor = perBeat;
		const fitting = View.SNAPS.filter(([, beats]) => Number.isInteger(+(beats * perBeat).toFixed(6)));
		const offered = fitting.length ? fitting : [["beat", 1]];
		const { snap } = grid.parts;
		snap.replaceChildren(...offered.map(([name, beats]) => new Option(name, Math.round(beats * perBeat))));
		const usual = offered.find(([name]) => name === "1/16") ?? offered.at(-1);
		snap.value = grid.snap = Math.round(usual[1] * perBeat);
	}

	// -- drawing ----------------------------------------------------------------------------------------------------------

	redraw() {
		if (this.drawing || !this.geometry.groove || this.grid.player?.playing) return; // while it plays, each frame is drawn
		this.drawing = requestAnimationFrame(() => {
			this.drawing = null;
			this.#draw();
		});
	}

	#draw() {
		const { grid, geometry } = this;
		const { playBeat } = grid;
		const focused = document.activeElement === grid.parts.roll;
		geometry.scroll = grid.parts.scroller.scrollLeft;
		this.#followBar(playBeat);
		this.painter.draw(geometry, {
			selection: grid.selection,
			cursor: focused ? grid.editor.cursor : null,
			snap: grid.snap,
			box: grid.box ?? null,
			playBeat,
			start: grid.start,
			bar: grid.bar,
			bars: grid.bars,
			loop: grid.loop,
		});
		const inSight = [geometry.steps(0), geometry.steps(geometry.width)];
		if (!grid.parts.overview.hidden) this.overview.draw(geometry.groove, this.painter, inSight, playBeat);
		this.#showClock(playBeat ?? grid.start);
	}

	/** Draw every frame while the groove plays. */
	animate() {
		if (!this.grid.player?.playing) return;
		cancelAnimationFrame(this.animating);
		this.animating = requestAnimationFrame(() => {
			this.#follow();
			this.#draw();
			this.animate();
		});
	}

	/** Scroll to the playhead where it leaves the part in sight. */
	#follow() {
		const { doc, editor, parts, playBeat } = this.grid;
		if (editor.drag || performance.now() < this.followFrom || playBeat < 0) return;
		const x = this.geometry.x((playBeat % beatCount(doc)) * doc.steps_per_beat);
		if (x < 0 || x > this.geometry.width) parts.scroller.scrollLeft += x - Geometry.EDGE;
	}

	/** On a narrow screen the buttons that act on a bar follow what is selected, played or in sight; they name it. */
	#followBar(playBeat) {
		const { grid } = this;
		const followed = View.NARROW.matches ? this.#barToFollow(playBeat) : null;
		if (followed === this.followed) return;
		this.followed = followed;
		grid.toolbar.showBar(grid.bar);
		grid.selectionBar.show();
	}

	#barToFollow(playBeat) {
		const { grid, geometry } = this;
		const doc = this.#doc;
		if (grid.bars) return grid.bars.first;
		const perBar = stepsPerBar(doc);
		const beat = playBeat === null || playBeat < 0 ? grid.start : playBeat % beatCount(doc);
		const bar = Math.floor(beat / meterOf(doc).quarters);
		const middle = geometry.x((bar + 0.5) * perBar);
		if (middle >= 0 && middle <= geometry.width) return bar;
		return clamp(Math.ceil(geometry.steps(0) / perBar - 0.5), 0, doc.bars - 1);
	}

	/** On a narrow screen, where other things come first, scroll the page to the grid. */
	scrollPageToGrid() {
		if (!View.NARROW.matches) return;
		const behavior = this.painter.calm.matches ? "auto" : "smooth";
		this.grid.parts.readout.scrollIntoView({ block: "start", behavior });
	}

	bringIntoSight(step) {
		const { scroller } = this.grid.parts;
		const x = this.geometry.x(step);
		if (x < 0) scroller.scrollLeft += x - Geometry.EDGE;
		else if (x > this.geometry.width - 30) scroller.scrollLeft += x - this.geometry.width + this.geometry.barWidth / 2;
	}

	// -- words ------------------------------------------------------------------------------------------------------------

	describe(hit) {
		const milliseconds = Math.round(1000 * hit[OFFSET] * stepSeconds(this.grid.doc));
		const timing = milliseconds === 0 ? "on the grid" : `${Math.abs(milliseconds)} ms ${milliseconds < 0 ? "early" : "late"}`;
		const place = this.place({ step: hit[STEP], voice: hit[VOICE], key: hit[KEY] });
		return `${place}, velocity ${Math.round(127 * hit[VELOCITY])}, ${timing}`;
	}

	/** Name a place in the beats of the meter, such as "Snare, bar 1, beat 2 and 1/2". */
	place({ step, voice, key }) {
		const { doc } = this.grid;
		const block = blockAt(doc, Math.floor(step / stepsPerBar(doc)));
		const instrument = voice === PERCUSSION ? this.grid.props.keys.labels[key] : null;
		const name = instrument ?? this.grid.voices[voice].label;
		return `${name}, ${block ? `${block.part}, ` : ""}${this.time(step)}`;
	}

	/** Name a step, such as "bar 1, beat 2 and 1/2". */
	time(step) {
		const { doc } = this.grid;
		const bar = Math.floor(step / stepsPerBar(doc));
		const inBar = step - bar * stepsPerBar(doc);
		const perPulse = meterOf(doc).pulse * doc.steps_per_beat;
		const rest = inBar % perPulse;
		const common = divisor(rest, perPulse);
		const part = rest ? ` and ${rest / common}/${perPulse / common}` : "";
		return `bar ${bar + 1}, beat ${Math.floor(inBar / perPulse) + 1}${part}`;
	}

	#showClock(beat) {
		const { parts } = this.grid;
		const doc = this.#doc;
		const { quarters, pulse } = meterOf(doc);
		const inLoop = beat < 0 ? beat : beat % beatCount(doc);
		const bar = Math.floor(inLoop / quarters);
		const text = beat < 0 ? `-${Math.ceil(-beat / pulse)}` : `${bar + 1}.${Math.floor((inLoop - bar * quarters) / pulse) + 1}`;
		if (parts.clock.textContent !== text) parts.clock.textContent = text;
	}
}
