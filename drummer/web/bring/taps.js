// Taps as music: a rhythm without voices. Needs no DOM.
//
// A tap is [beat, strength]: quarter notes from the first bar line, and 0 to 1.

class Taps {
	static PERIODS = [1 / 4, 1 / 3]; // quarter notes: sixteenths, and triplets of eighths
	static CLEARLY = 0.02; // by which share of the taps one of them must win; else the smaller shift is right
	static APART = 1 / 16; // quarter notes; of two taps that are nearer the louder counts
	static MOST = 256; // as MOST_TAPS in taps.py; nobody taps more in so few bars

	/**
	 * Keep the taps of a span of beats, moved by their mean distance from the grid: people tap ahead of a click, and sound and touch
	 * arrive late. A tap at the last bar line is the downbeat to which a loop returns, unless that was tapped.
	 */
	static within(taps, beats) {
		const all = taps.filter(([beat]) => beat >= -LEAD_IN_BEATS && beat < beats + LEAD_IN_BEATS);
		const shift = Taps.#shift(all.map(([beat]) => beat));
		const moved = all.map(([beat, strength]) => [Math.max(0, beat - shift), strength]).sort(([one], [other]) => one - other);
		const inside = moved.filter(([beat]) => beat < beats - LEAD_IN_BEATS / 2);
		const [last] = moved.slice(inside.length);
		if (last && !(inside[0]?.[0] < LEAD_IN_BEATS)) inside.unshift([0, last[1]]);
		const kept = [];
		for (const tap of inside) {
			if (!(tap[0] - kept.at(-1)?.[0] < Taps.APART)) kept.push(tap);
			else if (tap[1] > kept.at(-1)[1]) kept[kept.length - 1] = tap;
		}
		return kept.slice(0, Taps.MOST);
	}

	/**
	 * The distance from the grid that all taps have in common, in quarter notes, positive = late: the circular mean of their phases, in
	 * sixteenths or in triplets, whichever they agree on best.
	 */
	static #shift(beats) {
		const [straight, triplet] = Taps.PERIODS.map((period) => {
			const phases = beats.map((beat) => (2 * Math.PI * beat) / period);
			const [x, y] = [Math.cos, Math.sin].map((of) => phases.reduce((sum, phase) => sum + of(phase), 0));
			return { agreement: Math.hypot(x, y) / beats.length, shift: (period * Math.atan2(y, x)) / (2 * Math.PI) };
		});
		const lead = straight.agreement - triplet.agreement;
		if (Math.abs(lead) > Taps.CLEARLY) return (lead > 0 ? straight : triplet).shift;
		return Math.abs(straight.shift) <= Math.abs(triplet.shift) ? straight.shift : triplet.shift;
	}
}
