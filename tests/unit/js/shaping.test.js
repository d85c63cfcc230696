const assert = require("node:assert/strict");
const { test } = require("node:test");
const { groove, load, plain } = require("./scripts.js");

const js = load(
	["meter.js", "groove.js", "bars.js", "shaping.js"],
	["spanOf", "copyHits", "pasteHits", "reach", "placeHits", "quantise", "ramp", "flam", "roll", "swapHatsAndRide", "cellOf", "Impossible", "PERCUSSION"],
);
const RULES = {
	limits: { bars: 8, steps: 1000, hits: 100 },
	pitches: { general_midi: [36, 38, 37, 39, 42, 44, 46, 43, 47, 50, 49, 51, 53] },
	flam_seconds: 0.03, flam_window: 0.05, flam_velocity: 0.5, roll_velocity: 0.8,
};
const KICK = 0, SNARE = 1, CLOSED = 4, PEDAL = 5, OPEN = 6, RIDE = 11, BELL = 12;
const all = (doc) => new Set(doc.hits.map(js.cellOf));
const hitsOf = (doc) => plain(doc.hits);
const at = (steps, voice = SNARE) => steps.map((step) => [step, voice, 0.5, 0]);
const fails = (act, words) => assert.throws(act, (error) => error instanceof js.Impossible && error.message.includes(words));

test("a copy goes on by whole beats, by whole bars where it is most of one", () => {
	const span = (steps, more) => plain(js.spanOf(groove([], { bars: 4, ...more }), at(steps)));
	assert.deepEqual(span([6, 18]), { from: 0, to: 24 });
	assert.deepEqual(span([3]), { from: 0, to: 12 });
	assert.deepEqual(span([0, 24]), { from: 0, to: 48 }); // kicks on 1 and 3
	assert.deepEqual(span([40, 50]), { from: 36, to: 60 });
	assert.deepEqual(span([47]), { from: 48, to: 60 }); // an early downbeat
	assert.deepEqual(span([20], { meter: "6/8" }), { from: 18, to: 36 });
	assert.deepEqual(span([40], { meter: "7/8" }), { from: 36, to: 42 });
	assert.deepEqual(span([2, 26], { meter: "3/4" }), { from: 0, to: 36 });
});

test("hits are pasted where one points, and those behind the last bar are counted", () => {
	const doc = groove([[12, SNARE, 0.6, 0.2], [18, KICK, 0.5, 0], [23, SNARE, 0.4, 0.4], [36, SNARE, 0.9, 0]], { bars: 1 });
	const clip = js.copyHits(doc, new Set(doc.hits.slice(0, 3).map(js.cellOf)));
	const { doc: after, left, cells } = js.pasteHits(doc, clip, 36, RULES);
	assert.deepEqual(hitsOf(after).slice(3), [[36, SNARE, 0.6, 0.2], [42, KICK, 0.5, 0], [47, SNARE, 0.4, 0.4]]);
	assert.deepEqual([left, cells.size], [0, 3]);
	assert.equal(js.pasteHits(doc, clip, 42, RULES).left, 2);
	fails(() => js.pasteHits(groove([], { bars: 1, meter: "2/4" }), clip, 24, RULES), "no room for these hits");
});

test("hits are pasted into a groove on another grid where they sound", () => {
	const clip = js.copyHits(groove(at([6, 16])), all(groove(at([6, 16]))));
	const { doc } = js.pasteHits(groove([], { steps_per_beat: 4 }), clip, 4, RULES);
	assert.deepEqual(hitsOf(doc).map(([step, , , offset]) => step + offset), [6, 9 + 0.3333]);
});

test("hits are dragged as far as all of them stay in the grid", () => {
	const doc = groove([[0, KICK, 0.5, 0], [40, BELL, 0.5, 0]]);
	assert.deepEqual(plain(js.reach(doc, all(doc), 20, 3)), [7, 0]);
	assert.deepEqual(plain(js.reach(doc, new Set([js.cellOf(doc.hits[1])]), -50, -3)), [-40, -3]);
	const withBell = groove([[0, js.PERCUSSION, 0.5, 0, 56, 0]], { details: { key_map: "general_midi", ticks_per_beat: 480, messages: [] } });
	assert.deepEqual(plain(js.reach(withBell, all(withBell), 5, -2)), [5, 0]);
});

test("a hit keeps velocity, offset and key in its lane, and loses the key in another", () => {
	const doc = groove([[12, SNARE, 0.6, -0.3, 40]], { details: { key_map: "general_midi", ticks_per_beat: 480, messages: [] } });
	assert.deepEqual(hitsOf(js.placeHits(doc, all(doc), 24, 0, RULES).doc), [[36, SNARE, 0.6, -0.3, 40]]);
	assert.deepEqual(hitsOf(js.placeHits(doc, all(doc), 24, 1, RULES).doc), [[36, 2, 0.6, -0.3]]);
	assert.deepEqual(hitsOf(js.placeHits(doc, all(doc), 24, 0, RULES, true).doc), [[12, SNARE, 0.6, -0.3, 40], [36, SNARE, 0.6, -0.3, 40]]);
});

test("both hits of a flam in one cell move to another lane", () => {
	const doc = groove([[12, SNARE, 0.3, -0.4, 38, 0], [12, SNARE, 0.9, 0]], { details: { key_map: "general_midi", ticks_per_beat: 480, messages: [] } });
	const { doc: after, cells } = js.placeHits(doc, all(doc), 0, 6, RULES);
	assert.deepEqual(hitsOf(after), [[12, 7, 0.3, -0.4, 43, 0], [12, 7, 0.9, 0]]);
	assert.equal(cells.size, 2);
});

test("quantising moves each onset by a share of its way to the nearest line", () => {
	const doc = groove([[1, SNARE, 0.5, 0], [13, KICK, 0.5, 0.25], [47, CLOSED, 0.5, -0.2]], { bars: 2 });
	const half = js.quantise(doc, all(doc), 3, 0.5, RULES);
	assert.deepEqual(hitsOf(half.doc).map(([step, , , offset]) => +(step + offset).toFixed(3)), [0.5, 12.625, 47.4]);
	const full = js.quantise(doc, all(doc), 3, 1, RULES);
	assert.deepEqual(hitsOf(full.doc).map(([step, voice, , offset]) => [step, voice, offset]), [[0, SNARE, 0], [12, KICK, 0], [48, CLOSED, 0]]);
	assert.equal(full.moved, 3);
	assert.equal(js.quantise(doc, all(doc), 3, 0, RULES).moved, 0);
	const one = js.quantise(doc, new Set([js.cellOf(doc.hits[0])]), 3, 1, RULES);
	assert.deepEqual(hitsOf(one.doc).slice(1), hitsOf(doc).slice(1));
});

test("quantising counts its lines anew in each bar of 7/8", () => {
	const doc = groove([[44, SNARE, 0.5, 0]], { bars: 2, meter: "7/8" });
	assert.deepEqual(hitsOf(js.quantise(doc, all(doc), 12, 1, RULES).doc), [[42, SNARE, 0.5, 0]]);
});

test("quantising keeps a flam a flam, and of two hits on one line the louder", () => {
	const flam = groove([[12, SNARE, 0.3, 0], [12.0, SNARE, 0.9, 0.49]].map(([, ...rest], index) => [11 + index, ...rest]));
	const moved = js.quantise(flam, all(flam), 3, 1, { ...RULES, flam_window: 0.08 });
	assert.deepEqual(hitsOf(moved.doc).map(([step, , , offset]) => +(step + offset).toFixed(2)), [10.51, 12]);
	const two = groove([[0, SNARE, 0.3, 0], [1, SNARE, 0.9, 0.4]]);
	const merged = js.quantise(two, all(two), 12, 1, { ...RULES, flam_window: 0 });
	assert.deepEqual([hitsOf(merged.doc), merged.merged], [[[0, SNARE, 0.9, 0]], 1]);
});

test("a hit ahead of the last bar line stays in the groove when it is quantised", () => {
	const doc = groove([[47, KICK, 0.5, 0]]);
	assert.deepEqual(hitsOf(js.quantise(doc, all(doc), 3, 1, RULES).doc), [[47, KICK, 0.5, 0.4999]]);
});

test("a ramp rises evenly in time, and needs two times", () => {
	const doc = groove(at([0, 12, 36]));
	assert.deepEqual(hitsOf(js.ramp(doc, all(doc), 127, 1)).map(([, , velocity]) => Math.round(127 * velocity)), [127, 85, 1]);
	fails(() => js.ramp(groove(at([12])), all(groove(at([12]))), 1, 100), "two different times");
});

test("a flam is a softer hit just before, in a cell of its own where there is one", () => {
	const early = js.flam(groove([[12, SNARE, 0.8, -0.3]]), new Set([js.cellOf([12, SNARE])]), RULES);
	assert.deepEqual(hitsOf(early.doc), [[11, SNARE, 0.4, -0.02], [12, SNARE, 0.8, -0.3]]);
	const slow = groove([[12, SNARE, 0.8, 0.3]], { bpm: 60 });
	const inOneCell = js.flam(slow, all(slow), RULES).doc;
	assert.deepEqual(hitsOf(inOneCell), [[12, SNARE, 0.4, -0.06, 38, 0], [12, SNARE, 0.8, 0.3]]);
	fails(() => js.flam(inOneCell, all(inOneCell), RULES), "flams already");
});

test("what is a flam already is left alone, and so is a hit without room before it", () => {
	const doc = groove([[11, SNARE, 0.4, 0], [12, SNARE, 0.8, 0]]);
	fails(() => js.flam(doc, new Set([js.cellOf([12, SNARE])]), RULES), "flams already");
	for (const offset of [-0.5, 0]) {
		const first = groove([[0, SNARE, 0.8, offset]]);
		fails(() => js.flam(first, all(first), RULES), "before the first bar line"); // a MIDI file has no place for it
	}
});

test("a roll repeats a hit up to the next of its drum, for a beat at most", () => {
	const doc = groove([[0, SNARE, 0.5, 0], [6, SNARE, 0.5, 0], [6, KICK, 0.5, 0]]);
	const first = new Set([js.cellOf([0, SNARE])]);
	assert.deepEqual(hitsOf(js.roll(doc, first, 1.5, RULES).doc).filter(([, voice]) => voice === SNARE), [
		[0, SNARE, 0.5, 0], [2, SNARE, 0.4, -0.5], [3, SNARE, 0.4, 0], [5, SNARE, 0.4, -0.5], [6, SNARE, 0.5, 0],
	]);
	const alone = groove(at([24]));
	assert.deepEqual(hitsOf(js.roll(alone, all(alone), 3, RULES).doc).map(([step]) => step), [24, 27, 30, 33]);
	const compound = groove(at([0]), { meter: "6/8" });
	assert.equal(js.roll(compound, all(compound), 3, RULES).count, 5);
	fails(() => js.roll(doc, first, 6, RULES), "no room for a roll");
	const last = groove(at([47]));
	fails(() => js.roll(last, all(last), 3, RULES), "no room for a roll");
});

test("hats and ride change places, and the foot stays on the pedal", () => {
	const doc = groove([[0, CLOSED, 0.5, 0.1], [6, OPEN, 0.6, 0], [12, RIDE, 0.7, 0], [18, BELL, 0.8, 0], [24, PEDAL, 0.4, 0], [24, KICK, 0.9, 0]]);
	const { doc: after, cells } = js.swapHatsAndRide(doc, all(doc), RULES);
	assert.deepEqual(hitsOf(after).map(([step, voice]) => [step, voice]), [[0, RIDE], [6, BELL], [12, CLOSED], [18, OPEN], [24, KICK], [24, PEDAL]]);
	assert.equal(cells.size, 6);
	assert.deepEqual(hitsOf(js.swapHatsAndRide(after, cells, RULES).doc), hitsOf(doc).toSorted((one, other) => one[0] - other[0] || one[1] - other[1]));
	fails(() => js.swapHatsAndRide(groove(at([0])), all(groove(at([0]))), RULES), "no hat or ride");
});
