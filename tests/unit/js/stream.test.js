const assert = require("node:assert/strict");
const { test } = require("node:test");
const { groove, load, plain } = require("./scripts.js");

const { History, Stream } = load(["meter.js", "groove.js", "bars.js", "history.js", "stream.js"], ["History", "Stream"], { CustomEvent });

/** The part of the grid that a stream needs. */
class Grid {
	history = new History();
	editor = { drag: null };
	parts = { progress: { style: {} } };
	root = { dispatchEvent: () => {} };
	voices = [{ name: "kick" }];
	doc = null;
	finished = [];

	mixed(doc) {
		return doc;
	}

	begin(doc, replaced) {
		if (this.doc && this.doc.made !== replaced) this.history.push(this.doc);
		this.doc = doc;
	}

	grow() {}

	finish(doc) {
		this.finished.push(doc.made);
	}

	inform() {}

	edit(hit) {
		this.history.push(this.doc);
		this.doc = { ...this.doc, hits: [...this.doc.hits, hit] };
	}
}

/** A value of the server: one bar with a hit, after which so many of the eight are there. */
const part = (made, streamed) => ({ ...groove([[48 * (streamed - 1), "kick", 0.9, 0]], { bars: 8, made }), streamed });

/** A stream that has received the first bars of these grooves, each with a request of its own. */
function streaming(...begun) {
	const grid = new Grid();
	const stream = new Stream(grid);
	for (const [index, [made, bars]] of begun.entries()) {
		if (index) stream.replace();
		for (let bar = 1; bar <= bars; bar++) stream.receive(part(made, bar));
	}
	return { grid, stream };
}

test("a groove that another one replaces is cut in the history to the bars that are there", () => {
	const { grid, stream } = streaming(["a", 5]);
	grid.edit([300, 0, 0.5, 0]); // in a bar that never comes
	grid.edit([10, 0, 0.5, 0]);
	stream.replace();
	stream.receive(part("b", 1));
	assert.ok(grid.history.past.every(({ made, bars }) => made === "a" && bars === 5));
	assert.deepEqual(plain(grid.history.past.map(({ hits }) => hits.length)), [5, 5]);
	assert.ok(!stream.lacks(grid.history.past[0]));
	for (let bar = 2; bar <= 8; bar++) stream.receive(part("b", bar));
	assert.deepEqual(grid.finished, ["b"]);
	assert.deepEqual([grid.doc.bars, grid.doc.hits.length], [8, 8]);
});

test("what is kept of a groove is its own bars, not as many as its successor has", () => {
	const { grid, stream } = streaming(["a", 5]);
	const old = grid.doc;
	stream.replace();
	assert.equal(stream.kept(old).bars, 5);
	stream.receive(part("b", 1));
	stream.receive(part("b", 2));
	assert.equal(stream.kept(grid.doc).bars, 2);
	assert.equal(stream.kept(old), old);
});

test("without a first bar of the next groove the one before keeps its bars, and a take that was chosen meanwhile all of its own", () => {
	const { grid, stream } = streaming(["a", 5]);
	grid.history.push(grid.doc);
	grid.doc = groove([], { bars: 8, made: "chosen" });
	stream.replace();
	stream.settle(true);
	assert.deepEqual([grid.doc.made, grid.doc.bars], ["chosen", 8]);
	assert.deepEqual([grid.history.past[0].made, grid.history.past[0].bars], ["a", 5]);
	assert.deepEqual([grid.finished, stream.started], [["a"], false]);
});

test("a groove is heard once its next bar is there, and its successor from its own first bar", () => {
	const { grid, stream } = streaming(["a", 2]);
	assert.ok(stream.covers(grid.doc, 0) && !stream.covers(grid.doc, 4));
	stream.replace();
	assert.ok(!stream.covers(grid.doc, 0) && !stream.started);
	stream.receive(part("b", 1));
	assert.ok(stream.covers(grid.doc, 0) && stream.started);
});
