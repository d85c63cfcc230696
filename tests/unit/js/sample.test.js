const assert = require("node:assert/strict");
const { test } = require("node:test");
const { groove, load, plain } = require("./scripts.js");

const js = load(["meter.js", "groove.js", "mix.js", "sample.js", "sampler.js"], ["Sample", "Player", "readAtSpeed", "digestOf", "tidyMix", "tidyFileName", "withStrip", "MIX_RULES"]);
const SAMPLE = { digest: "0123456789abcdef", name: "Snare.wav" };

test("a digest has 16 digits, and another byte or another order gives another one", () => {
	const digests = [[], [0], [0, 0], [1, 0], [0, 1], [255]].map((bytes) => js.digestOf(Uint8Array.from(bytes)));
	assert.ok(digests.every((digest) => /^[0-9a-f]{16}$/.test(digest)));
	assert.equal(new Set(digests).size, digests.length);
	assert.equal(js.digestOf(Uint8Array.from([1, 0])), digests[3]);
});

test("a sound is 16 bits of one channel where both are the same, and the silence at its end is left out", () => {
	const [left, right] = [[0, 0.5, -2, 0, 1e-6], [0, 0.5, -1, 0.25, 0]].map((levels) => Float32Array.from(levels));
	assert.equal(js.Sample.lengthOf([left, left]), 3);
	assert.deepEqual(plain(js.Sample.ofChannels([left, left], 3)), { channels: 1, frames: { 0: 0, 1: 16384, 2: -32767 } });
	assert.equal(js.Sample.lengthOf([left, right]), 4);
	assert.deepEqual(Object.values(plain(js.Sample.ofChannels([left, right], 4).frames)), [0, 0, 16384, 16384, -32767, -32767, 0, 8192]);
	assert.equal(js.Sample.lengthOf([new Float32Array(9)]), 0);
});

test("at twice the speed it is an octave up, in half the time", () => {
	const tone = Float32Array.from({ length: 1001 }, (_, frame) => Math.sin(0.1 * frame));
	const read = js.readAtSpeed(tone, 2 ** (7 / 12));
	assert.equal(read.length, Math.floor(1000 / 2 ** (7 / 12)));
	assert.ok(read.every((level, frame) => Math.abs(level - Math.sin(0.1 * frame * 2 ** (7 / 12))) < 1e-3));
});

test("velocity is squared, and the next hit of the lane, or of another hi-hat, chokes", () => {
	assert.equal(js.Sample.gain(1), 1);
	assert.equal(js.Sample.gain(0.1), (13 / 127) ** 2);
	const sample = new js.Sample({ ...SAMPLE, channels: 1, frames: new Int16Array(9) });
	assert.deepEqual([[1, 1], [1, 0], [6, 4], [4, 5], [13, 13], [6, 10]].map(([voice, by]) => sample.chokeRate(voice, by)), [600, undefined, 600, 600, 600, undefined]);
});

test("a sample plays each instrument of the lane of percussion", () => {
	const heard = [];
	const strike = (kit, voice, velocity, time, layers) => heard.push([kit.name, layers]) && { voice, time, end: time + 9, chokedAt: Infinity };
	const player = new js.Player({ context: { currentTime: 0 }, setBus() {}, setLane() {}, strike, choke() {} }, null, { lanes: [], voices: {}, stand_ins: {} });
	const sample = new js.Sample({ ...SAMPLE, channels: 1, frames: new Int16Array(9) });
	player.setKit(null, Array(14).fill(sample));
	player.hit({ voice: 13, velocity: 1, key: 56 }, 0);
	assert.deepEqual(heard, [["Snare.wav", undefined]]);
});

test("a mix has the name and the digest of a sample, and of one that nobody has checked the valid part", () => {
	Object.assign(js.MIX_RULES, { lanes: ["kick", "snare"], strip: { volume: [-24, 6] } });
	const mixed = js.withStrip(groove(), "snare", { sample: SAMPLE, volume: -3 });
	assert.equal(JSON.stringify(js.tidyMix(mixed.settings.mix)), JSON.stringify(mixed.settings.mix));
	assert.deepEqual(plain(js.withStrip(mixed, "snare", { sample: null }).settings.mix), { voices: { snare: { volume: -3 } } });
	for (const sample of [5, null, "a.wav", { digest: "../x", name: "a" }, { digest: SAMPLE.digest }, [SAMPLE]]) {
		assert.equal(js.tidyMix({ voices: { snare: { sample } } }), undefined);
	}
	const wild = { ...SAMPLE, name: `\u202etwo\nlines ${"x".repeat(99)}`, pcm: "AAAA" };
	const { sample } = js.tidyMix({ voices: { snare: { sample: wild } } }).voices.snare;
	assert.deepEqual(plain(sample), { digest: SAMPLE.digest, name: `two lines ${"x".repeat(54)}` });
	assert.equal(js.tidyFileName("\u0000"), "sample");
});
