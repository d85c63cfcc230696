// Taps as music: a rhythm without voices. Needs no DOM.
//
// A tap is [beat, strength]: quarter notes from the first bar line, and 0 to 1.

class Taps {
	static MARGIN = 1 / 4; // quarter notes ahead of the bars and after them in which taps are noted, until it is known how late all are
	static ON_BEAT = [0.12, 0.22]; // quarter notes from a beat at which a tap is meant for it: first the near ones, else the farther
	static PERIODS = [1 / 4, 1 / 3]; // quarter notes: sixteenths, and triplets of eighths
	static AGREE = 0.8; // from which length of their mean vector, 0 to 1, taps between the beats tell how late they are
	static APART = 1 / 12; // quarter notes, a step of the grid; of two taps that are nearer the louder counts

	/**
	 * Keep the taps of some bars, moved by what they have in common: people tap ahead of a click, and sound and touch arrive late. A tap
	 * at the last bar line is the downbeat to which a loop returns, unless that was tapped.
	 */
	static within(taps, bars, meter) {
		const beats = bars * meter.quarters;
		const shift = Taps.#shift(taps.map(([beat]) => beat), meter);
		const moved = taps
			.map(([beat, strength]) => [beat - shift, strength])
			.filter(([beat]) => beat >= -LEAD_IN_BEATS && beat < beats + LEAD_IN_BEATS)
			.map(([beat, strength]) => [Math.max(0, beat), strength])
			.sort(([one], [other]) => one - other);
		const inside = moved.filter(([beat]) => beat < beats - LEAD_IN_BEATS / 2);
		const [last] = moved.slice(inside.length);
		if (last && !(inside[0]?.[0] < LEAD_IN_BEATS)) inside.unshift([0, last[1]]);
		const kept = [];
		for (const tap of inside) {
			if (!(tap[0] - kept.at(-1)?.[0] < Taps.APART)) kept.push(tap);
			else if (tap[1] > kept.at(-1)[1]) kept[kept.length - 1] = tap;
		}
		return kept;
	}

	/**
	 * How late all taps are, in quarter notes: the median of those on the beats, which no swing moves. Without any, the mean phase of all,
	 * in sixteenths or in triplets, whichever makes less of it.
	 */
	static #shift(beats, meter) {
		const distances = beats.map((beat) => {
			const inBar = beat < 0 ? beat : beat % meter.quarters;
			return inBar - meter.pulse * Math.round(inBar / meter.pulse);
		});
		for (const width of Taps.ON_BEAT) {
			const near = distances.filter((each) => Math.abs(each) <= width).sort((one, other) => one - other);
			if (near.length) return (near[(near.length - 1) >> 1] + near[near.length >> 1]) / 2;
		}
		const shifts = Taps.PERIODS.map((period) => {
			const phases = beats.map((beat) => (2 * Math.PI * beat) / period);
			const [x, y] = [Math.cos, Math.sin].map((of) => phases.reduce((sum, phase) => sum + of(phase), 0) / beats.length);
			return Math.hypot(x, y) >= Taps.AGREE ? (period * Math.atan2(y, x)) / (2 * Math.PI) : 0;
		});
		return shifts.reduce((least, each) => (Math.abs(each) < Math.abs(least) ? each : least));
	}
}
