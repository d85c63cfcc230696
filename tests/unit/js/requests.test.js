const assert = require("node:assert/strict");
const { test } = require("node:test");
const { groove, load, plain } = require("./scripts.js");

const { Requests } = load(
	["meter.js", "groove.js", "bars.js", "edits.js", "time_scaling_history.js", "requests.js"], ["Requests"], { setTimeout: (act) => act(), clearTimeout: () => {} },
);

/** What is triggered and said when a control of the page is changed while a groove is shown. */
function changed(doc) {
	const done = [];
	const grid = { doc, stream: { started: false }, trigger: (event) => done.push(event), inform: (sentence) => done.push(sentence) };
	new Requests(grid).regenerate();
	return plain(done);
}

test("a change of the settings generates the groove again, or says why not; without a groove it does neither", () => {
	assert.deepEqual(changed(groove()), ["regenerate"]);
	assert.deepEqual(changed(groove([], { handmade: true })), ["Your own groove: press Generate or Re-roll to use the new settings"]);
	assert.deepEqual(changed(groove([], { settings: { locked_bars: [0] } })), ["Some bars are locked: press Re-roll to use the new settings in the others"]);
	assert.deepEqual(changed(null), []);
});
