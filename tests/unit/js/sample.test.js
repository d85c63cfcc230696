const assert = require("node:assert/strict");
const { test } = require("node:test");
const { groove, load, plain } = require("./scripts.js");

const js = load(["meter.js", "groove.js", "mix.js", "sample.js", "sampler.js"], ["Sample", "Player", "readAtSpeed", "digestOf", "unreadWav", "tidyMix", "tidyFileName", "withStrip", "MIX_RULES"]);
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

test("a name is cut between two signs, and emoji of several characters stay whole", () => {
	const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}", flag = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}";
	assert.equal(js.tidyFileName(`${family} ${flag}.wav`), `${family} ${flag}.wav`);
	assert.equal(js.tidyFileName("x".repeat(60) + family), "x".repeat(60)); // with it there would be 65
	assert.equal(js.tidyFileName("x".repeat(59) + family + "y"), "x".repeat(59) + family);
	for (const nothing of ["\u200d", " \u200c ", ""]) assert.equal(js.tidyFileName(nothing), "sample");
	assert.equal(js.tidyFileName(` a\t\u202e\u00a0 b\n`), "a b");
});

test("of a WAV file that no browser reads its format is said", () => {
	const wav = (tag, bits, { before = [], subformat = 0 } = {}) => {
		const text = (letters) => [...letters].map((letter) => letter.charCodeAt(0));
		const half = (number) => [number & 255, number >> 8];
		const format = [...half(tag), ...half(1), 0, 0, 0, 0, 0, 0, 0, 0, ...half(8), ...half(bits), ...half(22), ...half(bits), 0, 0, 0, 0, ...half(subformat), ...Array(14).fill(0)];
		const bytes = [...text("RIFF"), 0, 0, 0, 0, ...text("WAVE"), ...before, ...text("fmt "), format.length, 0, 0, 0, ...format];
		return new DataView(Uint8Array.from(bytes).buffer);
	};
	const list = [76, 73, 83, 84, 3, 0, 0, 0, 1, 2, 3, 0]; // a chunk of an odd length
	assert.equal(js.unreadWav(wav(3, 64)), "64-bit float");
	assert.equal(js.unreadWav(wav(3, 64, { before: list })), "64-bit float");
	assert.equal(js.unreadWav(wav(0xfffe, 64, { subformat: 3 })), "64-bit float");
	assert.equal(js.unreadWav(wav(1, 64)), "64 bits");
	assert.equal(js.unreadWav(wav(17, 4)), "the format 17");
	for (const read of [wav(1, 16), wav(1, 24), wav(3, 32), wav(0xfffe, 24, { subformat: 1 })]) assert.equal(js.unreadWav(read), null);
	for (const other of ["", "no sound", "RIFF....WAVEfmt "]) assert.equal(js.unreadWav(new DataView(new TextEncoder().encode(other).buffer)), null);
});

test("missing samples are named, the first three of many", () => {
	const { Samples } = load(["samples.js"], ["Samples"]);
	const missing = ["Kick", "Snare", "Rim", "Clap", "Crash"].map((label) => `a.wav of ${label}`);
	const sentences = [1, 2, 5].map((count) => Samples.sentenceOfMissing(missing.slice(0, count)));
	assert.deepEqual(sentences, [
		"The sample a.wav of Kick is not in this browser, so the kit plays instead: choose the file again in Mix",
		"The samples a.wav of Kick and a.wav of Snare are not in this browser, so the kit plays instead: choose the files again in Mix",
		"The samples a.wav of Kick, a.wav of Snare, a.wav of Rim and 2 more are not in this browser, so the kit plays instead: choose the files again in Mix",
	]);
});
