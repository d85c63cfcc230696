// The page's menu of meters, and its button for an empty groove.

class MeterMenu {
	constructor(grid) {
		this.grid = grid;
	}

	/** Choose a meter: with the groove's own signature it regroups the beats; any other is for the next groove. */
	choose(text, playable, newEmpty) {
		const { grid } = this;
		const { signature } = Meter.parse(text);
		if (!grid.doc || text === grid.doc.meter) return;
		if (signature === meterOf(grid.doc).signature) grid.commit({ ...grid.doc, meter: text }, null, "meter");
		else if (playable.includes(signature)) grid.inform(`The next groove you generate will be in ${signature}`);
		else grid.inform(`The drummer does not play ${signature}: ${newEmpty} gives you bars of it to draw in`);
	}

	/** Begin a groove without hits; the present one stays on the shelf, and undo brings it back. */
	begin({ meter, bars, bpm, settings }) {
		const { grid } = this;
		const doc = fromValue(emptyGroove(Shelf.newName(), { meter, bars, bpm, settings }), grid.voices);
		grid.stop();
		grid.start = 0;
		grid.replace(doc);
		grid.shelf.add(grid.value, "drawn");
		grid.inform(`${counted(doc.bars, "empty bar")} in ${meterOf(doc).signature}: click to add hits`);
	}
}
