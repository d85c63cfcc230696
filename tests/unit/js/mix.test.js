const assert = require("node:assert/strict");
const { test } = require("node:test");
const { groove, load, plain } = require("./scripts.js");

const js = load(["meter.js", "groove.js", "mix.js", "sampler.js"], ["stripOf", "withStrip", "withMix", "Player"]);
const doc = groove([[0, 0, 1, 0]], { settings: { kit: "black_pearl" } });

test("a mix has what differs from the kit, and is gone once nothing does", () => {
	const softer = js.withStrip(doc, "kick", { volume: -3 });
	const mixed = js.withStrip(js.withStrip(softer, "kick", { pan: 0.5 }), "ride", { tuning: 2 });
	assert.deepEqual(plain(mixed.settings), { kit: "black_pearl", mix: { voices: { kick: { volume: -3, pan: 0.5 }, ride: { tuning: 2 } } } });
	assert.equal(mixed.hits, doc.hits);
	assert.equal(mixed.edited, false);
	assert.deepEqual(plain(js.stripOf(mixed, "ride")), { volume: 0, pan: 0, tuning: 2 });
	assert.deepEqual(plain(js.withStrip(softer, "kick", { volume: 0 })), plain(doc));
	assert.deepEqual(plain(js.withMix(mixed)), plain(doc));
});

test("the player gives each lane its strip", () => {
	const lanes = new Map();
	const player = new js.Player({ setLane: (...values) => lanes.set(values[0], values.slice(1)) }, null, { lanes: ["kick", "snare"], voices: {} });
	player.setGroove(js.withStrip({ ...doc, muted: [1] }, "snare", { volume: 2 }));
	assert.deepEqual(plain(lanes.get(0)), [true, { volume: 0, pan: 0, tuning: 0 }]);
	assert.deepEqual(plain(lanes.get(1)), [false, { volume: 2, pan: 0, tuning: 0 }]);
});
