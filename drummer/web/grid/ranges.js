// Drawing of ranges of bars in the grid: those that are selected, looped, locked.

/** The selected bars, from their numbers down. */
function paintBars({ context, geometry, colors }, { first, last }) {
	const perBar = stepsPerBar(geometry.groove);
	const [from, to] = [geometry.x(first * perBar), geometry.x(last * perBar)];
	context.fillStyle = mix(colors.lane, colors.accent, 0.14);
	context.fillRect(from, geometry.ruler - Geometry.RULER, to - from, Geometry.RULER + geometry.laneCount * geometry.laneHeight);
}

/** The loop range, below the bar numbers. */
function paintLoop({ context, geometry, colors }, { from, to }) {
	const [left, right] = [from, to].map((beat) => geometry.x(beat * geometry.groove.steps_per_beat));
	context.fillStyle = mix(colors.panel, colors.accent, 0.75);
	context.fillRect(left, geometry.ruler - 4, right - left, 4);
	for (const x of [left, right - 3]) context.fillRect(x, geometry.ruler - 12, 3, 12);
}

/** A small lock, beside the number of a bar, in its colour. */
function paintLock(context, x, middle) {
	context.fillRect(x, middle - 1, 8, 6);
	context.strokeStyle = context.fillStyle;
	context.lineWidth = 1.5;
	context.beginPath();
	context.arc(x + 4, middle - 1, 2.5, Math.PI, 0);
	context.stroke();
}
