const assert = require("node:assert/strict");
const { test } = require("node:test");
const { load } = require("./scripts.js");

const { TapTempo } = load(["tap_tempo.js"], ["TapTempo"]);

test("taps on dotted quarters are a tempo in quarters", () => {
	const tapped = new TapTempo();
	assert.equal(tapped.tap(0, 1.5), null);
	assert.equal(tapped.tap(1000, 1.5), 90);
	assert.equal(new TapTempo().tap(0), null);
});
