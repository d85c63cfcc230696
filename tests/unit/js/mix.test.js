const assert = require("node:assert/strict");
const { test } = require("node:test");
const { groove, load, plain, VOICES } = require("./scripts.js");

const js = load(["meter.js", "groove.js", "mix.js", "bus.js", "sample.js", "sampler.js"], ["stripOf", "withStrip", "withEffect", "busOf", "withMix", "withoutLostStrip", "isSameMix", "tidyMix", "MIX_RULES", "upgraded", "Compressor", "Kit", "Player"]);
const doc = groove([[0, 0, 1, 0]], { settings: { kit: "black_pearl" } });

test("a mix has what differs from the kit, and is gone once nothing does", () => {
	const softer = js.withStrip(doc, "kick", { volume: -3 });
	const mixed = js.withStrip(js.withStrip(softer, "kick", { pan: 0.5 }), "ride", { tuning: 2 });
	assert.deepEqual(plain(mixed.settings), { kit: "black_pearl", mix: { voices: { kick: { volume: -3, pan: 0.5 }, ride: { tuning: 2 } } } });
	assert.equal(mixed.hits, doc.hits);
	assert.equal(mixed.edited, false);
	assert.deepEqual(plain(js.stripOf(mixed, "ride")), { volume: 0, pan: 0, tuning: 2, kit: "", sample: null });
	assert.deepEqual(plain(js.withStrip(softer, "kick", { volume: 0 })), plain(doc));
	assert.deepEqual(plain(js.withMix(mixed)), plain(doc));
});

test("effects stand beside the strips", () => {
	const mixed = js.withStrip(js.withEffect(doc, "room", 0.4), "kick", { volume: -3 });
	assert.deepEqual(plain(mixed.settings.mix), { voices: { kick: { volume: -3 } }, room: 0.4 });
	assert.deepEqual(plain(js.busOf(mixed)), { room: 0.4, compressor: 0 });
	assert.deepEqual(plain(js.withEffect(js.withStrip(mixed, "kick", { volume: 0 }), "room", 0)), plain(doc));
});

test("a mix is the same in whatever order it is written, and percussion has a strip where it has a lane", () => {
	Object.assign(js.MIX_RULES, { lanes: [...VOICES, "percussion"] });
	const mixed = js.withStrip(js.withStrip(doc, "kick", { volume: -3 }), "percussion", { pan: 1 });
	const other = js.withStrip(js.withStrip(doc, "percussion", { pan: 1 }), "kick", { volume: -3 });
	assert.ok(js.isSameMix(mixed, other) && js.isSameMix(doc, js.withMix(doc)));
	for (const changed of [js.withStrip(mixed, "kick", { volume: -2 }), js.withEffect(mixed, "room", 0.1), doc]) assert.ok(!js.isSameMix(mixed, changed));
	assert.deepEqual(plain(js.withoutLostStrip(mixed).settings.mix), { voices: { kick: { volume: -3 } } });
	const withBell = { ...mixed, hits: [[0, 13, 1, 0, 56, 0]] };
	assert.equal(js.withoutLostStrip(withBell), withBell);
	assert.equal(js.withoutLostStrip(doc), doc);
});

test("the compressor has the threshold, ratio and make-up of the server's, and none at an amount of 0", () => {
	const settled = (amount, decibels) => {
		const [compressor, from, to] = [new js.Compressor(44100), Array(2).fill(new Float32Array(128).fill(10 ** (decibels / 20))), [new Float32Array(128), new Float32Array(128)]];
		for (let round = 0; round < 400; round++) compressor.process(from, to, amount);
		return 20 * Math.log10(to[1].at(-1));
	};
	for (const [amount, decibels, expected] of [[1, -6, -6 - 0.75 * 18 + 9], [0.5, -9, -9 - 0.75 * 3 + 4.5], [0, 3, 3]]) {
		assert.ok(Math.abs(settled(amount, decibels) - expected) < 0.02);
	}
});

test("the player gives each lane its strip", () => {
	const lanes = new Map();
	const player = new js.Player({ setBus() {}, setLane: (...values) => lanes.set(values[0], values.slice(1)) }, null, { lanes: ["kick", "snare"], voices: {} });
	player.setGroove(js.withStrip({ ...doc, muted: [1] }, "snare", { volume: 2 }));
	assert.deepEqual(plain(lanes.get(0)), [true, { volume: 0, pan: 0, tuning: 0, kit: "", sample: null }]);
	assert.deepEqual(plain(lanes.get(1)), [false, { volume: 2, pan: 0, tuning: 0, kit: "", sample: null }]);
});

test("a lane is played, and choked, with the kit of its own", () => {
	const kits = [1, 2].map((rate) => Object.assign(new js.Kit({ layers: [], percussion: {}, chokes: [[0, 1, rate]] }, null), { name: rate }));
	const heard = [], chokes = [];
	const strike = (kit, voice, velocity, time) => heard.push([voice, kit.name]) && { voice, time, end: time + 9, chokedAt: Infinity };
	const mixer = { context: { currentTime: 0 }, setBus() {}, setLane() {}, strike, choke: (note, time, rate) => chokes.push(rate) };
	const player = new js.Player(mixer, kits[0], { lanes: [], voices: {} });
	player.setKit(kits[0], [kits[1]]);
	player.setGroove(groove([[0, 0, 1, 0], [6, 1, 1, 0]]));
	player.begin(0, 0);
	player.scheduleUntil(1);
	assert.deepEqual(heard, [[0, 2], [1, 1]]);
	assert.deepEqual(chokes, [2]);
});

test("of a mix that nobody has checked the valid part is kept, within the ranges", () => {
	Object.assign(js.MIX_RULES, { lanes: ["kick", "snare"], strip: { volume: [-24, 6], pan: [-1, 1] } });
	const wild = { voices: { snare: { volume: 60, pan: "loud", kit: "jazz", size: 2 }, kick: { volume: NaN }, foo: { pan: 1 } }, room: 50, reverb: 1 };
	assert.deepEqual(plain(js.tidyMix(wild)), { voices: { snare: { volume: 6, kit: "jazz" } }, room: 1 });
	for (const wrong of [null, 5, [1, 2], "loud", {}, { voices: [1] }, { voices: {}, room: 0 }]) assert.equal(js.tidyMix(wrong), undefined);
	const opened = js.upgraded({ ...doc, settings: { ...doc.settings, mix: [1, 2] } });
	assert.deepEqual(plain(opened.settings), { kit: "black_pearl" });
	const sound = { voices: { snare: { pan: 0.5, volume: -3 } }, compressor: 0.5 };
	assert.equal(JSON.stringify(js.tidyMix(sound)), JSON.stringify(sound)); // in its own order: takes are compared as text
});
