const assert = require("node:assert/strict");
const { test } = require("node:test");
const { load, plain, VOICES } = require("./scripts.js");

const { Edits, Takes, Impossible } = load(["meter.js", "groove.js", "bars.js", "edits.js", "takes.js"], ["Edits", "Takes", "Impossible"]);
const voices = [...VOICES, "percussion"].map((name) => ({ name }));

const value = (more = {}) => ({
	format: "drummer groove", version: 2, bpm: 96, meter: "4/4", steps_per_beat: 12, bars: 8, settings: { genre: "funk" }, seed: 7,
	edited: false, model_hash: "", hits: [[0, "kick", 0.9, 0]], made: "a", ...more,
});

const DETAILS = {
	key_map: "general_midi", ticks_per_beat: 480, keys: [[0, "kick", 35]], extra_hits: [[1, 0.7, 54, 0.5, null]], messages: [[2, 0, "pedal", 4, 90]],
};
Takes.rules = { limits: { bpm: [4, 1000], bars: 512, steps_per_beat: 96, steps: 24576, hits: 50000 }, pitches: { general_midi: [] } };

const take = (more = {}, of = value()) => ({ value: of, note: "", name: "", folder: "", at: 5, starred: false, origin: Takes.fingerprint(of), ...more });

const unlabelled = Takes.labels;

test("a title names style, tempo, length, and what was done", () => {
	assert.equal(Takes.title(take()), "funk 96 \u00b7 8 bars \u00b7 seed 7");
	const rolled = value({ edited: true });
	assert.equal(Takes.title(take({ note: Edits.ofRequest("reroll_bar", 1, 4).note }, rolled)), "funk 96 \u00b7 8 bars \u00b7 bar 2 re-rolled");
	assert.equal(Takes.title(take({ note: Edits.ofRequest("continue_groove", 0, 1).note }, rolled)), "funk 96 \u00b7 8 bars \u00b7 1 bar added");
	const waltz = value({ meter: "3/4", bars: 1, settings: { genre: "jazz", to_genre: "latin" }, bpm: 120.25 });
	assert.equal(Takes.title(take({ name: "Verse" }, waltz)), "Verse \u00b7 jazz to latin 120.3 \u00b7 1 bar in 3/4 \u00b7 seed 7");
	const samba = { genre: "latin", style: "samba" };
	assert.equal(Takes.title(take({}, value({ settings: samba }))), "latin, samba 96 \u00b7 8 bars \u00b7 seed 7");
	assert.equal(Takes.title(take({}, value({ settings: { ...samba, to_genre: "jazz" } }))), "latin, samba to jazz 96 \u00b7 8 bars \u00b7 seed 7");
	Takes.labels = { ...unlabelled, genres: { latin: "Latin" }, styles: { samba: "samba, slow" } };
	assert.equal(Takes.title(take({}, value({ settings: samba }))), "Latin, samba, slow 96 \u00b7 8 bars \u00b7 seed 7");
	Takes.labels = { ...unlabelled, controls: { intensity: 100, lateness: 1, toms: 1 } };
	const directed = { genre: "funk", intensity: 0.8, lateness: [4, null], steady: 0.6 };
	assert.equal(Takes.title(take({}, value({ settings: directed }))), "funk 96 \u00b7 8 bars \u00b7 seed 7, intensity 80, lateness");
	assert.equal(Takes.title(take({}, value({ settings: { ...directed, toms: 2.5 } }))), "funk 96 \u00b7 8 bars \u00b7 seed 7, intensity 80, lateness, \u2026");
	assert.equal(Takes.title(take({}, value({ settings: { genre: "constructor", intensity: [null], toms: "loud" } }))), "constructor 96 \u00b7 8 bars \u00b7 seed 7");
	const titled = (settings, bpm = 96) => Takes.hasTitle({ bpm, settings });
	assert.ok(titled(directed) && titled({}));
	for (const wrong of [{ intensity: "loud" }, { toms: { valueOf: 1 } }, { intensity: 1e300 }, { genre: {} }]) assert.ok(!titled(wrong));
	assert.ok(!titled({}, "96") && !titled({}, NaN));
	Takes.labels = unlabelled;
	assert.equal(Takes.title(take({}, value({ settings: { song: [{}] }, seed: null }))), "Groove 96 \u00b7 song of 8 bars");
});

test("another tempo or kit is no edit, other hits are one, and taking them back is none again", () => {
	const made = take();
	const retimed = { ...made, value: value({ bpm: 120, settings: { genre: "funk", kit: "jazz" } }) };
	assert.equal(Takes.title(retimed), "funk 120 \u00b7 8 bars \u00b7 seed 7");
	const edited = { ...made, value: value({ hits: [[1, "kick", 0.9, 0]], edited: true }) };
	assert.equal(Takes.title(edited), "funk 96 \u00b7 8 bars \u00b7 edited");
	assert.equal(Takes.isEdited({ ...edited, value: value() }), false);
	assert.equal(Takes.isEdited({ value: value({ edited: true }), origin: null }), true); // of an older page
});

test("a file that is opened untouched is not called edited", () => {
	const opened = value({ seed: null, settings: {} });
	assert.equal(Takes.title(take({ note: "opened" }, opened)), "Groove 96 \u00b7 8 bars \u00b7 opened");
	const touched = { ...take({ note: "opened" }, opened), value: { ...opened, hits: [] } };
	assert.equal(Takes.title(touched), "Groove 96 \u00b7 8 bars \u00b7 opened, edited");
});

test("takes come back from their file as they went", () => {
	const takes = [take({ name: "Verse", folder: "Album", starred: true }), take({ note: "opened" }, value({ made: "b", opened: true, ask: { seed: 1 } }))];
	const { takes: back, unread } = Takes.fromFile(Takes.toFile(takes), voices, () => "new");
	assert.equal(unread, 0);
	const without = ({ value: { ask: _, opened: __, ...rest }, ...other }) => ({ ...other, value: { ...rest, made: "new" } });
	assert.deepEqual(plain(back), plain(takes.map(without)));
});

test("what is no take is left out and counted, and what is no file of takes is said", () => {
	const read = (file) => Takes.fromFile(JSON.stringify({ format: "drummer takes", version: 1, ...file }), voices, () => "new");
	const broken = [null, 3, {}, { bars: 0 }, { bpm: "fast" }, { meter: "4/5" }, { settings: [] }, { hits: [[0, "cowbell", 1, 0]] }, { hits: [[384, "kick", 1, 0]] },
		{ hits: [[0, "kick", 0, 0]] }, { details: {} }, { settings: { muted: ["voice"] } }, { bpm: 1e9 }, { bpm: 3 }, { bars: 1e6 }, { steps_per_beat: 97 },
		...[{ key_map: "toString" }, { ticks_per_beat: 0 }, { keys: [[0, "kick"]] }, { extra_hits: [[1]] }, { messages: [[1]] }].map((wrong) => ({ details: { ...DETAILS, ...wrong } }))];
	const takes = broken.map((each) => ({ groove: each && typeof each === "object" && Object.keys(each).length ? value(each) : each }));
	const found = read({ takes: [...takes, { groove: value() }, null] });
	assert.deepEqual([found.takes.length, found.unread], [1, broken.length + 1]);
	assert.equal(read({ takes: [{ groove: value({ details: DETAILS }) }] }).unread, 0);
	const fails = (act, words) => assert.throws(act, (error) => error instanceof Impossible && error.message.includes(words));
	fails(() => Takes.fromFile("no JSON", voices, () => "a"), "not a takes file");
	fails(() => Takes.fromFile(JSON.stringify(value()), voices, () => "a"), "not a takes file");
	fails(() => read({ takes: {} }), "not a takes file");
	fails(() => read({ takes: [], version: 2 }), "newer version");
});

test("names are one line and folders are in order", () => {
	assert.equal(Takes.tidy("  two\nlines "), "two lines");
	assert.equal(Takes.tidy("x".repeat(99)).length, 60);
	assert.deepEqual(plain(Takes.folders([{ folder: "b" }, { folder: "" }, { folder: "A" }, { folder: "b" }])), ["A", "b"]);
	assert.deepEqual([{ name: "x" }, { folder: "x" }, { starred: true }, { name: "", folder: "" }].map(Takes.isKept), [true, true, true, false]);
});
