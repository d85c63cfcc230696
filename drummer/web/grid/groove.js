// A groove as data, and edits of it. Needs no DOM.
//
// A document has the format of drummer/files/document.py, with indices of voices instead of their names: a hit is
// [step, voice, velocity, offset]. Documents and hits are never changed in place: an edit returns a new document, so that
// history, drawing and playing can compare them by identity.

const STEP = 0, VOICE = 1, VELOCITY = 2, OFFSET = 3;
const VOICE_COUNT = 13;
const QUIETEST = 1 / 127;
const LATEST = 0.4999; // of an offset, in steps; -0.5 is the earliest

const LANE_STATES = ["muted", "soloed", "locked"];

/** Turn the control's value into a document; the inverse of `toValue`. */
function fromValue(value, voices) {
	const index = new Map(voices.map(({ name }, voice) => [name, voice]));
	const lanes = LANE_STATES.map((what) => [what, (value.settings[what] ?? []).map((name) => index.get(name))]);
	const hits = value.hits.map(([step, name, velocity, offset]) => [step, index.get(name), velocity, offset]);
	return { ...value, ...Object.fromEntries(lanes), hits, handmade: value.edited };
}

function toValue({ muted, soloed, locked, handmade: _, opened: __, ...groove }, voices) {
	const named = Object.entries({ muted, soloed, locked }).map(([what, list]) => [what, list.map((voice) => voices[voice].name)]);
	const hits = groove.hits.map(([step, voice, velocity, offset]) => [step, voices[voice].name, velocity, offset]);
	return { ...groove, hits, settings: { ...groove.settings, ...Object.fromEntries(named) } };
}

/** Name the setting in which two documents differ: successive changes of one widget are undone together. */
function changedSetting(old, doc) {
	if (doc.bpm !== old.bpm) return "tempo";
	return Object.keys({ ...old.settings, ...doc.settings }).find((name) => String(old.settings[name]) !== String(doc.settings[name]));
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** The cell of the grid that a hit is in: one number for its step and voice. */
const cellAt = (step, voice) => step * VOICE_COUNT + voice;
const cellOf = (hit) => cellAt(hit[STEP], hit[VOICE]);

const stepsPerBar = (groove) => groove.steps_per_beat * groove.beats_per_bar;
const stepCount = (groove) => groove.bars * stepsPerBar(groove);
const beatCount = (groove) => groove.bars * groove.beats_per_bar;

/** Onset in beats from the first bar line; negative = ahead of it. */
const onset = (groove, hit) => (hit[STEP] + hit[OFFSET]) / groove.steps_per_beat;

/** Seconds that an offset of one step lasts. */
const stepSeconds = (groove) => 60 / groove.bpm / groove.steps_per_beat;

/** The blocks of a song, as far as the groove reaches: {part, first, bars}, the first bar from 0; none where it is no song. */
function blocksOf(groove) {
	const blocks = [];
	let first = 0;
	for (const { part, bars } of groove.settings?.song ?? []) {
		if (first < groove.bars) blocks.push({ part, first, bars: Math.min(bars, groove.bars - first) });
		first += bars;
	}
	return blocks;
}

const blockAt = (groove, bar) => blocksOf(groove).findLast(({ first }) => first <= bar);

const capitalised = (word) => word[0].toUpperCase() + word.slice(1);

const isAudible = (groove, voice) => (groove.soloed.length ? groove.soloed.includes(voice) : !groove.muted.includes(voice));

/** The expression of a groove: 0 = on the grid at even velocities, 1 = as played; see Groove.with_expression in Python. */
const expressionOf = (groove) => groove.settings.human ?? 1;

const heardAs = new WeakMap(); // from documents

/** The groove with its expression, as it is heard and seen; its hits stay in the same cells in the same order. */
function asHeard(groove) {
	const amount = expressionOf(groove);
	if (amount === 1) return groove;
	if (!heardAs.has(groove)) heardAs.set(groove, { ...groove, hits: withExpression(groove.hits, amount) });
	return heardAs.get(groove);
}

/** Scale offsets, and distances of velocities from their voice's mean. */
function withExpression(hits, amount) {
	const [sums, counts] = [new Array(VOICE_COUNT).fill(0), new Array(VOICE_COUNT).fill(0)];
	for (const hit of hits) {
		sums[hit[VOICE]] += hit[VELOCITY];
		counts[hit[VOICE]] += 1;
	}
	return hits.map(([step, voice, velocity, offset]) => {
		const mean = sums[voice] / counts[voice];
		return [step, voice, clamp(mean + amount * (velocity - mean), QUIETEST, 1), clamp(amount * offset, -0.5, LATEST)];
	});
}

/**
 * The groove at another tempo, with the same hits. A seed gives these hits only at the tempo that they were generated for, so the
 * document remembers it; see Take in drummer/files/document.py.
 */
function atTempo(groove, bpm) {
	if (groove.edited || groove.seed == null) return { ...groove, bpm };
	const { generated_bpm: generated = groove.bpm, ...settings } = groove.settings;
	return { ...groove, bpm, settings: bpm === generated ? settings : { ...settings, generated_bpm: generated } };
}

const findHit = (groove, cell) => groove.hits.find((hit) => cellOf(hit) === cell);

/** `edited`: settings and seed do not give this groove; `handmade`: the user has edited its hits, which must not be lost. */
const withHits = (groove, hits) => ({ ...groove, hits, edited: true, handmade: true });

/** Add hits; they replace those in the same cells. */
function addHits(groove, hits) {
	const taken = new Set(hits.map(cellOf));
	const kept = groove.hits.filter((hit) => !taken.has(cellOf(hit)));
	return withHits(groove, [...kept, ...hits].sort((one, other) => cellOf(one) - cellOf(other)));
}

const removeCells = (groove, cells) => withHits(groove, groove.hits.filter((hit) => !cells.has(cellOf(hit))));

/** Change the velocity and the offset, in steps, of the hits in these cells. */
function shape(groove, cells, louder, later) {
	const hits = groove.hits.map((hit) => {
		if (!cells.has(cellOf(hit))) return hit;
		const velocity = clamp(hit[VELOCITY] + louder, QUIETEST, 1);
		return [hit[STEP], hit[VOICE], round(velocity), round(clamp(hit[OFFSET] + later, -0.5, LATEST))];
	});
	return withHits(groove, hits);
}

/** Move the hits in these cells by steps and lanes; null where one would leave the grid. */
function move(groove, cells, steps, voices) {
	const moved = groove.hits
		.filter((hit) => cells.has(cellOf(hit)))
		.map((hit) => [hit[STEP] + steps, hit[VOICE] + voices, hit[VELOCITY], hit[OFFSET]]);
	const inside = moved.every(
		([step, voice]) => step >= 0 && step < stepCount(groove) && voice >= 0 && voice < VOICE_COUNT,
	);
	return inside ? addHits(removeCells(groove, cells), moved) : null;
}

const round = (value) => Math.round(value * 1e4) / 1e4;
