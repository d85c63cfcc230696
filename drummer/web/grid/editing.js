// Editing with the pointer, and the cursor of the keyboard.

/** Turns gestures on the canvas into edits. The grid holds the groove and its history, and draws. */
class Editor {
	static NOTHING = "No hit is selected, and none is at the cursor";
	static TAP = 4; // pixels that a pointer may move and still have clicked
	static FULL_VELOCITY = 110; // pixels from silence to the hardest hit
	static FULL_STEP = 48; // pixels that move a hit by one step, far more than the width of a step, for fine adjustments
	static NEW_VELOCITY = 0.75;

	constructor(grid, canvas) {
		this.grid = grid;
		this.canvas = canvas;
		this.tool = "draw";
		this.drag = null;
		this.mover = new Mover(grid);
		this.cursor = { step: 0, voice: 0 };
		canvas.addEventListener("pointerdown", (event) => this.#press(event));
		canvas.addEventListener("pointermove", (event) => this.#move(event));
		canvas.addEventListener("pointerup", (event) => this.#release(event));
		canvas.addEventListener("pointercancel", () => this.#giveUp());
		canvas.addEventListener("pointerleave", () => this.drag || grid.report(null));
		// A finger scrolls, unless it grabs a hit or the tool is for selecting.
		canvas.addEventListener("touchstart", (event) => this.#claim(event), { passive: false });
	}

	// -- pointer ----------------------------------------------------------------------------------------------------------

	#point(event) {
		const box = this.canvas.getBoundingClientRect();
		return { x: event.clientX - box.left, y: event.clientY - box.top };
	}

	#hitAt({ x, y }, touch) {
		return this.grid.geometry.hitNear(x, y, touch ? 9 : 2);
	}

	/** The first step of the snapping cell at x. */
	#stepAt(x) {
		const { snap, doc, geometry } = this.grid;
		return snapped(doc, clamp(Math.floor(geometry.steps(x)), 0, stepCount(doc) - 1), snap);
	}

	/** Where playing begins after a click on the ruler: at a block of a song that is clicked, or else at the step. */
	#beatAt({ x, y }) {
		const { doc, geometry } = this.grid;
		const step = this.#stepAt(x);
		if (y < geometry.ruler - Geometry.RULER) return blockAt(doc, Math.floor(step / stepsPerBar(doc))).first * meterOf(doc).quarters;
		return step / doc.steps_per_beat;
	}

	#claim(event) {
		const point = this.#point(event.touches[0]);
		const grabs = this.tool === "select" || (point.y >= this.grid.geometry.ruler && this.#hitAt(point, true));
		if (event.touches.length === 1 && grabs) event.preventDefault();
	}

	#press(event) {
		if (event.button !== 0 || !this.grid.doc) return;
		this.canvas.focus({ preventScroll: true });
		const point = this.#point(event);
		const many = event.shiftKey || event.ctrlKey || event.metaKey;
		if (point.y < this.grid.geometry.ruler) return this.#pressRuler(point, event, many);
		const hit = this.#hitAt(point, event.pointerType === "touch");
		this.canvas.setPointerCapture(event.pointerId);
		this.drag = {
			...point,
			hit,
			base: this.grid.doc,
			before: new Set(this.grid.selection),
			cells: hit && this.grid.selection.has(cellOf(hit)) ? this.grid.selection : new Set(hit ? [cellOf(hit)] : []),
			many,
			moves: hit !== null && this.tool === "select",
			steps: this.grid.geometry.steps(point.x),
			voice: this.grid.geometry.voice(point.y),
			axis: null,
			moved: false,
		};
	}

	/** On the bar numbers: play from there; dragging, or with the tool for selecting, selects bars. */
	#pressRuler(point, event, many) {
		const { grid } = this;
		const beat = this.#beatAt(point);
		const bar = this.#barAt(point);
		const from = many ? (grid.bars?.first ?? grid.bar) : bar;
		if (!many) grid.seek(beat);
		this.canvas.setPointerCapture(event.pointerId);
		this.drag = { ...point, bar: from, isRuler: true, moved: many || this.tool === "select", base: grid.doc };
		this.cursor = { ...this.cursor, step: snapped(grid.doc, Math.round(beat * grid.doc.steps_per_beat), grid.snap) };
		if (this.drag.moved) this.#stretchBars(point);
		else if (grid.bars) grid.select(new Set());
	}

	#barAt({ x }) {
		return Math.floor(this.#stepAt(x) / stepsPerBar(this.grid.doc));
	}

	#stretchBars(point) {
		const ends = [this.drag.bar, this.#barAt(point)];
		this.grid.selectBars({ first: Math.min(...ends), last: Math.max(...ends) + 1 });
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
		if (this.drag.isRuler) return this.#stretchBars(point);
		if (this.drag.moves) return this.mover.carry(this.drag, point, event.altKey);
		if (!this.drag.hit) return this.#stretch(point);
		this.drag.axis ??= Math.abs(dy) >= Math.abs(dx) ? "velocity" : "timing";
		const [louder, later] = this.drag.axis === "velocity" ? [-dy / Editor.FULL_VELOCITY, 0] : [0, dx / Editor.FULL_STEP];
		this.grid.preview(shape(this.drag.base, this.drag.cells, louder, later));
		const hit = findHit(this.grid.doc, cellOf(this.drag.hit));
		this.grid.report(hit);
		const isAtEnd = this.drag.axis === "timing" && Math.abs(dx) > Editor.FULL_STEP;
		if (isAtEnd) this.grid.inform(`${this.grid.view.describe(hit)}. To move it to another step, drag with Select`);
	}

	#hover(point) {
		const hit = this.#hitAt(point, false);
		this.canvas.style.cursor = point.y < this.grid.geometry.ruler ? "pointer" : hit ? "grab" : this.tool === "draw" ? "cell" : "crosshair";
		this.grid.report(hit);
	}

	/** Draw a rubber band, and select the hits that it touches. */
	#stretch(point) {
		const { x, y, many, before } = this.drag;
		const box = { x: Math.min(x, point.x), y: Math.min(y, point.y), width: Math.abs(point.x - x), height: Math.abs(point.y - y) };
		const inside = this.grid.geometry.hitsInside(box).map(cellOf);
		this.grid.select(new Set([...(many ? before : []), ...inside]), box);
	}

	#release(event) {
		const { drag } = this;
		this.drag = null;
		if (!drag) return;
		if (drag.isRuler) return this.grid.loopRange.follow();
		if (!drag.moved) return this.#click(drag, this.#point(event));
		if (!drag.hit) return this.grid.select(this.grid.selection);
		const edited = this.grid.doc;
		this.grid.preview(drag.base);
		if (drag.moves) return this.mover.drop(drag);
		this.grid.commit(edited, null, drag.axis === "velocity" ? "velocity" : "timing");
		const hit = findHit(edited, cellOf(drag.hit));
		this.grid.transport.hear(hit);
	}

	#giveUp() {
		if (this.drag?.hit && this.drag.moved) {
			this.grid.selection = this.drag.before;
			this.grid.preview(this.drag.base);
		}
		this.drag = null;
		this.grid.select(this.grid.selection);
	}

	/** Give up a drag, or else the selection. */
	escape() {
		if (!this.drag) return this.grid.select(new Set());
		this.#giveUp();
		this.grid.inform("Cancelled: everything is back where it was");
	}

	#click({ hit, many }, point) {
		if (hit && (many || this.tool === "select")) {
			const selection = new Set(many ? this.grid.selection : []);
			if (!selection.delete(cellOf(hit))) selection.add(cellOf(hit));
			return this.grid.select(selection);
		}
		if (hit) return this.remove(new Set([cellOf(hit)]));
		const voice = this.grid.geometry.voice(point.y);
		const inside = point.x >= this.grid.geometry.x(0) && point.x <= this.grid.geometry.x(stepCount(this.grid.doc));
		if (this.tool === "select") {
			if (voice !== null && inside) this.cursor = { step: this.#stepAt(point.x), voice }; // where hits are pasted
			return this.grid.select(new Set());
		}
		if (voice !== null && inside) this.#add(this.#stepAt(point.x), voice);
	}

	// -- edits ------------------------------------------------------------------------------------------------------------

	#add(step, voice) {
		this.cursor = { step, voice };
		this.grid.select(new Set());
		const hit = newHit(this.grid.doc, step, voice, Editor.NEW_VELOCITY);
		this.grid.commit(addHits(this.grid.doc, [hit]), null, "add hit");
		this.grid.transport.hear(hit);
		this.#tell();
	}

	remove(cells) {
		if (!cells.size) return this.grid.inform(Editor.NOTHING);
		this.grid.select(new Set([...this.grid.selection].filter((cell) => !cells.has(cell))));
		this.grid.commit(removeCells(this.grid.doc, cells), null, `remove ${counted(cells.size, "hit")}`);
		this.grid.say(cells.size === 1 ? "Hit removed" : `${cells.size} hits removed`);
		this.grid.report(null);
	}

	/** The cells that an edit by keyboard changes: the selected ones, or else those under the cursor. */
	chosen() {
		return this.grid.selection.size ? this.grid.selection : new Set(this.#underCursor().map(cellOf));
	}

	#underCursor() {
		const { step, voice } = this.cursor;
		const end = cellEnd(this.grid.doc, step, this.grid.snap);
		return this.grid.doc.hits.filter((hit) => hit[VOICE] === voice && hit[STEP] >= step && hit[STEP] < end);
	}

	shape(louder, later) {
		const cells = this.chosen();
		if (!cells.size) return this.grid.inform(Editor.NOTHING);
		const axis = louder ? "velocity" : "timing";
		this.grid.commit(shape(this.grid.doc, cells, louder, later), `${axis} ${[...cells]}`, axis);
		const hit = findHit(this.grid.doc, [...cells][0]);
		if (louder) this.grid.transport.hear(hit);
		this.grid.report(hit);
		this.grid.say(this.grid.view.describe(hit));
	}

	/** Move hits by steps and lanes. */
	shift(steps, voices) {
		const { grid } = this;
		const cells = this.chosen();
		if (!cells.size) return grid.inform(Editor.NOTHING);
		const chosen = chosenHits(grid.doc, cells);
		if (voices && chosen.some(isPercussion)) return grid.inform("Percussion stays in its lane");
		const [within, across] = reach(grid.doc, cells, steps, voices);
		if (within !== steps || across !== voices) return grid.inform("There is no room that way: the hits would leave the grid");
		const had = grid.selection.size > 0;
		const moved = grid.edit(`move ${counted(cells.size, "hit")}`, () => placeHits(grid.doc, cells, steps, voices, grid.props.editing));
		if (!had) grid.select(new Set());
		if (moved) this.step(steps, voices);
	}

	// -- cursor ---------------------------------------------------------------------------------------------------------------

	toggle() {
		const hits = this.#underCursor();
		if (hits.length) this.remove(new Set(hits.map(cellOf)));
		else this.#add(this.cursor.step, this.cursor.voice);
	}

	/** Move the cursor. */
	step(steps, voices, selecting = false) {
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
		this.drag = null;
		const { doc, snap } = this.grid;
		const step = snapped(doc, clamp(this.cursor.step, 0, stepCount(doc) - 1), snap);
		this.cursor = { step, voice: Math.min(this.cursor.voice, laneCount(doc) - 1) };
	}
}
