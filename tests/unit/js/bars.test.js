const assert = require("node:assert/strict");
const { test } = require("node:test");
const { groove, load, plain } = require("./scripts.js");

const js = load(
	["meter.js", "groove.js", "bars.js"],
	["barOf", "copyBars", "pasteBars", "duplicateBars", "removeBars", "emptyBars", "barsInWords", "Impossible", "PERCUSSION"],
);
const RULES = {
	limits: { bars: 8, steps: 1000, hits: 100, blocks: 3, block_bars: 4 },
	pitches: { general_midi: [36, 38, 37, 39, 42, 44, 46, 43, 47, 50, 49, 51, 53], roland_td17: [36, 38, 37, 39, 42, 44, 46, 43, 45, 48, 49, 51, 53] },
};
const KICK = 0, SNARE = 1;
const hitsOf = (doc) => plain(doc.hits);
const range = (first, last) => ({ first, last });

/** Four bars: the downbeat of the third is early, and in the fourth there is a snare. */
const four = (more = {}) =>
	groove([[0, KICK, 0.9, 0], [48, KICK, 0.8, 0.1], [95, KICK, 0.7, 0.3], [120, SNARE, 0.6, -0.2], [156, SNARE, 0.5, 0]], { bars: 4, ...more });

test("an early downbeat belongs to the bar that it opens, and one ahead of the last bar line to the last bar", () => {
	const doc = four();
	assert.deepEqual(doc.hits.map((hit) => js.barOf(doc, hit)), [0, 1, 2, 2, 3]);
	assert.equal(js.barOf(doc, [94, 0, 1, 0.4]), 1);
	assert.equal(js.barOf(doc, [191, 0, 1, 0.4]), 3);
});

for (const [meter, perBar] of [["3/4", 36], ["6/8", 36], ["7/8", 42], ["4/4", 48]]) {
	test(`a bar of ${meter} is copied with its early downbeat, and leaves that of the bar behind alone`, () => {
		const hits = [[perBar - 1, KICK, 0.7, 0.4], [perBar + 3, SNARE, 0.5, 0], [2 * perBar - 1, KICK, 0.6, 0.2], [2 * perBar + 6, SNARE, 0.4, 0]];
		const doc = groove(hits, { bars: 4, meter });
		const clip = js.copyBars(doc, range(1, 2));
		assert.deepEqual(plain(clip.hits), [[-1, KICK, 0.7, 0.4], [3, SNARE, 0.5, 0]]);
		const after = js.pasteBars(doc, clip, 3, RULES);
		assert.deepEqual(hitsOf(after), [...hits, [3 * perBar - 1, KICK, 0.7, 0.4], [3 * perBar + 3, SNARE, 0.5, 0]]);
		const over = js.pasteBars(doc, js.copyBars(doc, range(3, 4)), 1, RULES); // an empty bar over the second
		assert.deepEqual(hitsOf(over), hits.slice(2));
	});
}

test("in the first bar an early downbeat is as early as it can be", () => {
	const after = js.pasteBars(four(), js.copyBars(four(), range(2, 3)), 0, RULES);
	assert.deepEqual(hitsOf(after).slice(0, 2), [[0, KICK, 0.7, -0.5], [24, SNARE, 0.6, -0.2]]);
});

test("a flam on the first beat keeps both of its hits in the first bar", () => {
	const doc = groove([[47, SNARE, 0.3, 0.2], [48, SNARE, 0.9, 0]], { bars: 2 });
	const after = js.pasteBars(doc, js.copyBars(doc, range(1, 2)), 0, RULES);
	assert.deepEqual(hitsOf(after).slice(0, 2), [[0, SNARE, 0.3, -0.5, 38, 0], [0, SNARE, 0.9, 0]]);
	assert.equal(after.details.key_map, "general_midi");
});

test("bars that are doubled push the others on, and nothing is lost or doubled at the joint", () => {
	const after = js.duplicateBars(four(), range(1, 3), RULES);
	assert.equal(after.bars, 6);
	assert.deepEqual(hitsOf(after), [
		[0, KICK, 0.9, 0], [48, KICK, 0.8, 0.1], [95, KICK, 0.7, 0.3], [120, SNARE, 0.6, -0.2],
		[144, KICK, 0.8, 0.1], [191, KICK, 0.7, 0.3], [216, SNARE, 0.6, -0.2], [252, SNARE, 0.5, 0],
	]);
	const back = js.removeBars(after, range(3, 5), RULES);
	assert.deepEqual([hitsOf(back), back.bars], [hitsOf(four()), 4]);
});

test("bars that are pasted at the end make the groove longer", () => {
	const after = js.pasteBars(four(), js.copyBars(four(), range(0, 2)), 3, RULES);
	assert.equal(after.bars, 5);
	assert.deepEqual(hitsOf(after).slice(-2), [[144, KICK, 0.9, 0], [192, KICK, 0.8, 0.1]]);
});

test("removed bars take their music along, and what follows moves up", () => {
	const after = js.removeBars(four(), range(0, 2), RULES);
	assert.deepEqual([hitsOf(after), after.bars], [[[0, KICK, 0.7, -0.5], [24, SNARE, 0.6, -0.2], [60, SNARE, 0.5, 0]], 2]);
});

test("empty bars keep their length and the downbeat behind them", () => {
	assert.deepEqual(hitsOf(js.emptyBars(four(), range(0, 2))), hitsOf(four()).slice(2));
	assert.equal(js.emptyBars(four(), range(0, 2)).bars, 4);
});

test("what is not possible is said in a sentence", () => {
	const doc = four();
	const clip = js.copyBars(doc, range(0, 2));
	const fails = (act, words) => assert.throws(act, (error) => error instanceof js.Impossible && error.message.includes(words));
	fails(() => js.pasteBars({ ...doc, meter: "3/4" }, clip, 0, RULES), "in 4/4 and this groove is in 3/4");
	fails(() => js.pasteBars({ ...doc, steps_per_beat: 24 }, clip, 0, RULES), "12 steps per beat and this groove has 24");
	fails(() => js.removeBars(doc, range(0, 4), RULES), "at least one bar");
	fails(() => js.duplicateBars({ ...doc, bars: 7 }, range(0, 2), RULES), "can have 8 bars here, and this would make 9");
	fails(() => js.duplicateBars(doc, range(0, 4), { ...RULES, limits: { ...RULES.limits, hits: 6 } }), "can have 6 hits");
});

test("blocks of a song, locked bars and controls by bar go with their bars", () => {
	const song = [{ part: "verse", bars: 2 }, { part: "chorus", bars: 2 }];
	const doc = four({ settings: { song, locked_bars: [0, 3], fill: [0, 1, 0, 0], muted: ["kick"] } });
	const longer = plain(js.duplicateBars(doc, range(1, 2), RULES).settings);
	assert.deepEqual(longer, { song: [{ part: "verse", bars: 3 }, { part: "chorus", bars: 2 }], locked_bars: [0, 4], fill: [0, 1, 1, 0, 0], muted: ["kick"] });
	const shorter = plain(js.removeBars(doc, range(1, 4), RULES).settings);
	assert.deepEqual(shorter, { song: [{ part: "verse", bars: 1 }], locked_bars: [0], fill: [0], muted: ["kick"] });
});

test("a block of a song that becomes too long is split, and one block too many makes the groove no song any more", () => {
	const songOf = (doc) => plain(doc.settings.song ?? null);
	const song = [{ part: "verse", bars: 3, intensity: 0.4 }, { part: "chorus", bars: 1 }];
	const doc = four({ settings: { song } });
	const [full, rest] = [{ part: "verse", bars: 4, intensity: 0.4 }, { part: "verse", bars: 2, intensity: 0.4 }];
	const split = js.duplicateBars(doc, range(0, 3), RULES);
	assert.deepEqual(songOf(split), [full, rest, song[1]]);
	const pasted = js.pasteBars(doc, js.copyBars(doc, range(0, 4)), 4, RULES);
	assert.deepEqual(songOf(pasted), [song[0], { part: "chorus", bars: 4 }, { part: "chorus", bars: 1 }]);
	const unlimited = { ...RULES, limits: { ...RULES.limits, bars: 16 } };
	assert.equal(songOf(js.duplicateBars(split, range(0, 4), unlimited)), null);
});

test("keys, percussion and pedal of a file go with their bars, and the pedal is back behind them", () => {
	const messages = [[0, 0, "pedal", 0, 90], [60, 0, "pedal", 0, 20], [70, 0, "choke", 49, 127], [100, 0, "pedal", 0, 90]];
	const doc = groove([[52, SNARE, 0.5, 0, 40], [95, js.PERCUSSION, 0.5, 0, 56, 0]], { bars: 3, details: { key_map: "roland_td17", ticks_per_beat: 960, messages } });
	const clip = js.copyBars(doc, range(1, 2));
	assert.deepEqual(plain(clip.hits), [[4, SNARE, 0.5, 0, 40]]); // the cowbell opens the third bar
	const after = js.pasteBars(doc, clip, 0, RULES);
	assert.deepEqual(plain(after.details.messages.slice(0, 4)), [[0, -0.5, "pedal", 0, 90], [12, 0, "pedal", 0, 20], [22, 0, "choke", 49, 127], [48, -0.5, "pedal", 0, 90]]);
	assert.deepEqual(hitsOf(after)[0], [4, SNARE, 0.5, 0, 40]);
	const elsewhere = js.pasteBars(groove([], { bars: 2, details: { key_map: "general_midi", ticks_per_beat: 480, messages: [] } }), clip, 0, RULES);
	assert.deepEqual(hitsOf(elsewhere), [[4, SNARE, 0.5, 0]]); // another map has other keys
});

test("bars are named as musicians count them", () => {
	assert.deepEqual([js.barsInWords(range(2, 3)), js.barsInWords(range(1, 4))], ["bar 3", "bars 2\u20134"]);
});
