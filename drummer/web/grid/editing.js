// Editing with pointer and keyboard.

/** Turns gestures on the canvas into edits. The grid holds the groove and its history, and draws. */
class Editor {
	static TAP = 4; // pixels that a pointer may move and still have clicked
	static FULL_VELOCITY = 110; // pixels from silence to the hardest hit
	static FULL_STEP = 48; // pixels that move a hit by one step, far more than a step is wide: timing is fine work
	static NEW_VELOCITY = 0.75;

	constructor(grid, canvas) {
		this.grid = grid;
		this.canvas = canvas;
		this.tool = "draw";
		this.drag = null;
		this.cursor = { step: 0, voice: 0 };
		canvas.addEventListener("pointerdown", (event) => this.#press(event));
		canvas.addEventListener("pointermove", (event) => this.#move(event));
		canvas.addEventListener("pointerup", (event) => this.#release(event));
		canvas.addEventListener("pointercancel", () => this.#giveUp());
		canvas.addEventListener("pointerleave", () => this.drag || grid.report(null));
		canvas.addEventListener("keydown", (event) => this.#key(event));
		// A finger scrolls, unless it grabs a hit or the tool is for selecting.
		canvas.addEventListener("touchstart", (event) => this.#claim(event), { passive: false });
	}

	// -- pointer ----------------------------------------------------------------------------------------------------------

	#point(event) {
		const box = this.canvas.getBoundingClientRect();
		return { x: event.clientX - box.left, y: event.clientY - box.top };
	}

	#hitAt({ x, y }, touch) {
		return this.grid.sheet.hitNear(x, y, touch ? 9 : 2);
	}

	/** The first step of the snapping cell at x. */
	#stepAt(x) {
		const { snap, doc, sheet } = this.grid;
		return snapped(doc, clamp(Math.floor(sheet.steps(x)), 0, stepCount(doc) - 1), snap);
	}

	/** Where playing begins after a click on the ruler: at a block of a song that is clicked, or else at the step. */
	#beatAt({ x, y }) {
		const { doc, sheet } = this.grid;
		const step = this.#stepAt(x);
		if (y < sheet.ruler - Sheet.RULER) return blockAt(doc, Math.floor(step / stepsPerBar(doc))).first * meterOf(doc).quarters;
		return step / doc.steps_per_beat;
	}

	#claim(event) {
		const point = this.#point(event.touches[0]);
		const grabs = this.tool === "select" || this.#hitAt(point, true);
		if (event.touches.length === 1 && point.y >= this.grid.sheet.ruler && grabs) event.preventDefault();
	}

	#press(event) {
		if (event.button !== 0 || !this.grid.doc) return;
		this.canvas.focus({ preventScroll: true });
		const point = this.#point(event);
		if (point.y < this.grid.sheet.ruler) return this.grid.seek(this.#beatAt(point));
		const hit = this.#hitAt(point, event.pointerType === "touch");
		this.canvas.setPointerCapture(event.pointerId);
		this.drag = {
			...point,
			hit,
			base: this.grid.doc,
			before: new Set(this.grid.selection),
			cells: hit && this.grid.selection.has(cellOf(hit)) ? this.grid.selection : new Set(hit ? [cellOf(hit)] : []),
			many: event.shiftKey || event.ctrlKey || event.metaKey,
			axis: null,
			moved: false,
		};
	}

	#move(event) {
		const point = this.#point(event);
		if (!this.drag) {
			if (this.grid.doc && event.pointerType === "mouse") this.#hover(point);
			return;
		}
		const [dx, dy] = [point.x - this.drag.x, point.y - this.drag.y];
		if (!this.drag.moved && Math.hypot(dx, dy) < Editor.TAP) return;
		this.drag.moved = true;
		if (!this.drag.hit) return this.#stretch(point);
		this.drag.axis ??= Math.abs(dy) >= Math.abs(dx) ? "velocity" : "timing";
		const [louder, later] = this.drag.axis === "velocity" ? [-dy / Editor.FULL_VELOCITY, 0] : [0, dx / Editor.FULL_STEP];
		this.grid.preview(shape(this.drag.base, this.drag.cells, louder, later));
		this.grid.report(findHit(this.grid.doc, cellOf(this.drag.hit)));
	}

	#hover(point) {
		const hit = this.#hitAt(point, false);
		this.canvas.style.cursor = point.y < this.grid.sheet.ruler ? "pointer" : hit ? "grab" : this.tool === "draw" ? "cell" : "crosshair";
		this.grid.report(hit);
	}

	/** Draw a rubber band, and select the hits that it touches. */
	#stretch(point) {
		const { x, y, many, before } = this.drag;
		const box = { x: Math.min(x, point.x), y: Math.min(y, point.y), width: Math.abs(point.x - x), height: Math.abs(point.y - y) };
		const inside = this.grid.sheet.hitsInside(box).map(cellOf);
		this.grid.select(new Set([...(many ? before : []), ...inside]), box);
	}

	#release(event) {
		const { drag } = this;
		this.drag = null;
		if (!drag) return;
		if (!drag.moved) return this.#click(drag, this.#point(event));
		if (!drag.hit) return this.grid.select(this.grid.selection);
		const edited = this.grid.doc;
		this.grid.preview(drag.base);
		this.grid.commit(edited);
		const hit = findHit(edited, cellOf(drag.hit));
		this.grid.transport.hear(hit);
	}

	#giveUp() {
		if (this.drag?.hit && this.drag.moved) this.grid.preview(this.drag.base);
		this.drag = null;
		this.grid.select(this.grid.selection);
	}

	#click({ hit, many }, point) {
		if (hit && (many || this.tool === "select")) {
			const selection = new Set(many ? this.grid.selection : []);
			if (!selection.delete(cellOf(hit))) selection.add(cellOf(hit));
			return this.grid.select(selection);
		}
		if (hit) return this.#remove(new Set([cellOf(hit)]));
		if (this.tool === "select") return this.grid.select(new Set());
		const voice = this.grid.sheet.voice(point.y);
		const inside = point.x >= this.grid.sheet.x(0) && point.x <= this.grid.sheet.x(stepCount(this.grid.doc));
		if (voice !== null && inside) this.#add(this.#stepAt(point.x), voice);
	}

	// -- edits ------------------------------------------------------------------------------------------------------------

	#add(step, voice) {
		this.cursor = { step, voice };
		this.grid.select(new Set());
		const hit = newHit(this.grid.doc, step, voice, Editor.NEW_VELOCITY);
		this.grid.commit(addHits(this.grid.doc, [hit]));
		this.grid.transport.hear(hit);
		this.#tell();
	}

	#remove(cells) {
		if (!cells.size) return;
		this.grid.select(new Set([...this.grid.selection].filter((cell) => !cells.has(cell))));
		this.grid.commit(removeCells(this.grid.doc, cells));
		this.grid.say(cells.size === 1 ? "Hit removed" : `${cells.size} hits removed`);
		this.grid.report(null);
	}

	/** The cells that an edit by keyboard changes: the selected ones, or else those under the cursor. */
	#chosen() {
		return this.grid.selection.size ? this.grid.selection : new Set(this.#underCursor().map(cellOf));
	}

	#underCursor() {
		const { step, voice } = this.cursor;
		const end = cellEnd(this.grid.doc, step, this.grid.snap);
		return this.grid.doc.hits.filter((hit) => hit[VOICE] === voice && hit[STEP] >= step && hit[STEP] < end);
	}

	#shape(louder, later) {
		const cells = this.#chosen();
		if (!cells.size) return this.grid.say("No hit is selected");
		this.grid.commit(shape(this.grid.doc, cells, louder, later), `shape ${[...cells]}`);
		const hit = findHit(this.grid.doc, [...cells][0]);
		if (louder) this.grid.transport.hear(hit);
		this.grid.report(hit);
		this.grid.say(this.grid.view.describe(hit));
	}

	#shift(steps, voices) {
		const cells = this.#chosen();
		const moved = cells.size ? movedHits(this.grid.doc, cells, steps, voices) : null;
		if (!moved) return;
		const had = this.grid.selection.size > 0;
		this.grid.commit(addHits(removeCells(this.grid.doc, cells), moved));
		this.grid.select(new Set(had ? moved.map(cellOf) : []));
		this.#step(steps, voices);
	}

	// -- keyboard ---------------------------------------------------------------------------------------------------------

	#key(event) {
		if (!this.grid.doc) return;
		const command = event.ctrlKey || event.metaKey;
		const action = command ? this.#commandFor(event) : this.#keyFor(event);
		if (!action) return;
		event.preventDefault();
		event.stopPropagation();
		action();
	}

	#commandFor(event) {
		const { snap, doc } = this.grid;
		return {
			a: () => this.grid.select(new Set(doc.hits.map(cellOf))),
			ArrowLeft: () => this.#shift(-snap, 0),
			ArrowRight: () => this.#shift(snap, 0),
			ArrowUp: () => this.#shift(0, 1),
			ArrowDown: () => this.#shift(0, -1),
		}[event.key];
	}

	#keyFor(event) {
		const { snap, doc } = this.grid;
		const perBar = stepsPerBar(doc);
		const go = (steps, voices) => () => this.#step(steps, voices, event.shiftKey);
		return {
			ArrowLeft: event.altKey ? () => this.#shape(0, -0.05) : go(-snap, 0),
			ArrowRight: event.altKey ? () => this.#shape(0, 0.05) : go(snap, 0),
			ArrowUp: event.altKey ? () => this.#shape(4 / 127, 0) : go(0, 1),
			ArrowDown: event.altKey ? () => this.#shape(-4 / 127, 0) : go(0, -1),
			PageUp: go(-perBar, 0),
			PageDown: go(perBar, 0),
			Home: go(-stepCount(doc), 0),
			End: go(stepCount(doc), 0),
			Enter: () => this.#toggle(),
			Delete: () => this.#remove(this.#chosen()),
			Backspace: () => this.#remove(this.#chosen()),
			"+": () => this.#shape(4 / 127, 0),
			"=": () => this.#shape(4 / 127, 0),
			"-": () => this.#shape(-4 / 127, 0),
			",": () => this.#shape(0, -0.05),
			".": () => this.#shape(0, 0.05),
			Escape: () => this.grid.select(new Set()),
			m: () => this.grid.toggleLane("muted", this.cursor.voice),
			s: () => this.grid.toggleLane("soloed", this.cursor.voice),
		}[event.key];
	}

	#toggle() {
		const hits = this.#underCursor();
		if (hits.length) this.#remove(new Set(hits.map(cellOf)));
		else this.#add(this.cursor.step, this.cursor.voice);
	}

	#step(steps, voices, selecting = false) {
		const { doc, snap } = this.grid;
		const before = snapped(doc, this.cursor.step, snap);
		const next = steps === snap ? cellEnd(doc, before, snap) : steps === -snap ? before - 1 : before + steps; // bars may end with a shorter cell
		const step = snapped(doc, clamp(next, 0, stepCount(doc) - 1), snap);
		this.cursor = { step, voice: clamp(this.cursor.voice + voices, 0, laneCount(doc) - 1) };
		if (selecting) this.grid.select(new Set([...this.grid.selection, ...this.#underCursor().map(cellOf)]));
		this.grid.view.bringIntoSight(step);
		this.#tell();
	}

	/** Announce the place of the cursor and its hits. */
	#tell() {
		const hits = this.#underCursor();
		const here = hits.length ? hits.map((hit) => this.grid.view.describe(hit)).join("; ") : `${this.grid.view.place(this.cursor)}, empty`;
		this.grid.report(hits[0] ?? null);
		this.grid.say(here);
		this.grid.redraw();
	}

	/** Keep the cursor inside a groove that may be shorter than the last. */
	settle() {
		this.#giveUpSilently();
		const { doc, snap } = this.grid;
		const step = snapped(doc, clamp(this.cursor.step, 0, stepCount(doc) - 1), snap);
		this.cursor = { step, voice: Math.min(this.cursor.voice, laneCount(doc) - 1) };
	}

	#giveUpSilently() {
		this.drag = null;
	}
}
