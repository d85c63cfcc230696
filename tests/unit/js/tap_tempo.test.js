const assert = require("node:assert/strict");
const { test } = require("node:test");
const { load } = require("./scripts.js");

const { TapTempo } = load(["tap_tempo.js"], ["TapTempo"]);

test("two taps make a tempo", () => {
	const tapped = new TapTempo();
	assert.equal(tapped.tap(1000), null);
	assert.equal(tapped.tap(1500), 120);
});

test("the last five taps count", () => {
	const tapped = new TapTempo();
	for (const time of [0, 1000, 2000, 2500, 3000, 3500]) tapped.tap(time);
	assert.equal(tapped.tap(4000), 120);
});

test("after a pause a new row begins", () => {
	const tapped = new TapTempo();
	tapped.tap(0);
	tapped.tap(500);
	assert.equal(tapped.tap(3000), null);
	assert.equal(tapped.tap(4000), 60);
});

test("taps on dotted quarters are a tempo in quarters", () => {
	const tapped = new TapTempo();
	assert.equal(tapped.tap(0, 1.5), null);
	assert.equal(tapped.tap(1000, 1.5), 90);
});
