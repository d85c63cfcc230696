// Loads scripts of the page into a context of their own that has no DOM, in the order in which the page has them.

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const vm = require("node:vm");

const GRID = join(__dirname, "../../../drummer/web/grid");

/** Run scripts of the grid one after the other, beside these globals; return what they have defined under these names. */
function load(scripts, names, globals = {}) {
	const context = vm.createContext(globals);
	for (const script of scripts) vm.runInContext(readFileSync(join(GRID, script), "utf8"), context, { filename: script });
	return vm.runInContext(`({ ${names.join(", ")} })`, context);
}

/** Values of another context, as values of this one. */
const plain = (value) => JSON.parse(JSON.stringify(value));

const VOICES = ["kick", "snare", "rim", "clap", "hihat_closed", "hihat_pedal", "hihat_open", "tom_low", "tom_mid", "tom_high", "crash", "ride", "ride_bell"];

/** A document of one bar of 4/4 with these hits [step, voice, velocity, offset]. */
const groove = (hits = [], more = {}) => ({
	bpm: 120, bars: 1, meter: "4/4", steps_per_beat: 12, hits, muted: [], soloed: [], locked: [], settings: {}, seed: 7,
	edited: false, made: "a", ...more,
});

module.exports = { load, plain, groove, VOICES };
