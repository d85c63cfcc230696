// Meters: the time signature of a groove, with the groups that its beats form. Needs no DOM.
//
// Lengths are in quarter notes, as everywhere in a groove; see drummer/music/meter.py, which computes the same.

const FOUR_FOUR = "4/4";

class Meter {
	static TEXT = /^\s*(\d{1,3})\s*\/\s*(\d{1,3})\s*(?:[(:=,]?\s*(\d{1,2}(?:\s*\+\s*\d{1,2})+|\d{1,2})\s*\)?)?\s*$/;
	static MOST = 32; // of the numerator
	static DENOMINATORS = [1, 2, 4, 8, 16];
	static known = {}; // usual groupings by signature; the controls get them from the server, USUAL_GROUPINGS in meter.py
	static #read = new Map(); // meters by their texts

	/** Read a meter such as 6/8 or 7/8 (3+2+2); null where the text is none. */
	static parse(text) {
		if (!Meter.#read.has(text)) {
			const [, numerator, denominator, groups] = (Meter.TEXT.exec(text) ?? []).map((part) => part);
			const grouping = groups?.split("+").map(Number) ?? [];
			Meter.#read.set(text, Meter.#make(Number(numerator), Number(denominator), grouping));
		}
		return Meter.#read.get(text);
	}

	static #make(numerator, denominator, grouping) {
		if (!(numerator >= 1 && numerator <= Meter.MOST && Meter.DENOMINATORS.includes(denominator))) return null;
		const meter = new Meter(numerator, denominator, grouping.length ? grouping : Meter.usualGrouping(numerator, denominator));
		const fills = meter.grouping.reduce((sum, size) => sum + size, 0) === numerator;
		return fills && Math.min(...meter.grouping) >= 1 ? meter : null;
	}

	/** Look the grouping up, or follow the rule, as `_usual_grouping` in meter.py does. */
	static usualGrouping(numerator, denominator) {
		const known = Meter.known[`${numerator}/${denominator}`];
		if (known) return known;
		if (denominator < 8 || numerator <= 3) return [numerator];
		if (numerator % 3 === 0) return new Array(numerator / 3).fill(3);
		const odd = numerator % 2;
		return [...new Array((numerator - 3 * odd) / 2).fill(2), ...new Array(odd).fill(3)];
	}

	constructor(numerator, denominator, grouping) {
		Object.assign(this, { numerator, denominator, grouping });
		/** The time signature without the grouping. */
		this.signature = `${numerator}/${denominator}`;
		/** Length of a bar. */
		this.quarters = (4 * numerator) / denominator;
		/** Whether each beat is a dotted note: 6/8, 9/8, 12/8 in threes. */
		this.compound = denominator >= 8 && numerator > 3 && grouping.every((size) => size === 3);
		/** Distance of two clicks: a dotted quarter in 6/8, an eighth in 7/8, a quarter in 3/4. */
		this.pulse = (4 / denominator) * (this.compound ? 3 : 1);
		/** Number of clicks in a bar. */
		this.pulses = this.compound ? numerator / 3 : numerator;
		/** Beginning of each group, from the bar line. */
		this.groupStarts = grouping.map((_, index) => (4 * grouping.slice(0, index).reduce((sum, size) => sum + size, 0)) / denominator);
	}

	/** The text that Meter.parse reads, with the grouping where it is not the usual one. */
	toString() {
		const usual = Meter.usualGrouping(this.numerator, this.denominator);
		return usual.join() === this.grouping.join() ? this.signature : `${this.signature} (${this.grouping.join("+")})`;
	}

	/** Grid steps in a bar. */
	steps(stepsPerBeat) {
		return (this.numerator * 4 * stepsPerBeat) / this.denominator;
	}

	/** Accent of a place in quarter notes from a bar line: 2 on the bar line, 1 where a group begins, 0 elsewhere. */
	accent(quarters) {
		const inBar = ((quarters % this.quarters) + this.quarters) % this.quarters;
		if (inBar === 0) return 2;
		return this.groupStarts.includes(inBar) ? 1 : 0;
	}

	/** A tempo in words: quarter notes a minute and, where the beats are dotted quarters, those too. */
	tempo(bpm) {
		const short = (value) => String(+value.toFixed(1));
		return this.compound && this.pulse === 1.5 ? `${short(bpm)} BPM, ♩. = ${short(bpm / this.pulse)}` : `${short(bpm)} BPM`;
	}
}
