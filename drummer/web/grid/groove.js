// A groove as data, and edits of it. Needs no DOM.
//
// A document has the format of drummer/files/document, with indices of voices instead of their names, and with the details of a
// MIDI file among its hits: a hit is [step, voice, velocity, offset], followed by its MIDI key where it came with one. An extra
// hit, that is percussion or the second hit of a voice in a cell, has a number after its key. Hits are in the order of their steps.
// Documents and hits are never changed in place: an edit returns a new document, so that history, drawing and playing can compare
// them by identity.

const STEP = 0, VOICE = 1, VELOCITY = 2, OFFSET = 3, KEY = 4, EXTRA = 5;
const VOICE_COUNT = 13;
const PERCUSSION = 13; // lane of all percussion, after those of the voices
const LANE_COUNT = 14;
const QUIETEST = 1 / 127;
const LATEST = 0.4999; // of an offset, in steps; -0.5 is the earliest
const LEAD_IN_BEATS = 1 / 8; // ahead of a bar line, in which a hit belongs to the bar behind it; as in drummer/music/groove.py

const LANE_STATES = ["muted", "soloed", "locked"];

/** Turn the control's value into a document; the inverse of `toValue`. */
function fromValue(value, voices) {
	const groove = upgraded(unpacked(value));
	const index = new Map(voices.map(({ name }, voice) => [name, voice]));
	const lanes = LANE_STATES.map((what) => [what, (groove.settings[what] ?? []).map((name) => index.get(name))]);
	const hits = groove.hits.map(([step, name, velocity, offset]) => [step, index.get(name), velocity, offset]);
	const doc = { ...groove, ...Object.fromEntries(lanes), hits, handmade: groove.edited || groove.seed == null };
	return groove.details ? withDetails(doc, groove.details, index) : doc;
}

const packedText = new WeakMap(); // from lists of hits and from details

const packedPart = (part) => packedText.get(part) ?? packedText.set(part, JSON.stringify(part)).get(part);

/** The form of a value that is sent: hits and details as text, since Gradio would watch every list; see drummer/web/grid/value.py. */
function packed(value) {
	return { ...value, hits: packedPart(value.hits), ...(value.details && { details: packedPart(value.details) }) };
}

function unpacked(value) {
	const read = (part) => (typeof part === "string" ? JSON.parse(part) : part);
	return { ...value, hits: read(value.hits), ...(value.details && { details: read(value.details) }) };
}

/** Give hits the keys of a MIDI file, and add its extra hits. */
function withDetails(doc, { keys, extra_hits: extraHits, ...details }, index) {
	const keyAt = new Map(keys.map(([step, name, key]) => [cellAt(step, index.get(name)), key]));
	const keyed = doc.hits.map((hit) => (keyAt.has(cellOf(hit)) ? [...hit, keyAt.get(cellOf(hit))] : hit));
	const extra = extraHits.map(([step, offset, key, velocity, name], number) => {
		return [step, name === null ? PERCUSSION : index.get(name), velocity, offset, key, number];
	});
	return { ...doc, hits: inOrder([...keyed, ...extra]), details };
}

function toValue({ muted, soloed, locked, handmade: _, opened: __, did: ___, deletes: ____, ...groove }, voices) {
	const named = Object.entries({ muted, soloed, locked }).map(([what, list]) => [what, list.map((voice) => voices[voice].name)]);
	const { hits, extra } = valueParts(groove, voices);
	return { ...groove, hits, settings: { ...groove.settings, ...Object.fromEntries(named) }, ...extra };
}

const partsOf = new WeakMap(); // by list of hits, so that a change of a setting does not pack the hits again

function valueParts(groove, voices) {
	if (!partsOf.has(groove.hits)) {
		const own = groove.hits.filter((hit) => !isExtra(hit));
		const hits = own.map(([step, voice, velocity, offset]) => [step, voices[voice].name, velocity, offset]);
		partsOf.set(groove.hits, { hits, extra: groove.details && { details: detailsOf(groove, voices) } });
	}
	return partsOf.get(groove.hits);
}

function detailsOf({ hits, details }, voices) {
	const { key_map, ticks_per_beat, messages } = details; // in the order of the server's values
	const keys = hits.filter((hit) => hit.length === EXTRA).map((hit) => [hit[STEP], voices[hit[VOICE]].name, hit[KEY]]);
	const extra = hits.filter(isExtra).map(([step, voice, velocity, offset, key]) => {
		return [step, offset, key, velocity, voice === PERCUSSION ? null : voices[voice].name];
	});
	return { key_map, ticks_per_beat, keys, extra_hits: extra, messages };
}

/** Convert a groove of version 1, from a file or the storage, to version 2, which has a meter instead of beats_per_bar. */
function upgraded({ ...groove }) {
	if (groove.settings?.mix !== undefined) groove.settings = withMix(groove, tidyMix(groove.settings.mix)).settings;
	if (!("beats_per_bar" in groove)) return groove;
	const newer = ([name, value]) => (name === "beats_per_bar" ? ["meter", `${value}/4`] : [name, name === "version" ? 2 : value]);
	return Object.fromEntries(Object.entries(groove).map(newer));
}

/** A groove without a hit, to draw in. */
function emptyGroove(name, { meter, bars, bpm, settings }) {
	return {
		format: "drummer groove", version: 2, bpm, meter, steps_per_beat: 12, bars, settings, seed: null, edited: true, model_hash: "",
		hits: [], made: name,
	};
}

/** Name the setting in which two documents differ: successive changes of one widget are undone together. */
function changedSetting(old, doc) {
	if (doc.bpm !== old.bpm) return "tempo";
	if (doc.meter !== old.meter) return null;
	return Object.keys({ ...old.settings, ...doc.settings }).find((name) => String(old.settings[name]) !== String(doc.settings[name]));
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** The cell of the grid that a hit is in: one number for its step and voice. Each extra hit has a cell of its own, below 0. */
const cellAt = (step, voice) => step * LANE_COUNT + voice;
const cellOf = (hit) => (isExtra(hit) ? -1 - hit[EXTRA] : cellAt(hit[STEP], hit[VOICE]));

const isExtra = (hit) => hit.length > EXTRA;
/** The latest offset that an edit gives a hit: an extra hit just ahead of the last bar line stays behind its step. */
const latest = (hit) => Math.max(LATEST, hit[OFFSET]);
const isPercussion = (hit) => hit[VOICE] === PERCUSSION;

const inOrder = (hits) =>
	hits.sort((one, other) => cellAt(one[STEP], one[VOICE]) - cellAt(other[STEP], other[VOICE]) || one[OFFSET] - other[OFFSET]);

/** Index of the first hit at a step or after it. */
function firstFrom(hits, step) {
	let [low, high] = [0, hits.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if (hits[middle][STEP] < step) low = middle + 1;
		else high = middle;
	}
	return low;
}

const percussive = new WeakMap(); // from lists of hits

/** Number of lanes: one more than voices where there is percussion. */
function laneCount({ hits }) {
	if (!percussive.has(hits)) percussive.set(hits, hits.some(isPercussion));
	return percussive.get(hits) ? LANE_COUNT : VOICE_COUNT;
}

const meterOf = (groove) => Meter.parse(groove.meter) ?? Meter.parse(FOUR_FOUR);
const stepsPerBar = (groove) => meterOf(groove).steps(groove.steps_per_beat);
const stepCount = (groove) => groove.bars * stepsPerBar(groove);

/** Length in beats. A beat is a quarter note here in every meter. */
const beatCount = (groove) => groove.bars * meterOf(groove).quarters;

/** A number with its noun, such as "1 bar" and "2 bars". */
const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** The first step of the snapping cell that a step is in; cells begin anew in each bar. */
function snapped(groove, step, snap) {
	const inBar = ((step % stepsPerBar(groove)) + stepsPerBar(groove)) % stepsPerBar(groove);
	return step - (inBar % snap);
}

/** The step after a snapping cell: the last of a bar may be a shorter one. */
function cellEnd(groove, step, snap) {
	const perBar = stepsPerBar(groove);
	return Math.min(step + snap, (Math.floor(step / perBar) + 1) * perBar);
}

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

/** Scale offsets, and distances of velocities from their voice's mean; of extra hits, from their key's. */
function withExpression(hits, amount) {
	const [sums, counts] = [{}, {}];
	const groupOf = (hit) => (isExtra(hit) ? `key ${hit[KEY]}` : hit[VOICE]);
	for (const hit of hits) {
		sums[groupOf(hit)] = (sums[groupOf(hit)] ?? 0) + hit[VELOCITY];
		counts[groupOf(hit)] = (counts[groupOf(hit)] ?? 0) + 1;
	}
	return hits.map((hit) => {
		const [step, voice, velocity, offset, ...key] = hit;
		const mean = sums[groupOf(hit)] / counts[groupOf(hit)];
		return [step, voice, clamp(mean + amount * (velocity - mean), QUIETEST, 1), clamp(amount * offset, -0.5, latest(hit)), ...key];
	});
}

/**
 * The groove at another tempo, with the same hits. A seed gives these hits only at the tempo that they were generated for, so the
 * document remembers it; see Take in drummer/files/document/take.py.
 */
function atTempo(groove, bpm) {
	if (groove.edited || groove.seed == null) return { ...groove, bpm };
	const { generated_bpm: generated = groove.bpm, ...settings } = groove.settings;
	return { ...groove, bpm, settings: bpm === generated ? settings : { ...settings, generated_bpm: generated } };
}

const findHit = (groove, cell) => groove.hits.find((hit) => cellOf(hit) === cell);

/**
 * The groove with other hits. `edited`: settings and seed do not give this groove; `handmade`: its hits are the user's, edited or
 * from a file, and no change of settings may replace them.
 */
const withHits = (groove, hits) => ({ ...groove, hits, edited: true, handmade: true });

/** Add hits; they replace those in the same cells. */
function addHits(groove, hits) {
	const taken = new Set(hits.map(cellOf));
	const kept = groove.hits.filter((hit) => !taken.has(cellOf(hit)));
	return withHits(groove, inOrder([...kept, ...hits]));
}

/** Make a hit. In the lane of percussion it gets the instrument of the nearest hit. */
function newHit(groove, step, voice, velocity) {
	if (voice !== PERCUSSION) return [step, voice, velocity, 0];
	const played = groove.hits.filter(isPercussion);
	const nearest = played.reduce((one, other) => (Math.abs(other[STEP] - step) < Math.abs(one[STEP] - step) ? other : one));
	const number = 1 + Math.max(...groove.hits.filter(isExtra).map((hit) => hit[EXTRA]));
	return [step, voice, velocity, 0, nearest[KEY], number];
}

/** Add the hits of bars that were empty so far. */
const withMore = (groove, hits) => ({ ...groove, hits: inOrder([...groove.hits, ...hits]) });

const removeCells = (groove, cells) => withHits(groove, groove.hits.filter((hit) => !cells.has(cellOf(hit))));

/** Change the velocity and the offset, in steps, of the hits in these cells. */
function shape(groove, cells, louder, later) {
	const hits = groove.hits.map((hit) => {
		if (!cells.has(cellOf(hit))) return hit;
		const velocity = clamp(hit[VELOCITY] + louder, QUIETEST, 1);
		return [hit[STEP], hit[VOICE], round(velocity), round(clamp(hit[OFFSET] + later, -0.5, latest(hit))), ...hit.slice(KEY)];
	});
	return withHits(groove, hits);
}

/**
 * The hits in these cells, moved by steps and lanes; null where one would leave the grid. A key stays in its lane: in another one
 * the hit is an ordinary hit of that voice. Percussion stays in the lane of percussion.
 */
function movedHits(groove, cells, steps, voices) {
	const chosen = groove.hits.filter((hit) => cells.has(cellOf(hit)));
	const place = (hit) => [hit[STEP] + steps, hit[VOICE] + voices, hit[VELOCITY], hit[OFFSET]];
	const moved = chosen.map((hit) => (voices ? place(hit) : [...place(hit), ...hit.slice(KEY)]));
	const lanes = voices ? VOICE_COUNT : LANE_COUNT;
	const inside = moved.every(([step, voice]) => step >= 0 && step < stepCount(groove) && voice >= 0 && voice < lanes);
	return inside && !(voices && chosen.some(isPercussion)) ? moved : null;
}

/** Move the hits in these cells; null where one would leave the grid. */
function move(groove, cells, steps, voices) {
	const moved = movedHits(groove, cells, steps, voices);
	return moved && addHits(removeCells(groove, cells), moved);
}

const round = (value) => Math.round(value * 1e4) / 1e4;
