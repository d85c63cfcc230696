// Taps as music: a rhythm without voices, written as a MIDI file. Needs no DOM.
//
// A tap is [beat, strength]: quarter notes from the first bar line, and 0 to 1.

class Taps {
	static TICKS = 480; // a quarter note
	static NOTE = 60; // middle C: of no drum, since channel 1 holds no drums
	static LENGTH = 60; // ticks of a note
	static NAME = "Taps"; // of the track
	static SNAP = 1 / 4; // quarter notes; what is left over of the distance to it is how far a player taps ahead of the click

	/**
	 * Keep the taps of a span of beats, each a little ahead of its bar line as a player's may be, and take off the median distance
	 * from the nearest sixteenth: people tap ahead of a click, and sound and touch arrive late.
	 */
	static within(taps, beats) {
		const kept = taps.filter(([beat]) => beat >= -LEAD_IN_BEATS && beat < beats + LEAD_IN_BEATS);
		const distances = kept.map(([beat]) => beat - Math.round(beat / Taps.SNAP) * Taps.SNAP).sort((one, other) => one - other);
		const shift = distances.length ? distances[distances.length >> 1] : 0;
		const louder = new Map(); // a tap on the last bar line is one on the first, where a loop returns to it
		for (const [beat, strength] of kept) {
			const moved = beat - shift;
			const place = Math.max(0, moved >= beats - LEAD_IN_BEATS ? moved - beats : moved);
			louder.set(place, Math.max(strength, louder.get(place) ?? 0));
		}
		return [...louder].sort(([one], [other]) => one - other);
	}

	/** Write taps as a MIDI file of one track: its bytes. */
	static toMidi(taps, { beats, bpm, meter }) {
		const tempo = Math.round(60e6 / bpm); // microseconds a quarter note
		const events = [
			[0, [0xff, 0x03, Taps.NAME.length, ...Taps.#letters(Taps.NAME)]],
			[0, [0xff, 0x51, 3, ...Taps.#bytes(tempo, 3)]],
			[0, [0xff, 0x58, 4, meter.numerator, Math.log2(meter.denominator), 24, 8]],
		];
		const [ticks, end] = [(beat) => Math.round(beat * Taps.TICKS), Math.round(beats * Taps.TICKS)];
		taps.forEach(([beat, strength], index) => {
			const next = index + 1 < taps.length ? ticks(taps[index + 1][0]) : end;
			const start = ticks(beat);
			if (start === next) return; // two in a tick
			events.push([start, [0x90, Taps.NOTE, Math.max(1, Math.round(127 * strength))]]);
			events.push([Math.min(start + Taps.LENGTH, next), [0x80, Taps.NOTE, 0]]);
		});
		events.push([end, [0xff, 0x2f, 0]]);
		const track = events.flatMap(([time, bytes], index) => [...Taps.#delta(time - (events[index - 1]?.[0] ?? 0)), ...bytes]);
		const chunk = (name, bytes) => [...Taps.#letters(name), ...Taps.#bytes(bytes.length, 4), ...bytes];
		return Uint8Array.from([...chunk("MThd", [0, 0, 0, 1, ...Taps.#bytes(Taps.TICKS, 2)]), ...chunk("MTrk", track)]);
	}

	static #letters(name) {
		return [...name].map((letter) => letter.charCodeAt(0));
	}

	/** A whole number in so many bytes, the highest first. */
	static #bytes(value, count) {
		return Array.from({ length: count }, (_, index) => Math.floor(value / 256 ** (count - 1 - index)) % 256);
	}

	/** A distance in ticks as MIDI writes it: seven bits a byte, all but the last with the highest bit set. */
	static #delta(ticks) {
		const bytes = [ticks % 128];
		for (let rest = ticks >> 7; rest; rest >>= 7) bytes.unshift(128 + (rest % 128));
		return bytes;
	}
}
