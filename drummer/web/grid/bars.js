// Whole bars: copied, pasted, doubled, emptied and removed. Needs no DOM.
//
// A bar's music begins a little before its bar line, since drummers play downbeats early: a hit up to half a sixteenth ahead of a
// bar line travels with the bar that it opens; see Groove.cut in drummer/music/groove.py. So nothing is lost or doubled at a joint.

const SAME_TIME = 0.05; // steps: two hits of a voice that are nearer than this are one

/** An edit that cannot be made; the message says why, for the user. */
class Impossible extends Error {}

/** The bar that a hit belongs to, from 0. Hits ahead of the last bar line stay with the last bar. */
const barOf = (groove, hit) => barFinder(groove)(hit);

/** Make a function that finds the bar of a hit, for many hits. */
function barFinder(groove) {
	const { bars } = groove;
	const perBar = stepsPerBar(groove);
	const lead = LEAD_IN_BEATS * groove.steps_per_beat;
	return (hit) => {
		const bar = Math.floor(hit[STEP] / perBar);
		return (bar + 1) * perBar - hit[STEP] - hit[OFFSET] <= lead && bar + 1 < bars ? bar + 1 : bar;
	};
}

/** The hits of bars from `first` up to, not including, `last`. */
function hitsOfBars(groove, first, last) {
	const barAt = barFinder(groove);
	return groove.hits.filter((hit) => first <= barAt(hit) && barAt(hit) < last);
}

/** The hits of all other bars. */
function hitsBeside(groove, first, last) {
	const barAt = barFinder(groove);
	return groove.hits.filter((hit) => barAt(hit) < first || barAt(hit) >= last);
}

/** Bars in words, such as "bar 3" or "bars 3\u20135". */
const barsInWords = ({ first, last }) => (last - first === 1 ? `bar ${first + 1}` : `bars ${first + 1}\u2013${last}`);

/** The number of each bar, from 0. */
const barNumbers = ({ first, last }) => Array.from({ length: last - first }, (_, index) => first + index);

/** The bars that re-rolls leave as they are, from 0. */
const lockedBars = (groove) => (groove.settings.locked_bars ?? []).filter((bar) => bar < groove.bars);

const sizeInWords = ({ bars, hits }) => `${counted(bars, "bar")}, ${counted(hits.length, "hit")}`;

/** Number of the next extra hit. */
const nextExtra = (hits) => 1 + Math.max(-1, ...hits.filter(isExtra).map((hit) => hit[EXTRA]));

/** A key of a voice in the drum map of the groove. `pitches`: by drum map, the key of each voice. */
const keyOf = (groove, voice, pitches) => pitches[groove.details?.key_map ?? "general_midi"][voice];

/** The groove with room for keys and extra hits. */
const withRoomForExtras = (groove, keyMap = "general_midi") =>
	groove.details ? groove : { ...groove, details: { key_map: keyMap, ticks_per_beat: 480, messages: [] } };

/**
 * Add hits, whose steps may lie just before the groove, and number extra hits anew. Where two hits share a cell, the softer becomes
 * an extra hit if they sound at different times; otherwise the new hit replaces the other.
 * hits: as in a document; the numbers of extra hits do not matter.
 */
function joinHits(groove, hits, pitches) {
	const extras = hits.some(isExtra) ? withRoomForExtras(groove) : groove;
	const inside = hits.map((hit) => (hit[STEP] < 0 ? [0, hit[VOICE], hit[VELOCITY], -0.5, ...hit.slice(KEY)] : hit));
	const cells = new Map(groove.hits.filter((hit) => !isExtra(hit)).map((hit) => [cellOf(hit), hit]));
	const added = [];
	let number = nextExtra(groove.hits);
	let doc = extras;
	const addExtra = (hit) => {
		doc = withRoomForExtras(doc);
		added.push([...hit.slice(0, KEY), hit[KEY] ?? keyOf(doc, hit[VOICE], pitches), number++]);
	};
	for (const hit of inside) {
		const other = isExtra(hit) ? null : cells.get(cellOf(hit));
		if (isExtra(hit)) addExtra(hit);
		else if (!other || Math.abs(other[OFFSET] - hit[OFFSET]) <= SAME_TIME) cells.set(cellOf(hit), hit);
		else {
			const [softer, louder] = hit[VELOCITY] > other[VELOCITY] ? [other, hit] : [hit, other];
			cells.set(cellOf(hit), louder);
			addExtra(softer);
		}
	}
	return withHits(doc, inOrder([...cells.values(), ...groove.hits.filter(isExtra), ...added]));
}

/** Throw an Impossible if a groove exceeds the limits, {bars, steps, hits}; return the groove. */
function checkSize(groove, limits) {
	const most = Math.min(limits.bars, Math.floor(limits.steps / stepsPerBar(groove)));
	if (groove.bars > most) throw new Impossible(`A groove can have ${most} bars here, and this would make ${groove.bars}`);
	if (groove.hits.length > limits.hits) throw new Impossible(`A groove can have ${limits.hits} hits, and this would make ${groove.hits.length}`);
	return groove;
}

// -- messages of a MIDI file: positions of the pedal, chokes -----------------------------------------------------------------

const pedalBefore = (messages, step) => messages.findLast(([at, offset, kind]) => kind === "pedal" && at + offset < step);

const inTime = (messages) => messages.toSorted((one, other) => one[0] + one[1] - other[0] - other[1]);

/** Cut out the messages of some steps, counted from the first; one is added that sets the pedal to its position there. */
function cutMessages(messages, start, end) {
	const inside = messages.filter(([step]) => start <= step && step < end).map(([step, ...rest]) => [step - start, ...rest]);
	const pedal = pedalBefore(messages, start);
	const begins = inside.some(([step, offset, kind]) => kind === "pedal" && step + offset <= 0);
	return pedal && !begins ? [[0, -0.5, ...pedal.slice(2)], ...inside] : inside;
}

/** Replace the messages of some steps; after these steps the pedal returns to the position that it had there. */
function replaceMessages(messages, start, end, others) {
	const before = messages.filter(([step]) => step < start);
	const after = messages.filter(([step]) => step >= end);
	const placed = [...before, ...others.map(([step, ...rest]) => [step + start, ...rest])];
	const [had, has] = [pedalBefore(messages, end), pedalBefore(placed, end)];
	if (had && has && had[4] !== has[4]) placed.push([end, -0.5, ...had.slice(2)]);
	return inTime([...placed, ...after]);
}

const withMessages = (groove, messages) => (groove.details ? { ...groove, details: { ...groove.details, messages } } : groove);

// -- settings that refer to bars -----------------------------------------------------------------------------------------------

const isByBar = (groove, value) => Array.isArray(value) && value.length === groove.bars && value.every((each) => each === null || typeof each === "number");

/**
 * Settings after bars were inserted at `at`: the block of the song grows; the new bars have the controls of the bars from `like`, or
 * none.
 */
function settingsWithMore(groove, at, count, limits, like = null) {
	const settings = { ...groove.settings };
	for (const [name, value] of Object.entries(settings)) {
		if (name === "locked_bars") settings[name] = value.map((bar) => (bar >= at ? bar + count : bar));
		else if (isByBar(groove, value)) {
			const more = like === null ? new Array(count).fill(null) : value.slice(like, like + count);
			settings[name] = value.toSpliced(at, 0, ...more);
		}
	}
	const block = blocksOf(groove).findLastIndex(({ first }) => first < Math.max(at, 1));
	if (block < 0) return settings;
	const blocks = settings.song.flatMap((each, index) => (index === block ? splitBlock({ ...each, bars: each.bars + count }, limits.block_bars) : [each]));
	if (blocks.length <= limits.blocks) settings.song = blocks;
	else delete settings.song; // the groove is no song any more
	return settings;
}

/** Split a block of a song that is too long into blocks of the same part, as half_time in drummer/generation/song.py does. */
function splitBlock(block, most) {
	const count = Math.ceil(block.bars / most);
	return Array.from({ length: count }, (_, index) => ({ ...block, bars: Math.min(most, block.bars - index * most) }));
}

/** Settings after the bars from `first` up to, not including, `last` were taken out. */
function settingsWithout(groove, first, last) {
	const settings = { ...groove.settings };
	for (const [name, value] of Object.entries(settings)) {
		if (name === "locked_bars") settings[name] = value.filter((bar) => bar < first || bar >= last).map((bar) => (bar >= last ? bar - last + first : bar));
		else if (isByBar(groove, value)) settings[name] = value.toSpliced(first, last - first);
	}
	if (!settings.song) return settings;
	let start = 0;
	const blocks = settings.song.map((block) => {
		const gone = Math.max(0, Math.min(start + block.bars, last) - Math.max(start, first));
		start += block.bars;
		return { ...block, bars: block.bars - gone };
	});
	settings.song = blocks.filter(({ bars }) => bars > 0);
	return settings;
}

/** The first bars of a groove whose other bars have not come; hits that the user has added to the missing bars are lost. */
function firstBars(groove, bars) {
	const hits = groove.hits.filter((hit) => hit[STEP] < bars * stepsPerBar(groove));
	return { ...groove, bars, hits, edited: true, settings: settingsWithout(groove, bars, groove.bars) };
}

// -- edits ------------------------------------------------------------------------------------------------------------------

/** Copy the bars from `first` up to, not including, `last`: what `pasteBars` takes. */
function copyBars(groove, { first, last }) {
	const start = first * stepsPerBar(groove);
	const hits = hitsOfBars(groove, first, last).map(([step, ...rest]) => [step - start, ...rest]);
	const messages = groove.details && cutMessages(groove.details.messages, start, last * stepsPerBar(groove));
	const { meter, steps_per_beat } = groove;
	return { kind: "bars", bars: last - first, meter, steps_per_beat, hits, messages: messages ?? [], key_map: groove.details?.key_map ?? null };
}

/**
 * Hits of a clip with keys that fit the groove's drum map: of another map, ordinary hits lose their keys, and extra hits get the key
 * of their voice.
 */
function keyedFor(groove, clip, pitches) {
	const same = !groove.details || !clip.key_map || groove.details.key_map === clip.key_map;
	if (same) return clip.hits;
	return clip.hits.map((hit) => {
		if (isPercussion(hit)) return hit;
		return isExtra(hit) ? hit.with(KEY, keyOf(groove, hit[VOICE], pitches)) : hit.slice(0, KEY);
	});
}

/** The groove with the music of some bars replaced by that of a clip. Where the clip is longer than the rest, bars are added. */
function pasteBars(groove, clip, first, { limits, pitches }) {
	const [here, there] = [meterOf(groove), Meter.parse(clip.meter)];
	if (here.signature !== there.signature) {
		throw new Impossible(`The copied bars are in ${there.signature} and this groove is in ${here.signature}: copy a selection of hits instead`);
	}
	if (groove.steps_per_beat !== clip.steps_per_beat) {
		throw new Impossible(`The copied bars have ${clip.steps_per_beat} steps per beat and this groove has ${groove.steps_per_beat}: copy a selection of hits instead`);
	}
	const more = Math.max(0, first + clip.bars - groove.bars);
	const longer = more ? { ...groove, bars: groove.bars + more, settings: settingsWithMore(groove, groove.bars, more, limits) } : groove;
	return checkSize(placed(longer, clip, first, pitches), limits);
}

function placed(groove, clip, first, pitches) {
	const last = first + clip.bars;
	const [start, end] = [first, last].map((bar) => bar * stepsPerBar(groove));
	const kept = hitsBeside(groove, first, last);
	const taken = new Set(kept.map(cellOf)); // an early downbeat of the bar after them stays
	const hits = keyedFor(groove, clip, pitches)
		.map(([step, ...rest]) => [step + start, ...rest])
		.filter((hit) => isExtra(hit) || !taken.has(cellOf(hit)));
	const open = clip.key_map ? withRoomForExtras(groove, clip.key_map) : groove;
	const doc = joinHits({ ...open, hits: kept }, hits, pitches);
	return withMessages(doc, doc.details && replaceMessages(doc.details.messages, start, end, clip.messages));
}

/** The groove with a copy of some bars inserted after them. */
function duplicateBars(groove, range, rules) {
	const { first, last } = range;
	const [count, end] = [last - first, last * stepsPerBar(groove)];
	const by = count * stepsPerBar(groove);
	const barAt = barFinder(groove);
	const hits = groove.hits.map((hit) => (barAt(hit) >= last ? hit.with(STEP, hit[STEP] + by) : hit));
	const settings = settingsWithMore(groove, last, count, rules.limits, first);
	const messages = groove.details && groove.details.messages.map((each) => (each[0] >= end ? each.with(0, each[0] + by) : each));
	const longer = withMessages({ ...groove, bars: groove.bars + count, settings, hits: inOrder(hits) }, messages);
	checkSize(longer, rules.limits);
	return checkSize(placed(longer, copyBars(groove, range), last, rules.pitches), rules.limits);
}

/** The groove without some of its bars: what follows moves up. */
function removeBars(groove, { first, last }, { pitches }) {
	if (last - first >= groove.bars) throw new Impossible("A groove needs at least one bar: choose fewer bars, or press Delete to empty them");
	const [start, end] = [first, last].map((bar) => bar * stepsPerBar(groove));
	const moved = hitsOfBars(groove, last, groove.bars).map((hit) => hit.with(STEP, hit[STEP] - end + start));
	const before = withHits({ ...groove, bars: groove.bars - last + first, settings: settingsWithout(groove, first, last) }, hitsOfBars(groove, 0, first));
	const doc = joinHits(before, moved, pitches);
	if (!doc.details) return doc;
	const { messages } = groove.details;
	const tail = cutMessages(messages, end, stepCount(groove)).map(([step, ...rest]) => [step + start, ...rest]);
	return withMessages(doc, inTime([...messages.filter(([step]) => step < start), ...tail]));
}

/** The groove with some bars empty. */
function emptyBars(groove, { first, last }) {
	const [start, end] = [first, last].map((bar) => bar * stepsPerBar(groove));
	const doc = withHits(groove, hitsBeside(groove, first, last));
	return withMessages(doc, doc.details && replaceMessages(doc.details.messages, start, end, []));
}
