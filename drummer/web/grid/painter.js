// Drawing of the drum grid.
//
// A mark begins at the exact onset. Velocity is shown as strength of colour and as height, the offset from the grid as the distance
// to a thin tick on the step and again, magnified, in the timing strip below the lanes.

/** Draws a groove, at the places that a geometry gives, in the theme of the page. */
class Painter {
	static FAMILIES = [4, 7, 10, PERCUSSION]; // lanes that begin a family: hi-hats, toms, cymbals
	static PARTS = ["intro", "verse", "chorus", "bridge", "ending"]; // of a song
	static LEAST_GAP = 6; // pixels between lines
	static LEAST_NUMBER = 26; // pixels between bar numbers
	static BESIDE_FLAG = 8; // pixels from where the playback starts to the number of this bar
	static GLOW = 0.2; // seconds that a hit lights up when it sounds

	constructor(canvas, voices) {
		this.canvas = canvas;
		this.context = canvas.getContext("2d");
		this.voices = voices;
		this.calm = window.matchMedia("(prefers-reduced-motion: reduce)");
		this.readTheme();
	}

	/** Strength of colour and height of a mark. */
	static strength(velocity) {
		return 0.3 + 0.7 * velocity;
	}

	readTheme() {
		const style = getComputedStyle(this.canvas);
		const read = (name) => style.getPropertyValue(name).trim();
		const dark = document.body.classList.contains("dark");
		this.inks = this.voices.map((voice) => (dark ? voice.dark : voice.light));
		this.colors = Object.fromEntries(
			["panel", "lane", "lane-edge", "family", "sub", "beat", "bar", "ink", "quiet", "accent", ...Painter.PARTS].map((name) => [name, read(`--${name}`)]),
		);
		this.colors.group = mix(this.colors.beat, this.colors.bar, 0.5); // a line where a group of beats begins
		this.font = style.fontFamily;
	}

	/** Make the canvas as large as the drawing, sharp on any screen. */
	resize(geometry) {
		const density = window.devicePixelRatio || 1;
		const [width, height] = [Math.round(geometry.width * density), Math.round(geometry.height * density)];
		if (this.canvas.width !== width || this.canvas.height !== height) {
			this.canvas.width = width;
			this.canvas.height = height;
			this.canvas.style.width = `${geometry.width}px`;
			this.canvas.style.height = `${geometry.height}px`;
		}
		this.context.setTransform(density, 0, 0, density, 0, 0);
	}

	/**
	 * Draw all that is in sight.
	 * state: {selection: Set of cells, bars: {first, last} or null, cursor: {step, voice} or null, snap: steps, box or null,
	 * loop: {from, to} in beats or null, playBeat or null, start, bar}
	 */
	draw(geometry, state) {
		this.resize(geometry);
		this.geometry = geometry;
		this.context.fillStyle = this.colors.panel;
		this.context.fillRect(0, 0, geometry.width, geometry.height);
		this.#lanes();
		if (state.bars) paintBars(this, state.bars);
		this.#rules(state.snap);
		if (state.loop) paintLoop(this, state.loop);
		this.#ruler(state.start, state.bar);
		this.#blocks();
		if (state.cursor) this.#cursor(state.cursor, state.snap);
		this.#hits(state);
		if (state.box) this.#box(state.box);
		if (state.playBeat !== null) this.#playhead(state.playBeat);
	}

	#lanes() {
		const { context, geometry, colors } = this;
		const left = Math.max(0, geometry.x(0));
		const right = Math.min(geometry.width, geometry.x(stepCount(geometry.groove)));
		context.fillStyle = colors.lane;
		context.fillRect(left, geometry.ruler, right - left, geometry.lanesBottom - geometry.ruler);
		context.fillRect(left, geometry.stripMiddle - Geometry.STRIP / 2, right - left, Geometry.STRIP);
		for (let voice = 0; voice < geometry.laneCount - 1; voice++) {
			const family = Painter.FAMILIES.includes(voice + 1);
			this.#line(left, geometry.laneTop(voice), right, geometry.laneTop(voice), family ? colors.family : colors["lane-edge"]);
		}
		this.#line(left, geometry.stripMiddle, right, geometry.stripMiddle, colors.family);
	}

	#rules(snap) {
		const { geometry, colors } = this;
		const { groove } = geometry;
		const first = Math.max(0, Math.floor(geometry.steps(0)));
		const last = Math.min(stepCount(groove), Math.ceil(geometry.steps(geometry.width)));
		const meter = meterOf(groove);
		const [perBar, perNote] = [stepsPerBar(groove), (4 / meter.denominator) * groove.steps_per_beat];
		const notesFit = perNote * geometry.stepWidth >= Painter.LEAST_GAP;
		const subsFit = snap * geometry.stepWidth >= Painter.LEAST_GAP;
		const [bars, groups, notes, subs] = [[], [], [], []];
		for (let step = first; step <= last; step++) {
			const inBar = step % perBar;
			const accent = meter.accent(inBar / groove.steps_per_beat);
			if (accent === 2) bars.push(geometry.x(step));
			else if (accent === 1) groups.push(geometry.x(step));
			else if (inBar % perNote === 0 && notesFit) notes.push(geometry.x(step));
			else if (inBar % snap === 0 && subsFit) subs.push(geometry.x(step));
		}
		this.#columns(subs, colors.sub, 1);
		this.#columns(notes, colors.beat, 1);
		this.#columns(groups, colors.group, 1);
		this.#columns(bars, colors.bar, 1.5);
	}

	/** Draw lines of one colour as one path: in many bars there are hundreds. */
	#columns(places, color, width) {
		const { geometry } = this;
		const strip = [geometry.stripMiddle - Geometry.STRIP / 2, geometry.stripMiddle + Geometry.STRIP / 2];
		this.#verticals(places.flatMap((x) => [[x, geometry.ruler, geometry.lanesBottom], [x, ...strip]]), color, width);
	}

	/** Draw vertical lines [x, top, bottom]. */
	#verticals(lines, color, width) {
		const { context } = this;
		context.strokeStyle = color;
		context.lineWidth = width;
		context.beginPath();
		for (const [x, top, bottom] of lines) {
			context.moveTo(Math.round(x) + 0.5, top);
			context.lineTo(Math.round(x) + 0.5, bottom);
		}
		context.stroke();
	}

	#ruler(start, chosen) {
		const { context, geometry, colors } = this;
		context.textBaseline = "middle";
		context.textAlign = "left";
		const perBar = stepsPerBar(geometry.groove);
		const every = Math.ceil(Painter.LEAST_NUMBER / geometry.barWidth);
		const locked = new Set(lockedBars(geometry.groove));
		const [from, to] = [geometry.steps(0), geometry.steps(geometry.width)].map((steps) => Math.floor(steps / perBar));
		for (let bar = Math.max(0, Math.floor(from / every) * every); bar <= Math.min(to, geometry.groove.bars - 1); bar += every) {
			const flagged = start > 0 && start * geometry.groove.steps_per_beat === bar * perBar;
			const x = geometry.x(bar * perBar) + (flagged ? Painter.BESIDE_FLAG : 0);
			context.font = `600 12px ${this.font}`;
			context.fillStyle = bar === chosen ? colors.accent : colors.quiet;
			context.fillText(String(bar + 1), x, geometry.ruler - Geometry.RULER / 2);
			if (locked.has(bar)) paintLock(this.context, x + context.measureText(String(bar + 1)).width + 5, geometry.ruler - Geometry.RULER / 2);
		}
		if (start > 0) this.#flag(geometry.x(start * geometry.groove.steps_per_beat), colors.accent);
	}

	/** The names of a song's blocks; a name stays in sight as long as its block does. */
	#blocks() {
		const { context, geometry } = this;
		const perBar = stepsPerBar(geometry.groove);
		context.font = `600 12px ${this.font}`;
		for (const { part, first, bars } of geometry.blocks) {
			const [from, to] = [geometry.x(first * perBar), geometry.x((first + bars) * perBar) - 2];
			if (from > geometry.width || to < 0) continue;
			context.save();
			context.beginPath();
			context.roundRect(from, 1, to - from, Geometry.BAND - 4, 4);
			context.clip();
			context.fillStyle = mix(this.colors.lane, this.colors[part], 0.28);
			context.fillRect(from, 0, to - from, Geometry.BAND);
			context.fillStyle = this.colors.ink;
			context.fillText(capitalised(part), Math.max(from, 0) + 6, Geometry.BAND / 2 - 0.5);
			context.restore();
		}
	}

	#hits(state) {
		const { context, geometry } = this;
		const marks = geometry.hitsInSight().map((hit) => [hit, geometry.mark(hit)]);
		const seen = marks.filter(([, mark]) => mark.x <= geometry.width && mark.x + mark.width >= 0);
		this.#ticks(seen);
		for (const [hit, mark] of seen) {
			const ink = this.inks[hit[VOICE]];
			const selected = state.selection.has(cellOf(hit));
			const glow = this.#glow(hit, state.playBeat);
			context.globalAlpha = isAudible(geometry.groove, hit[VOICE]) ? 1 : 0.25;
			if (glow > 0) this.#halo(mark, ink, glow);
			this.#shape(mark, ink, Painter.strength(hit[VELOCITY]), glow);
			if (selected) this.#outline(mark);
			this.#stalk(hit, mark, ink);
		}
		context.globalAlpha = 1;
	}

	#glow(hit, playBeat) {
		if (playBeat === null || playBeat < 0 || this.calm.matches) return 0;
		const { groove } = this.geometry;
		const length = beatCount(groove);
		const beats = (((playBeat - onset(groove, hit)) % length) + length) % length;
		return isAudible(groove, hit[VOICE]) ? Math.max(0, 1 - (beats * 60) / groove.bpm / Painter.GLOW) : 0;
	}

	#halo(mark, ink, glow) {
		const { context } = this;
		context.save();
		context.globalAlpha *= 0.35 * glow;
		context.fillStyle = ink;
		context.beginPath();
		context.roundRect(mark.x - 4, mark.y - 3, mark.width + 8, mark.height + 6, 5);
		context.fill();
		context.restore();
	}

	/** Thin ticks where the grid is. */
	#ticks(seen) {
		const { context, geometry } = this;
		for (const audible of [true, false]) {
			const ticked = seen.filter(([hit]) => isAudible(geometry.groove, hit[VOICE]) === audible);
			context.globalAlpha = audible ? 1 : 0.25;
			this.#verticals(ticked.map(([hit, { y, height }]) => [geometry.x(hit[STEP]), y, y + height]), this.colors.quiet, 1);
		}
	}

	/** Loud at the onset, then it decays; a soft hit is paler, mixed with the lane, so that rules do not shine through. */
	#shape(mark, ink, strength, glow) {
		const { context } = this;
		const middle = mark.y + mark.height / 2;
		context.beginPath();
		context.moveTo(mark.x, mark.y);
		context.lineTo(mark.x + mark.width, middle - 0.275 * mark.height);
		context.lineTo(mark.x + mark.width, middle + 0.275 * mark.height);
		context.lineTo(mark.x, mark.y + mark.height);
		context.closePath();
		context.fillStyle = mix(this.colors.lane, ink, Math.min(1, strength + glow));
		context.fill();
	}

	#outline(mark) {
		const { context } = this;
		context.strokeStyle = this.colors.ink;
		context.lineWidth = 1.5;
		context.beginPath();
		context.roundRect(mark.x - 2.5, mark.y - 2.5, mark.width + 5, mark.height + 5, 3);
		context.stroke();
	}

	/** The offset in the timing strip: up is early, down is late. */
	#stalk(hit, mark, ink) {
		const { context, geometry } = this;
		const y = geometry.stripMiddle + 2 * hit[OFFSET] * (Geometry.STRIP / 2 - 3);
		const color = mix(this.colors.lane, ink, Painter.strength(hit[VELOCITY]));
		this.#line(mark.x, geometry.stripMiddle, mark.x, y, color, 1.5, false);
		context.fillStyle = color;
		context.beginPath();
		context.arc(mark.x, y, 2.2, 0, 2 * Math.PI);
		context.fill();
	}

	#cursor({ step, voice }, snap) {
		const { context, geometry, colors } = this;
		const width = Math.max((cellEnd(geometry.groove, step, snap) - step) * geometry.stepWidth, 6);
		context.strokeStyle = colors.accent;
		context.lineWidth = 2;
		context.beginPath();
		context.roundRect(geometry.x(step) - 2, geometry.laneTop(voice) + 1, width, geometry.laneHeight - 2, 4);
		context.stroke();
	}

	#box(box) {
		const { context, colors } = this;
		context.fillStyle = mix(colors.panel, colors.accent, 0.5);
		context.globalAlpha = 0.2;
		context.fillRect(box.x, box.y, box.width, box.height);
		context.globalAlpha = 1;
		context.strokeStyle = colors.accent;
		context.lineWidth = 1;
		context.strokeRect(box.x, box.y, box.width, box.height);
	}

	#playhead(playBeat) {
		const { geometry, colors } = this;
		if (playBeat < 0) return;
		const x = geometry.x((playBeat % beatCount(geometry.groove)) * geometry.groove.steps_per_beat);
		this.#line(x, geometry.ruler - 6, x, geometry.stripMiddle + Geometry.STRIP / 2, colors.accent, 2, false);
		this.#flag(x, colors.accent);
	}

	#flag(x, color) {
		const { context, geometry } = this;
		context.fillStyle = color;
		context.beginPath();
		context.moveTo(x - 5, geometry.ruler - 11);
		context.lineTo(x + 5, geometry.ruler - 11);
		context.lineTo(x, geometry.ruler - 2);
		context.closePath();
		context.fill();
	}

	#line(x0, y0, x1, y1, color, width = 1, crisp = true) {
		const { context } = this;
		const half = crisp ? (value) => Math.round(value) + 0.5 : (value) => value;
		context.strokeStyle = color;
		context.lineWidth = width;
		context.beginPath();
		context.moveTo(x0 === x1 ? half(x0) : x0, y0 === y1 ? half(y0) : y0);
		context.lineTo(x0 === x1 ? half(x1) : x1, y0 === y1 ? half(y1) : y1);
		context.stroke();
	}
}

const mixed = new Map(); // mixtures in hundredths, by their colours

/** A colour between two of the form #rrggbb. */
function mix(from, to, share) {
	if (!mixed.has(from)) mixed.set(from, new Map());
	if (!mixed.get(from).has(to)) mixed.get(from).set(to, []);
	const mixtures = mixed.get(from).get(to);
	const hundredths = Math.round(100 * share);
	mixtures[hundredths] ??= `#${[1, 3, 5]
		.map((index) => {
			const [low, high] = [from, to].map((color) => parseInt(color.slice(index, index + 2), 16));
			return Math.round(low + (hundredths / 100) * (high - low)).toString(16).padStart(2, "0");
		})
		.join("")}`;
	return mixtures[hundredths];
}
