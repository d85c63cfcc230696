// Edits of selected hits: copies, quantising, ramps, flams, rolls, hats for ride. Needs no DOM.

const SWAPPED = { 4: 11, 11: 4, 6: 12, 12: 6 }; // closed hat and ride, open hat and bell; the pedal hat stays

const chosenHits = (groove, cells) => groove.hits.filter((hit) => cells.has(cellOf(hit)));

/** Onset in steps. */
const stepsOf = (hit) => hit[STEP] + hit[OFFSET];

/** A hit at an onset in steps, in the cell nearest to it. */
function atOnset(groove, hit, steps) {
	const step = clamp(Math.floor(steps + 0.5), 0, stepCount(groove) - 1);
	return [step, hit[VOICE], hit[VELOCITY], round(clamp(steps - step, -0.5, LATEST)), ...hit.slice(KEY)];
}

/** Whether two hits are of the same drum: of one voice, or in the lane of percussion of one key. */
const isSameDrum = (one, other) => one[VOICE] === other[VOICE] && (!isPercussion(one) || one[KEY] === other[KEY]);

/**
 * The span of the hits, {from, to} in steps: whole beats, or whole bars where it is longer than half a bar. A copy starts at its end,
 * so that it falls on the same beats.
 */
function spanOf(groove, hits) {
	const [perBar, perPulse] = [stepsPerBar(groove), meterOf(groove).pulse * groove.steps_per_beat];
	const places = hits.map((hit) => Math.max(hit[STEP], barOf(groove, hit) * perBar)); // an early downbeat is on its bar line
	const [first, last] = [Math.min(...places), Math.max(...places)];
	const barAt = (step) => Math.floor(step / perBar) * perBar;
	const beatAt = (step) => barAt(step) + Math.floor((step - barAt(step)) / perPulse) * perPulse;
	const [from, to] = [beatAt(first), Math.min(beatAt(last) + perPulse, barAt(last) + perBar)];
	return to - from > perBar / 2 ? { from: barAt(first), to: barAt(last) + perBar } : { from, to };
}

/** Copy the hits of some cells: what `pasteHits` takes. */
function copyHits(groove, cells) {
	const hits = chosenHits(groove, cells);
	const { from, to } = spanOf(groove, hits);
	const moved = hits.map(([step, ...rest]) => [step - from, ...rest]);
	return { kind: "hits", length: to - from, steps_per_beat: groove.steps_per_beat, hits: moved, key_map: groove.details?.key_map ?? null };
}

/** Paste hits at a step. Returns {doc, cells, left}: the cells of the hits, and how many lie behind the last bar and were left out. */
function pasteHits(groove, clip, at, { limits, pitches }) {
	const scale = groove.steps_per_beat / clip.steps_per_beat;
	const place = (hit) => {
		if (scale === 1) return hit.with(STEP, hit[STEP] + at);
		const steps = at + scale * stepsOf(hit);
		const step = Math.floor(steps + 0.5);
		return [step, hit[VOICE], hit[VELOCITY], round(clamp(steps - step, -0.5, LATEST)), ...hit.slice(KEY)];
	};
	const all = keyedFor(groove, clip, pitches).map(place);
	const hits = all.filter((hit) => hit[STEP] < stepCount(groove));
	if (!hits.length) throw new Impossible("There is no room for these hits after the last bar: duplicate a bar first");
	const open = clip.key_map ? withRoomForExtras(groove, clip.key_map) : groove;
	const { doc, cells } = inPlace(open, groove.hits, hits, pitches);
	return { doc: checkSize(doc, limits), cells, left: all.length - hits.length };
}

/** Put hits in place of those in their cells, among other hits. Returns {doc, cells}: the cells of the hits. */
function inPlace(groove, others, hits, pitches) {
	const taken = new Set(hits.filter((hit) => !isExtra(hit)).map((hit) => cellAt(Math.max(hit[STEP], 0), hit[VOICE])));
	const kept = others.filter((hit) => isExtra(hit) || !taken.has(cellOf(hit)));
	const doc = joinHits({ ...groove, hits: kept }, hits, pitches);
	const old = new Set(kept);
	return { doc, cells: new Set(doc.hits.filter((hit) => !old.has(hit)).map(cellOf)) };
}

/** How far hits can move towards a place, in steps and lanes, without one leaving the grid. Percussion stays in its lane. */
function reach(groove, cells, steps, voices) {
	const hits = chosenHits(groove, cells);
	const [at, lanes] = [hits.map((hit) => hit[STEP]), hits.map((hit) => hit[VOICE])];
	const within = clamp(steps, -Math.min(...at), stepCount(groove) - 1 - Math.max(...at));
	const across = hits.some(isPercussion) ? 0 : clamp(voices, -Math.min(...lanes), VOICE_COUNT - 1 - Math.max(...lanes));
	return [within, across];
}

/** Place the hits of some cells elsewhere; `copy`: and leave them where they are too. Returns {doc, cells}. */
function placeHits(groove, cells, steps, voices, { pitches }, copy = false) {
	const moved = movedHits(groove, cells, steps, voices);
	if (!moved) throw new Impossible("These hits would leave the grid");
	return inPlace(groove, copy ? groove.hits : groove.hits.filter((hit) => !cells.has(cellOf(hit))), moved, pitches);
}

/** A map from each hit that opens a flam to the hit of its drum that follows within so many seconds, with which it moves. */
function graces(groove, seconds) {
	const [found, next] = [new Map(), new Map()];
	const steps = seconds / stepSeconds(groove);
	for (const hit of groove.hits.toSorted((one, other) => stepsOf(other) - stepsOf(one))) {
		const drum = isPercussion(hit) ? `key ${hit[KEY]}` : hit[VOICE];
		if (next.has(drum) && stepsOf(next.get(drum)) - stepsOf(hit) < steps) found.set(hit, next.get(drum));
		next.set(drum, hit);
	}
	return found;
}

/**
 * Move hits towards the nearest line of the snap by a share of the distance, 0 to 1; flams stay flams. Returns {doc, cells, moved,
 * merged}: the cells of the hits, how many of them have moved, and how many were in the way of a louder one.
 */
function quantise(groove, cells, snap, strength, { flam_window: flamWindow }) {
	const opens = graces(groove, flamWindow);
	const shifts = new Map();
	const shiftOf = (hit) => {
		if (!shifts.has(hit)) {
			const main = opens.get(hit);
			const [steps, cell] = [stepsOf(hit), snapped(groove, Math.floor(Math.max(stepsOf(hit), 0)), snap)];
			const end = cellEnd(groove, cell, snap);
			shifts.set(hit, main ? shiftOf(main) : strength * ((steps - cell < end - steps ? cell : end) - steps));
		}
		return shifts.get(hit);
	};
	let moved = 0;
	const chosen = new Set();
	const placed = groove.hits.map((hit) => {
		if (!cells.has(cellOf(hit))) return hit;
		const stays = Math.abs(shiftOf(hit)) < 1e-6;
		if (!stays) moved++;
		const next = stays ? hit : atOnset(groove, hit, stepsOf(hit) + shiftOf(hit));
		chosen.add(next);
		return next;
	});
	const loudest = new Map();
	for (const hit of placed) {
		const other = loudest.get(cellOf(hit));
		if (!other || other[VELOCITY] < hit[VELOCITY]) loudest.set(cellOf(hit), hit);
	}
	const hits = inOrder([...loudest.values()]);
	const after = new Set(hits.filter((hit) => chosen.has(hit)).map(cellOf));
	return { doc: withHits(groove, hits), cells: after, moved, merged: placed.length - loudest.size };
}

/** Let velocities rise or fall evenly in time, from the first of the hits to the last; MIDI velocities, 1 to 127. */
function ramp(groove, cells, from, to) {
	const onsets = chosenHits(groove, cells).map(stepsOf);
	const [first, last] = [Math.min(...onsets), Math.max(...onsets)];
	if (!(last > first)) throw new Impossible("A ramp needs hits at two different times: select more");
	const level = (hit) => round(clamp((from + ((stepsOf(hit) - first) / (last - first)) * (to - from)) / 127, QUIETEST, 1));
	return withHits(groove, groove.hits.map((hit) => (cells.has(cellOf(hit)) ? hit.with(VELOCITY, level(hit)) : hit)));
}

/** Put a softer hit just before each hit; hits of a flam are left alone. Returns {doc, count}. */
function flam(groove, cells, rules) {
	const ahead = rules.flam_seconds / stepSeconds(groove);
	const flams = new Set([...graces(groove, rules.flam_window)].flat());
	const hits = chosenHits(groove, cells).filter((hit) => !flams.has(hit));
	const tick = groove.steps_per_beat / 480; // nothing precedes the first bar line of a MIDI file: on it, both hits would be one
	const opening = hits.filter((hit) => stepsOf(hit) >= tick / 2).map((hit) => {
		const steps = Math.max(stepsOf(hit) - ahead, -0.5);
		const velocity = round(Math.max(rules.flam_velocity * hit[VELOCITY], QUIETEST));
		return atOnset(groove, hit.with(VELOCITY, velocity), steps);
	});
	if (!opening.length) {
		throw new Impossible(hits.length ? "There is no room for a flam before the first bar line" : "These hits are flams already");
	}
	return { doc: checkSize(joinHits(groove, opening, rules.pitches), rules.limits), count: opening.length };
}

/** Repeat each hit, more softly, every so many steps: up to the next hit of its drum, for a beat at most. Returns {doc, count}. */
function roll(groove, cells, spacing, rules) {
	const beat = meterOf(groove).pulse * groove.steps_per_beat;
	const strokes = chosenHits(groove, cells).flatMap((hit) => {
		const start = stepsOf(hit);
		const next = groove.hits.filter((other) => isSameDrum(hit, other) && stepsOf(other) > start).map(stepsOf);
		const end = Math.min(start + beat, stepCount(groove) - 0.5, ...next) - spacing / 2;
		const count = Math.max(0, Math.ceil((end - start) / spacing - 1e-9) - 1);
		const velocity = round(Math.max(rules.roll_velocity * hit[VELOCITY], QUIETEST));
		return Array.from({ length: count }, (_, index) => atOnset(groove, hit.with(VELOCITY, velocity), start + (index + 1) * spacing));
	});
	if (!strokes.length) throw new Impossible("There is no room for a roll: the next hit of this drum is too close");
	return { doc: checkSize(joinHits(groove, strokes, rules.pitches), rules.limits), count: strokes.length };
}

/** Play on the ride what is on the closed hat, and on the bell what is on the open one, and the other way round. Returns {doc, cells}. */
function swapHatsAndRide(groove, cells, { pitches }) {
	const swapped = chosenHits(groove, cells).filter((hit) => hit[VOICE] in SWAPPED);
	if (!swapped.length) throw new Impossible("There is no hat or ride among these hits to swap");
	const out = new Set(swapped.map(cellOf));
	const moved = swapped.map((hit) => {
		const voice = SWAPPED[hit[VOICE]];
		const own = [hit[STEP], voice, hit[VELOCITY], hit[OFFSET]];
		return isExtra(hit) ? [...own, keyOf(groove, voice, pitches), hit[EXTRA]] : own;
	});
	const placed = inPlace(groove, groove.hits.filter((hit) => !out.has(cellOf(hit))), moved, pitches);
	return { doc: placed.doc, cells: new Set([...[...cells].filter((cell) => !out.has(cell)), ...placed.cells]) };
}
