// Drawing of ranges of bars in the grid: those that are selected, looped, locked.

/** The selected bars, from their numbers down. */
function paintBars({ context, sheet, colors }, { first, last }) {
	const perBar = stepsPerBar(sheet.groove);
	const [from, to] = [sheet.x(first * perBar), sheet.x(last * perBar)];
	context.fillStyle = mix(colors.lane, colors.accent, 0.14);
	context.fillRect(from, sheet.ruler - Sheet.RULER, to - from, Sheet.RULER + sheet.laneCount * sheet.laneHeight);
}

/** The loop range, below the bar numbers. */
function paintLoop({ context, sheet, colors }, { from, to }) {
	const [left, right] = [from, to].map((beat) => sheet.x(beat * sheet.groove.steps_per_beat));
	context.fillStyle = mix(colors.panel, colors.accent, 0.75);
	context.fillRect(left, sheet.ruler - 4, right - left, 4);
	for (const x of [left, right - 3]) context.fillRect(x, sheet.ruler - 12, 3, 12);
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
