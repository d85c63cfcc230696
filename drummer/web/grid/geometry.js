// Geometry of the drum grid. Needs no DOM.

/** Positions of hits, lanes and bars, in CSS pixels from the top left corner of the canvas. */
class Geometry {
	static RULER = 24; // height of the bar numbers
	static BAND = 22; // height of the block names of a song, above
	static EDGE = 8; // room ahead of the first bar line, for early hits, and behind the last
	static STRIP_GAP = 8;
	static STRIP = 44;
	static WIDEST = 16; // of a mark

	constructor() {
		this.width = 0; // of the part in sight
		this.laneHeight = 24;
		this.barWidth = 200;
		this.scroll = 0;
		this.laneCount = VOICE_COUNT;
	}

	fit(groove) {
		this.groove = groove;
		this.blocks = blocksOf(groove);
		this.laneCount = laneCount(groove);
		this.stepWidth = this.barWidth / stepsPerBar(groove);
		this.contentWidth = groove.bars * this.barWidth + 2 * Geometry.EDGE;
		this.#measureRoom();
	}

	/** Measure the distance from each hit to the next of its voice, in steps, so that no mark covers another of its lane. */
	#measureRoom() {
		this.room = new Map();
		const next = new Array(LANE_COUNT).fill(Infinity);
		for (const hit of this.groove.hits.toReversed()) {
			const start = hit[STEP] + hit[OFFSET];
			this.room.set(hit, next[hit[VOICE]] - start);
			next[hit[VOICE]] = start;
		}
	}

	/** Height of bar numbers and block names above the lanes. */
	get ruler() {
		return Geometry.RULER + (this.blocks?.length ? Geometry.BAND : 0);
	}

	get lanesBottom() {
		return this.ruler + this.laneCount * this.laneHeight;
	}

	get height() {
		return this.lanesBottom + Geometry.STRIP_GAP + Geometry.STRIP;
	}

	get stripMiddle() {
		return this.lanesBottom + Geometry.STRIP_GAP + Geometry.STRIP / 2;
	}

	/** x of a position in steps. */
	x(steps) {
		return Geometry.EDGE + steps * this.stepWidth - this.scroll;
	}

	steps(x) {
		return (x - Geometry.EDGE + this.scroll) / this.stepWidth;
	}

	/** Top of a lane; the kick is at the bottom, as drummers write it, and percussion at the top. */
	laneTop(voice) {
		return this.ruler + (this.laneCount - 1 - voice) * this.laneHeight;
	}

	/** The voice at a height, or null outside the lanes. */
	voice(y) {
		const lane = Math.floor((y - this.ruler) / this.laneHeight);
		return lane >= 0 && lane < this.laneCount ? this.laneCount - 1 - lane : null;
	}

	/** The hits whose marks may be in sight, and some beyond. */
	hitsInSight() {
		const { hits } = this.groove;
		const [from, to] = [this.steps(-Geometry.WIDEST) - 1, this.steps(this.width) + 1];
		return hits.slice(firstFrom(hits, from), firstFrom(hits, to + 1));
	}

	/** Box of a hit's mark: x, y, width, height. */
	mark(hit) {
		const strength = Painter.strength(hit[VELOCITY]);
		const height = strength * (this.laneHeight - 3);
		const widest = clamp(0.22 * this.groove.steps_per_beat * this.stepWidth, 4, Geometry.WIDEST);
		const width = clamp(this.room.get(hit) * this.stepWidth - 1, 2, widest);
		const middle = this.laneTop(hit[VOICE]) + this.laneHeight / 2;
		return { x: this.x(hit[STEP] + hit[OFFSET]), y: middle - height / 2, width, height };
	}

	/** The hit whose mark is under a point, or nearest to it within reach. */
	hitNear(x, y, reach) {
		const voice = this.voice(y);
		let nearest = null;
		let distance = reach;
		for (const hit of this.hitsInSight()) {
			if (hit[VOICE] !== voice) continue;
			const mark = this.mark(hit);
			const away = Math.max(mark.x - x, x - mark.x - mark.width, 0);
			if (away < distance || (away === 0 && distance === 0)) {
				nearest = hit;
				distance = away;
			}
		}
		return nearest;
	}

	hitsInside(box) {
		return this.hitsInSight().filter((hit) => {
			const mark = this.mark(hit);
			const middle = mark.y + mark.height / 2;
			return mark.x + mark.width >= box.x && mark.x <= box.x + box.width && middle >= box.y && middle <= box.y + box.height;
		});
	}
}
