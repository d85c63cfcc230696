const assert = require("node:assert/strict");
const { test } = require("node:test");
const { load } = require("./scripts.js");

const { History } = load(["groove.js", "history.js"], ["History"]);

test("undo and redo go back and there again", () => {
	const history = new History();
	history.push("a");
	history.push("b");
	assert.equal(history.undo("c"), "b");
	assert.equal(history.undo("b"), "a");
	assert.equal(history.undo("a"), null);
	assert.equal(history.redo("a"), "b");
	assert.equal(history.redo("b"), "c");
	assert.equal(history.redo("c"), null);
});

test("steps of one gesture are undone together", () => {
	const history = new History();
	for (const [before, gesture] of [["a", "drag"], ["b", "drag"], ["c", "drag"], ["d", "other"]]) history.push(before, gesture);
	assert.equal(history.undo("e"), "d");
	assert.equal(history.undo("d"), "a");
});

test("a gesture ends where something is undone", () => {
	const history = new History();
	history.push("a", "drag");
	assert.equal(history.undo("b"), "a");
	history.push("a", "drag");
	assert.equal(history.undo("c"), "a");
});

test("edits without a gesture are undone one by one", () => {
	const history = new History();
	history.push("a");
	history.push("b");
	assert.equal(history.undo("c"), "b");
});

test("a change after undo leaves nothing to redo", () => {
	const history = new History();
	history.push("a");
	history.undo("b");
	history.push("a");
	assert.equal(history.redo("c"), null);
});

test("the oldest of very many steps go", () => {
	const history = new History();
	for (let step = 0; step < 250; step++) history.push(step);
	let steps = 0;
	while (history.undo(null) !== null) steps++;
	assert.equal(steps, 200);
});

test("a gesture that comes back to where it began is no step", () => {
	const history = new History();
	history.push("a");
	for (const before of ["b", "c"]) history.push(before, "drag");
	assert.equal(history.takeBack(), "b");
	history.push("b", "drag");
	assert.equal(String(history.past), "a,b");
	assert.equal(history.undo("d"), "b");
	history.push("b", "click");
	assert.equal(history.takeBack(), "b");
	assert.equal(history.redo("b"), "d", "what could be done again still can");
});
