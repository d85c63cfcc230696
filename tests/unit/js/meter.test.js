const assert = require("node:assert/strict");
const { test } = require("node:test");
const { groove, load, plain } = require("./scripts.js");

const js = load(["meter.js", "groove.js"], ["Meter", "stepsPerBar", "beatCount", "snapped", "cellEnd"]);

test("a meter that is none is refused", () => {
	for (const text of ["", "4", "0/4", "33/4", "4/3", "7/8 (3+3)", "7/8 (7+0)", "4/4 blues"]) assert.equal(js.Meter.parse(text), null, text);
});

test("the bar line is strong, the beginning of a group medium, another click weak", () => {
	const accents = (text) => {
		const meter = js.Meter.parse(text);
		return Array.from({ length: meter.pulses }, (_, count) => meter.accent(count * meter.pulse)).join("");
	};
	assert.equal(accents("4/4"), "2000");
	assert.equal(accents("7/8"), "2010100");
	assert.equal(accents("7/8 (3+2+2)"), "2001010");
	assert.equal(accents("6/8"), "21");
	assert.equal(accents("5/4 (2+3)"), "20100");
	assert.equal(js.Meter.parse("6/8").accent(-3), 2); // in a count-in
});

test("a tempo is shown in quarters, and of compound meters in dotted quarters too", () => {
	assert.equal(js.Meter.parse("6/8").tempo(90), "90 BPM, ♩. = 60");
	assert.equal(js.Meter.parse("12/8").tempo(100), "100 BPM, ♩. = 66.7");
	assert.equal(js.Meter.parse("7/8").tempo(140), "140 BPM");
});

test("snapping cells begin anew in each bar, and the last of a bar may be shorter", () => {
	const doc = groove([], { bars: 2, meter: "7/8" });
	assert.deepEqual(plain([js.stepsPerBar(doc), js.beatCount(doc)]), [42, 7]);
	assert.deepEqual([41, 42, 47, 50].map((step) => js.snapped(doc, step, 4)), [40, 42, 46, 50]);
	assert.deepEqual([40, 42].map((step) => js.cellEnd(doc, step, 4)), [42, 46]);
});
