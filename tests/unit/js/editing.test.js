const assert = require("node:assert/strict");
const { test } = require("node:test");
const { groove, load, plain } = require("./scripts.js");

const { Editor, History, cellOf } = load(
	["meter.js", "groove.js", "bars.js", "shaping.js", "history.js", "mover.js", "editing.js"], ["Editor", "History", "cellOf"],
);

/** An editor of a grid in which one hit is selected. */
function editing() {
	const grid = {
		history: new History(),
		doc: groove([[12, 1, 0.5, 0]]),
		transport: { hear: () => {} },
		view: { describe: () => "" },
		report: () => {},
		say: () => {},
		commit(doc, gesture, did) {
			this.history.push(this.doc, gesture);
			this.doc = { ...doc, did };
		},
	};
	grid.selection = new Set(grid.doc.hits.map(cellOf));
	return { grid, editor: new Editor(grid, { addEventListener: () => {} }) };
}

test("presses of one key are undone together, and those that change velocity apart from those that change timing", () => {
	const { grid, editor } = editing();
	editor.shape(0.1, 0);
	editor.shape(0.1, 0);
	editor.shape(0, 0.2);
	assert.deepEqual([plain(grid.doc.hits), grid.doc.did], [[[12, 1, 0.7, 0.2]], "timing"]);
	grid.doc = grid.history.undo(grid.doc);
	assert.deepEqual([plain(grid.doc.hits), grid.doc.did], [[[12, 1, 0.7, 0]], "velocity"]);
	grid.doc = grid.history.undo(grid.doc);
	assert.deepEqual(plain(grid.doc.hits), [[12, 1, 0.5, 0]]);
});
