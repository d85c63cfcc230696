// Taps as music: a rhythm without voices. Needs no DOM.
//
// A tap is [beat, strength]: quarter notes from the first bar line, and 0 to 1.

class Taps {
	static ON_BEAT = 0.12; // quarter notes from a beat at which a tap is meant for it
	static PERIODS = [1 / 4, 1 / 3]; // quarter notes: sixteenths, and triplets of eighths
	static AGREE = 0.8; // from which length of their mean vector, 0 to 1, taps between the beats tell how late they are
	static APART = 1 / 12; // quarter notes, a step of the grid; of two taps that are nearer the louder counts
	static MOST = 512; // as MOST_TAPS in taps.py

	/**
	 * Keep the taps of some bars, moved by what they have in common: people tap ahead of a click, and sound and touch arrive late. A tap
	 * at the last bar line is the downbeat to which a loop returns, unless that was tapped.
	 */
	static within(taps, bars, meter) {
		const beats = bars * meter.quarters;
		const all = taps.filter(([beat]) => beat >= -LEAD_IN_BEATS && beat < beats + LEAD_IN_BEATS);
		const shift = Taps.#shift(all.map(([beat]) => beat), meter);
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
	 * How late all taps are, in quarter notes: the median of those on the beats, which no swing moves. Without any, the mean phase of all,
	 * in sixteenths or in triplets, whichever makes less of it.
	 */
	static #shift(beats, meter) {
		const distance = (beat) => beat - meter.pulse * Math.round(beat / meter.pulse);
		const onBeat = beats.map((beat) => distance(beat < 0 ? beat : beat % meter.quarters)).filter((each) => Math.abs(each) <= Taps.ON_BEAT);
		if (onBeat.length) {
			onBeat.sort((one, other) => one - other);
			return (onBeat[(onBeat.length - 1) >> 1] + onBeat[onBeat.length >> 1]) / 2;
		}
		const shifts = Taps.PERIODS.map((period) => {
			const phases = beats.map((beat) => (2 * Math.PI * beat) / period);
			const [x, y] = [Math.cos, Math.sin].map((of) => phases.reduce((sum, phase) => sum + of(phase), 0) / beats.length);
			return Math.hypot(x, y) >= Taps.AGREE ? (period * Math.atan2(y, x)) / (2 * Math.PI) : 0;
		});
		return shifts.reduce((least, each) => (Math.abs(each) < Math.abs(least) ? each : least));
	}
}
