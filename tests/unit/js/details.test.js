const assert = require("node:assert/strict");
const { test } = require("node:test");
const { load, plain, VOICES } = require("./scripts.js");

const js = load(
	["meter.js", "groove.js"],
	["fromValue", "toValue", "addHits", "newHit", "removeCells", "shape", "move", "cellOf", "laneCount", "asHeard", "PERCUSSION", "withHits"],
);
const voices = [...VOICES, "percussion"].map((name) => ({ name }));
const SNARE = 1, RIM = 2;
const MESSAGES = [[0, -0.5, "pedal", 0, 90], [30, 0.1, "choke", 49, 127]];

/** A value of two snares, one of them with a key and a flam, and two notes of percussion. */
const value = (more = {}) => ({
	format: "drummer groove", version: 2, bpm: 100, meter: "4/4", steps_per_beat: 12, bars: 1, settings: { muted: [], soloed: [], locked: [] },
	seed: null, edited: true, model_hash: "", hits: [[12, "snare", 0.7, 0], [36, "snare", 0.6, 0.1]],
	details: {
		key_map: "roland_td17", ticks_per_beat: 960, keys: [[12, "snare", 40]],
		extra_hits: [[6, 0, 56, 0.5, null], [12, 0.4, 40, 0.9, "snare"], [24, -0.25, 70, 0.4, null]], messages: MESSAGES,
	},
	made: "a", ...more,
});

const open = () => js.fromValue(value(), voices);
const detailsOf = (doc) => plain(js.toValue(doc, voices).details);
const cells = (doc, ...tests) => new Set(doc.hits.filter((hit) => tests.some((test) => test(hit))).map(js.cellOf));
const isAt = (step, voice) => (hit) => hit[0] === step && hit[1] === voice && hit.length < 6;
const isPercussion = (hit) => hit[1] === js.PERCUSSION;
const isFlam = (hit) => hit.length === 6 && hit[1] === SNARE;

test("keys, percussion, second hits and messages come back as they went", () => {
	const doc = open();
	assert.deepEqual(plain(doc.hits).map(([step, voice]) => [step, voice]), [[6, 13], [12, 1], [12, 1], [24, 13], [36, 1]]);
	assert.deepEqual(plain(js.toValue(doc, voices)), value());
	assert.equal(js.laneCount(doc), 14);
});

test("a groove without percussion has the lanes of its voices", () => {
	const { details, ...without } = value();
	const doc = js.fromValue(without, voices);
	assert.equal(js.laneCount(doc), 13);
	assert.deepEqual(plain(js.toValue(doc, voices)), without);
});

test("a key follows its hit in its lane, and stays behind in another", () => {
	const doc = open();
	const snare = cells(doc, isAt(12, SNARE));
	assert.deepEqual(detailsOf(js.move(doc, snare, 3, 0)).keys, [[15, "snare", 40]]);
	assert.deepEqual(detailsOf(js.shape(doc, snare, 0.1, 0.1)).keys, [[12, "snare", 40]]);
	const other = js.move(doc, snare, 0, 1);
	assert.deepEqual(detailsOf(other).keys, []);
	assert.deepEqual(plain(other.hits.find(isAt(12, RIM))), [12, RIM, 0.7, 0]);
	assert.deepEqual(detailsOf(js.addHits(doc, [[12, SNARE, 0.75, 0]])).keys, []); // drawn anew
	const heard = js.asHeard({ ...doc, settings: { human: 0 } });
	assert.deepEqual(detailsOf(heard).keys, [[12, "snare", 40]]);
});

test("percussion moves in time and leaves its lane for no voice", () => {
	const doc = open();
	const all = cells(doc, isPercussion);
	const later = detailsOf(js.move(doc, all, 6, 0)).extra_hits;
	assert.deepEqual(later.filter(([, , , , voice]) => voice === null), [[12, 0, 56, 0.5, null], [30, -0.25, 70, 0.4, null]]);
	assert.equal(js.move(doc, all, 0, -1), null);
	assert.equal(js.move(doc, cells(doc, isAt(36, SNARE)), 0, 12), null);
	assert.equal(js.move(doc, all, -7, 0), null);
});

test("an extra hit is removed alone, and edits of others leave it and the messages", () => {
	const doc = open();
	const withoutFlam = js.removeCells(doc, cells(doc, isFlam));
	assert.deepEqual(withoutFlam.hits.length, 4);
	assert.deepEqual(detailsOf(withoutFlam).extra_hits.map(([step]) => step), [6, 24]);
	const withoutSnares = js.removeCells(doc, cells(doc, isAt(12, SNARE), isAt(36, SNARE)));
	assert.deepEqual(detailsOf(withoutSnares), { ...value().details, keys: [] });
});

test("a new hit of percussion is of the nearest instrument", () => {
	const doc = open();
	const hit = js.newHit(doc, 20, js.PERCUSSION, 0.75);
	assert.deepEqual(detailsOf(js.addHits(doc, [hit])).extra_hits.find(([step]) => step === 20), [20, 0, 70, 0.75, null]);
});

test("a groove of version 1 has its meter", () => {
	const { meter, details, ...rest } = value({ version: 1 });
	const doc = js.fromValue({ ...rest, beats_per_bar: 3 }, voices);
	const { beats_per_bar: none, ...newer } = plain(js.toValue(doc, voices));
	assert.deepEqual([newer.version, newer.meter, none], [2, "3/4", undefined]);
});
