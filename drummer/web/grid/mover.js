// Hits that are dragged to other steps and lanes.

class Mover {
	static EDGE = 20; // pixels from the edges of the grid, in which a drag scrolls it
	static SCROLL = 10; // pixels a frame

	constructor(grid) {
		this.grid = grid;
	}

	/** Drag hits to other steps and lanes; near an edge the grid scrolls along. */
	carry(drag, point, copies) {
		const { grid } = this;
		drag.point = point;
		drag.copies = copies;
		const by = Math.round((grid.geometry.steps(point.x) - drag.steps) / grid.snap) * grid.snap;
		const lanes = (grid.geometry.voice(clamp(point.y, grid.geometry.ruler, grid.geometry.lanesBottom - 1)) ?? drag.voice) - drag.voice;
		const [steps, voices] = reach(drag.base, drag.cells, by, lanes);
		const isHere = !steps && !voices;
		drag.placed = isHere ? null : placeHits(drag.base, drag.cells, steps, voices, grid.props.editing, copies);
		grid.selection = drag.placed?.cells ?? drag.cells;
		grid.preview(drag.placed?.doc ?? drag.base);
		const stuck = lanes && !voices && chosenHits(drag.base, drag.cells).some(isPercussion);
		const hit = drag.base.hits.find((each) => cellOf(each) === cellOf(drag.hit));
		const place = grid.view.place({ step: hit[STEP] + steps, voice: hit[VOICE] + voices, key: hit[KEY] });
		grid.inform(stuck ? `${place}: percussion stays in its lane` : place);
		if (!drag.scrolls && this.#edge(point)) this.#scroll(drag);
	}

	/** -1 at the left edge of the grid, 1 at the right one, else 0. */
	#edge({ x }) {
		return x < Mover.EDGE ? -1 : x > this.grid.geometry.width - Mover.EDGE ? 1 : 0;
	}

	#scroll(drag) {
		const way = this.grid.editor.drag === drag && this.#edge(drag.point);
		drag.scrolls = Boolean(way);
		if (!way) return;
		const { scroller } = this.grid.parts;
		const before = scroller.scrollLeft;
		scroller.scrollLeft += way * Mover.SCROLL;
		if (scroller.scrollLeft === before) return (drag.scrolls = false);
		this.grid.geometry.scroll = scroller.scrollLeft;
		this.carry(drag, drag.point, drag.copies);
		requestAnimationFrame(() => this.#scroll(drag));
	}

	/** Keep hits where they were dragged to. */
	drop({ placed, cells, copies, base, hit }) {
		const { grid } = this;
		const count = counted(cells.size, "hit");
		if (!placed) return grid.select(cells.size > 1 || grid.selection.size ? cells : new Set());
		grid.edit(`${copies ? "copy" : "move"} ${count}`, () => placed);
		const lost = base.hits.length + (copies ? cells.size : 0) - grid.doc.hits.length;
		const one = placed.cells.size === 1 ? findHit(grid.doc, [...placed.cells][0]) : null;
		grid.transport.hear(one ?? hit);
		const words = one ? grid.view.describe(one) : `${count} ${copies ? "copied" : "moved"}`;
		grid.inform(lost > 0 ? `${words}; ${counted(lost, "hit")} replaced there` : words);
	}
}
