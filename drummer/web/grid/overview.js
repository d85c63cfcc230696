// Overview of a whole groove, above the grid and in the panel Bring your own.

/** The hits of a whole groove on a small canvas, with the part in sight and the playhead. */
class Overview {
	static LEAST_BAR = 4; // pixels between bar lines

	constructor(canvas) {
		this.canvas = canvas;
		this.context = canvas.getContext("2d");
		this.still = document.createElement("canvas"); // drawing without playhead, reused between frames: a song has thousands of hits
		this.shown = []; // inputs of the drawing in `still`
	}

	/** inSight: [from, to] in steps, or null. playBeat: beats, or null. */
	draw(groove, painter, inSight, playBeat) {
		const { canvas, context } = this;
		const density = window.devicePixelRatio || 1;
		const [width, height] = [canvas.clientWidth, canvas.clientHeight];
		if (!width || !height) return;
		const shown = [groove, painter.colors, width, height, density];
		if (shown.some((part, index) => part !== this.shown[index])) {
			this.#drawStill(groove, painter, width, height, density);
			this.shown = shown;
		}
		const x = (steps) => (steps / stepCount(groove)) * width;
		context.setTransform(1, 0, 0, 1, 0, 0);
		context.drawImage(this.still, 0, 0);
		context.setTransform(density, 0, 0, density, 0, 0);
		context.fillStyle = context.strokeStyle = painter.colors.accent;
		if (inSight) {
			const [from, to] = inSight.map((steps) => x(clamp(steps, 0, stepCount(groove))));
			context.lineWidth = 2;
			context.strokeRect(from + 1, 1, to - from - 2, height - 2);
		}
		if (playBeat !== null && playBeat >= 0) context.fillRect(((playBeat % beatCount(groove)) / beatCount(groove)) * width - 1, 0, 2, height);
	}

	#drawStill(groove, painter, width, height, density) {
		for (const canvas of [this.canvas, this.still]) {
			canvas.width = Math.round(width * density);
			canvas.height = Math.round(height * density);
		}
		const context = this.still.getContext("2d");
		context.setTransform(density, 0, 0, density, 0, 0);
		context.fillStyle = painter.colors.lane;
		context.fillRect(0, 0, width, height);
		const x = (steps) => (steps / stepCount(groove)) * width;
		context.fillStyle = painter.colors.beat;
		const barsFit = width / groove.bars >= Overview.LEAST_BAR;
		for (let bar = 1; bar < groove.bars && barsFit; bar++) context.fillRect(Math.round(x(bar * stepsPerBar(groove))), 0, 1, height);
		const lanes = laneCount(groove);
		const lane = (height - 6) / lanes;
		for (const hit of groove.hits) {
			context.fillStyle = mix(painter.colors.lane, painter.inks[hit[VOICE]], Painter.strength(hit[VELOCITY]));
			const y = 3 + (lanes - 1 - hit[VOICE]) * lane;
			context.fillRect(x(hit[STEP] + hit[OFFSET]), y, 2, Math.max(2, lane - 1));
		}
		for (const { part, first, bars } of blocksOf(groove)) {
			const [from, to] = [first, first + bars].map((bar) => x(bar * stepsPerBar(groove)));
			context.fillStyle = painter.colors[part];
			context.fillRect(from, 0, to - from - 1, 3);
		}
	}
}
