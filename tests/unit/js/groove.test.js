const assert = require("node:assert/strict");
const { test } = require("node:test");
const { groove, load, plain, VOICES } = require("./scripts.js");

const js = load(
	["meter.js", "groove.js"],
	["fromValue", "toValue", "onset", "stepSeconds", "blocksOf", "blockAt", "isAudible", "asHeard", "atTempo", "addHits", "removeCells",
		"shape", "move", "cellAt", "changedSetting"],
);
const voices = VOICES.map((name) => ({ name }));

test("a value from the server comes back as it went", () => {
	const value = {
		bpm: 96, bars: 1, meter: "4/4", steps_per_beat: 12, made: "a", seed: 3, edited: true,
		hits: [[0, "kick", 0.9, -0.25], [12, "snare", 0.7, 0.1]],
		settings: { genre: "funk", muted: ["snare"], soloed: [], locked: ["kick"] },
	};
	const doc = js.fromValue(value, voices);
	assert.deepEqual(plain(doc.hits), [[0, 0, 0.9, -0.25], [12, 1, 0.7, 0.1]]);
	assert.deepEqual(plain([doc.muted, doc.locked]), [[1], [0]]);
	assert.deepEqual(plain(js.toValue(doc, voices)), value);
});

test("onsets are in beats, and a negative offset is early", () => {
	assert.equal(js.onset(groove(), [12, 0, 1, -0.5]), 11.5 / 12);
	assert.equal(js.stepSeconds(groove()), 0.5 / 12);
});

test("an added hit replaces the one in its cell, and hits stay in order", () => {
	const before = groove([[0, 0, 0.5, 0], [24, 1, 0.5, 0]]);
	const after = js.addHits(before, [[24, 1, 0.9, 0.1], [12, 4, 0.4, 0]]);
	assert.deepEqual(plain(after.hits), [[0, 0, 0.5, 0], [12, 4, 0.4, 0], [24, 1, 0.9, 0.1]]);
	assert.equal(before.hits.length, 2);
	assert.ok(after.edited && after.handmade);
});

test("hits of cells are removed and the others stay", () => {
	const after = js.removeCells(groove([[0, 0, 0.5, 0], [0, 1, 0.5, 0]]), new Set([js.cellAt(0, 1)]));
	assert.deepEqual(plain(after.hits), [[0, 0, 0.5, 0]]);
});

test("velocity and offset stay in their ranges however far a hand drags", () => {
	const hits = [[0, 0, 0.5, 0]];
	const cells = new Set([js.cellAt(0, 0)]);
	const [[, , loudest, latest]] = js.shape(groove(hits), cells, 9, 9).hits;
	const [[, , softest, earliest]] = js.shape(groove(hits), cells, -9, -9).hits;
	assert.deepEqual([loudest, latest, earliest], [1, 0.4999, -0.5]);
	assert.ok(Math.abs(softest - 1 / 127) < 1e-3);
});

test("an extra hit just ahead of the last bar line keeps its place when it gets louder", () => {
	const before = groove([[47, 0, 0.5, 0.75, 36, 0]]);
	const louder = js.shape(before, new Set([-1]), 0.25, 0);
	assert.deepEqual(plain(louder.hits), [[47, 0, 0.75, 0.75, 36, 0]]);
	const heard = js.asHeard({ ...before, settings: { human: 1.5 } });
	assert.equal(heard.hits[0][3], 0.75);
});

test("hits move together, or not at all where one would leave the grid", () => {
	const doc = groove([[0, 0, 0.5, 0.2], [12, 1, 0.6, 0]]);
	const both = new Set([js.cellAt(0, 0), js.cellAt(12, 1)]);
	assert.deepEqual(plain(js.move(doc, both, 3, 1).hits), [[3, 1, 0.5, 0.2], [15, 2, 0.6, 0]]);
	for (const [steps, lanes] of [[-1, 0], [36, 0], [0, -1], [0, 12]]) assert.equal(js.move(doc, both, steps, lanes), null);
});

test("solo goes before mute", () => {
	assert.equal(js.isAudible(groove([], { muted: [0] }), 0), false);
	assert.equal(js.isAudible(groove([], { muted: [0], soloed: [0] }), 0), true);
	assert.equal(js.isAudible(groove([], { soloed: [0] }), 1), false);
});

test("without expression hits are on the grid at the mean velocity of their voice", () => {
	const played = groove([[0, 0, 0.4, 0.3], [24, 0, 0.8, -0.2], [12, 1, 0.6, 0.1]], { settings: { human: 0 } });
	assert.deepEqual(plain(js.asHeard(played).hits), [[0, 0, 0.6000000000000001, 0], [24, 0, 0.6000000000000001, 0], [12, 1, 0.6, 0]]);
	const asPlayed = { ...played, settings: {} };
	assert.equal(js.asHeard(asPlayed), asPlayed);
});

test("a tempo remembers the one that the seed was played at, and forgets it there", () => {
	const faster = js.atTempo(groove(), 140);
	assert.deepEqual(plain([faster.bpm, faster.settings, faster.edited]), [140, { generated_bpm: 120 }, false]);
	assert.deepEqual(plain(js.atTempo(faster, 120).settings), {});
	assert.deepEqual(plain(js.atTempo(groove([], { edited: true }), 140).settings), {});
});

test("blocks of a song end with the groove", () => {
	const song = groove([], { bars: 5, settings: { song: [{ part: "verse", bars: 2 }, { part: "chorus", bars: 4 }, { part: "ending", bars: 1 }] } });
	assert.deepEqual(plain(js.blocksOf(song)), [{ part: "verse", first: 0, bars: 2 }, { part: "chorus", first: 2, bars: 3 }]);
	assert.equal(js.blockAt(song, 1).part, "verse");
	assert.equal(js.blockAt(song, 2).part, "chorus");
	assert.equal(js.blockAt(groove(), 0), undefined);
});

test("what another widget has changed has a name", () => {
	assert.equal(js.changedSetting(groove(), groove([], { bpm: 90 })), "tempo");
	assert.equal(js.changedSetting(groove(), groove([], { settings: { kit: "jazz" } })), "kit");
	assert.equal(js.changedSetting(groove(), groove()), undefined);
});
