const assert = require("node:assert/strict");
const { beforeEach, test } = require("node:test");
const { groove, load, plain } = require("./scripts.js");

const { Kit, Player } = load(["meter.js", "groove.js", "mix.js", "sampler.js"], ["Kit", "Player"]);
const KICK = 0, SNARE = 1, OPEN = 6;

/** Writes down what it is told to sound, [voice, second], and takes back what is cancelled; voice null is a click. */
class Score {
	constructor() {
		this.context = { currentTime: 0 };
		this.sounds = new Set();
		this.chokes = [];
	}

	setLane() {}

	setBus() {}

	strike(kit, voice, velocity, time, layers) {
		return Object.assign(this.#note(voice, time, 1), { layers });
	}

	click(time, accent) {
		return Object.assign(this.#note(null, time, 0.06), { accent });
	}

	choke(note, time) {
		note.chokedAt = time;
		this.chokes.push([note.voice, time]);
	}

	#note(voice, time, seconds) {
		const note = { voice, time, end: time + seconds, chokedAt: Infinity };
		note.source = { stop: () => this.sounds.delete(note), disconnect() {} };
		this.sounds.add(note);
		return note;
	}

	get heard() {
		return [...this.sounds].map(({ voice, time }) => [voice, +time.toFixed(6)]).sort(([, one], [, other]) => one - other);
	}
}

let score, player;

beforeEach(() => {
	score = new Score();
	player = new Player(score, kitWith({}));
});

/** A kit with sounds for some percussion keys, whose open hi-hat is choked by the closed one. */
function kitWith(percussion) {
	const kit = new Kit({ layers: [], percussion, chokes: [] }, null);
	kit.chokeRate = (voice, by) => (voice === OPEN && by === 4 ? 100 : undefined);
	return kit;
}

/** Let the clock run to a time, a tick each 25 ms, as the grid does. */
function run(until) {
	while (score.context.currentTime < until - 1e-9) {
		player.scheduleUntil(score.context.currentTime + Player.LOOKAHEAD);
		score.context.currentTime += 0.025;
	}
}

test("hits sound once each, at their time, round after round", () => {
	player.setGroove(groove([[0, KICK, 1, 0], [24, SNARE, 1, 0.25]])); // at 120 BPM a bar lasts 2 s
	player.begin(0, 0.5);
	run(4);
	assert.deepEqual(score.heard, [[KICK, 0.5], [SNARE, +(0.5 + 24.25 / 24).toFixed(6)], [KICK, 2.5], [SNARE, +(2.5 + 24.25 / 24).toFixed(6)]]);
});

test("an early downbeat sounds on the very first bar line and ahead of the later ones", () => {
	player.setGroove(groove([[0, KICK, 1, -0.5]]));
	player.begin(0, 0);
	run(3);
	assert.deepEqual(score.heard, [[KICK, 0], [KICK, +(2 - 0.5 / 24).toFixed(6)]]);
});

test("playing begins at any beat", () => {
	player.setGroove(groove([[0, KICK, 1, 0], [24, SNARE, 1, 0]]));
	player.begin(2, 0);
	run(1.5);
	assert.deepEqual(score.heard, [[SNARE, 0], [KICK, 1]]);
});

test("a count-in clicks a bar and then the groove begins", () => {
	player.setGroove(groove([[0, KICK, 1, 0]]));
	player.begin(0, 0, 4);
	assert.equal(player.beatAt(0), -4);
	run(2.5);
	assert.deepEqual(score.heard, [[null, 0], [null, 0.5], [null, 1], [null, 1.5], [KICK, 2]]);
});

test("the metronome clicks on every beat", () => {
	player.metronome = true;
	player.setGroove(groove());
	player.begin(0, 0);
	run(0.95);
	assert.deepEqual(score.heard, [[null, 0], [null, 0.5], [null, 1]]);
});

test("each meter counts in a bar of its own beats, with their accents", () => {
	const clicks = (meter) => {
		player.setGroove(groove([], { meter, bpm: 60 }));
		player.begin(0, score.context.currentTime, { "6/8": 3, "7/8": 3.5 }[meter]);
		const [from, before] = [score.context.currentTime, score.sounds.size];
		run(from + 4);
		player.stop();
		return [...score.sounds].slice(before).map(({ time, accent }) => [+(time - from).toFixed(6), accent]);
	};
	assert.deepEqual(clicks("6/8"), [[0, 2], [1.5, 1]]);
	assert.deepEqual(clicks("7/8"), [[0, 2], [0.5, 0], [1, 1], [1.5, 0], [2, 1], [2.5, 0], [3, 0]]);
});

test("percussion sounds in a lane of its own, with the kit's own samples or those of a voice that stands in", () => {
	player.keys = { stand_ins: { 56: 12, 70: 4 }, voices: {} };
	const layers = Array.from({ length: 13 }, (_, voice) => `voice ${voice}`);
	player.setKit({ layers, percussion: { 56: "cowbell" }, chokeRate() {} });
	player.setGroove(groove([[0, 13, 1, 0, 56, 0], [6, 13, 1, 0, 70, 1], [12, 13, 1, 0, 99, 2], [24, SNARE, 1, 0, 40]]));
	player.begin(0, 0);
	run(1.5);
	const heard = [...score.sounds].map(({ voice, layers }) => [voice, layers]);
	assert.deepEqual(heard, [[13, "cowbell"], [13, "voice 4"], [13, "voice 2"], [SNARE, undefined]]);
	player.setKit({ layers, percussion: {}, chokeRate() {} });
	run(2.1);
	assert.equal([...score.sounds].at(-1).layers, "voice 12"); // the next round's cowbell
});

test("a cymbal that is held fast falls silent, and no other", () => {
	player.keys = { stand_ins: {}, voices: { general_midi: { 49: 10, 57: 10 } } };
	const details = { key_map: "general_midi", messages: [[18, 0, "choke", 49, 127], [20, 0, "choke", 57, 0], [3, 0, "pedal", 0, 9]] };
	player.setGroove(groove([[0, 10, 1, 0, 57], [6, 10, 1, 0, 49], [12, 10, 1, 0], [14, SNARE, 1, 0]], { details }));
	player.begin(0, 0);
	run(1);
	assert.deepEqual(plain(score.chokes), [[10, 0.75], [10, 0.75]]); // that of key 49, and the one without a key
});

test("a part is repeated with its own early downbeat and without that of what follows", () => {
	const hits = [[0, KICK, 1, 0], [47, SNARE, 1, 0], [60, KICK, 1, 0], [95, OPEN, 1, 0]];
	player.metronome = true;
	player.setGroove(groove(hits, { bars: 3 }));
	player.setLoop({ from: 4, to: 8 });
	player.begin(4, 0);
	run(3.9);
	const hit = (step) => (step - 48) / 24;
	const played = score.heard.filter(([voice]) => voice !== null);
	assert.deepEqual(played, [[SNARE, 0], [KICK, hit(60)], [SNARE, +(2 + hit(47)).toFixed(6)], [KICK, 2 + hit(60)], [SNARE, +(4 + hit(47)).toFixed(6)]]);
	assert.equal(player.positionAt(3).toFixed(6), "6.000000");
	assert.deepEqual([...score.sounds].filter(({ accent }) => accent === 2).map(({ time }) => +time.toFixed(6)), [0, 2]);
});

test("a loop that is set while it plays begins at once, and without it the groove plays on from there", () => {
	player.setGroove(groove([[0, KICK, 1, 0], [48, SNARE, 1, 0]], { bars: 2 }));
	player.begin(0, 0);
	run(0.5);
	player.setLoop({ from: 4, to: 8 });
	assert.equal(player.positionAt(score.context.currentTime).toFixed(6), "4.000000");
	run(3);
	assert.equal(player.positionAt(3).toFixed(6), "5.000000");
	player.setLoop(null);
	run(4.6);
	assert.deepEqual(score.heard.map(([voice, time]) => [voice, +time.toFixed(3)]), [[KICK, 0], [SNARE, 0.5], [SNARE, 2.5], [KICK, 4.5]]);
});

test("a loop counts in, and an edit while it plays leaves its place", () => {
	player.setGroove(groove([[48, SNARE, 1, 0]], { bars: 2 }));
	player.setLoop({ from: 4, to: 6 });
	player.begin(4, 0, 4);
	run(1);
	player.setGroove(groove([[54, KICK, 1, 0]], { bars: 2 }));
	run(4.125);
	assert.deepEqual(score.heard.filter(([voice]) => voice !== null), [[KICK, 2.25], [KICK, 3.25]]);
	assert.equal(player.positionAt(score.context.currentTime).toFixed(3), "4.250");
});

test("another tempo goes on from the beat that is heard", () => {
	player.setGroove(groove([[24, SNARE, 1, 0]]));
	player.begin(0, 0);
	run(0.5);
	assert.equal(player.beatAt(score.context.currentTime).toFixed(6), "1.000000");
	player.setGroove(groove([[24, SNARE, 1, 0]], { bpm: 60 }));
	assert.equal(player.beatAt(score.context.currentTime).toFixed(6), "1.000000");
	assert.equal(player.timeOf(2).toFixed(6), "1.500000");
	run(1.6);
	assert.deepEqual(score.heard, [[SNARE, 1.5]]);
});

test("an edit takes back what has not sounded yet", () => {
	player.setGroove(groove([[0, KICK, 1, 0], [2, SNARE, 1, 0]]));
	player.begin(0, 0);
	run(0.05);
	assert.equal(score.heard.length, 2);
	player.setGroove(groove([[0, KICK, 1, 0]]));
	run(0.5);
	assert.deepEqual(score.heard, [[KICK, 0]]);
});

test("an open hi-hat is cut by a closed one that is heard, and by no other", () => {
	const hits = [[0, OPEN, 1, 0], [12, 4, 1, 0]];
	player.setGroove(groove(hits));
	player.begin(0, 0);
	run(0.6);
	assert.deepEqual(plain(score.chokes), [[OPEN, 0.5]]);
	score.chokes = [];
	player.setGroove(groove(hits, { muted: [4] }));
	player.begin(0, 5);
	score.context.currentTime = 5;
	run(5.6);
	assert.deepEqual(score.chokes, []);
});

test("a hit plays the layer of its velocity, softer than the layer's loudest", () => {
	const header = { rate: 44100, knee: 0.7, scale: 0.5, velocityExponent: 1, chokes: [[OPEN, 4, 120]] };
	const layers = [[[1, 63, 2, 0, 4410], [64, 127, 2, 44100, 22050]]]; // lowest, highest velocity, exponent, first frame, frames
	const kit = new Kit({ ...header, layers }, null);
	assert.deepEqual(plain(kit.sound(KICK, 1)), { buffer: null, start: 1, duration: 0.5, gain: 0.5 });
	const soft = kit.sound(KICK, 63 / 127);
	assert.deepEqual([soft.start, soft.duration, soft.gain], [0, 0.1, 0.5]);
	assert.equal(kit.sound(KICK, 0).gain, 0.5 * (1 / 63) ** 2);
	assert.deepEqual([kit.chokeRate(OPEN, 4), kit.chokeRate(4, OPEN)], [120, undefined]);
});
