// The mix as data: a setting of the groove, see drummer/music/mix.py. Needs no DOM.

/** A strip that changes nothing: decibels, -1 to 1, semitones, name of another kit, sample {digest, name}. */
const PLAIN_STRIP = { volume: 0, pan: 0, tuning: 0, kit: "", sample: null };

/** The channel strip of a lane, by its name. */
const stripOf = (groove, lane) => ({ ...PLAIN_STRIP, ...groove?.settings.mix?.voices?.[lane] });

/** The groove with some values of a lane's strip changed; values of the plain strip are left out. The groove is not edited by it. */
function withStrip(groove, lane, changes) {
	const strip = Object.entries({ ...stripOf(groove, lane), ...changes }).filter(([name, value]) => value !== PLAIN_STRIP[name]);
	const { [lane]: _, ...others } = groove.settings.mix?.voices ?? {};
	const voices = strip.length ? { ...others, [lane]: Object.fromEntries(strip) } : others;
	const { voices: __, ...bus } = groove.settings.mix ?? {};
	return withMix(groove, { ...(Object.keys(voices).length && { voices }), ...bus });
}

/** The groove without the strip of percussion where it has no percussion: there is no lane to show it. */
function withoutLostStrip(groove) {
	const lane = MIX_RULES.lanes[laneCount(groove)]; // the first one that the groove does not have
	return groove.settings.mix?.voices?.[lane] ? withStrip(groove, lane, PLAIN_STRIP) : groove;
}

/** Whether two grooves have the same mix, in whatever order it is written. */
function isSameMix(one, other) {
	const read = (groove) => JSON.stringify([MIX_RULES.lanes.map((lane) => stripOf(groove, lane)), busOf(groove)]);
	return read(one) === read(other);
}

/** The effects on the sum of all lanes, each 0-1. */
const busOf = (groove) => ({ room: groove?.settings.mix?.room ?? 0, compressor: groove?.settings.mix?.compressor ?? 0 });

/** The groove with another amount of an effect. */
function withEffect(groove, name, amount) {
	const { [name]: _, ...mix } = groove.settings.mix ?? {};
	return withMix(groove, amount ? { ...mix, [name]: amount } : mix);
}

const LONGEST_FILE_NAME = 64; // characters, as in drummer/music/mix.py

/** The graphemes of a text, such as emoji of several characters; in older browsers its characters. */
const graphemesOf = (text) => (Intl.Segmenter ? Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment) : [...text]);

/** The name of a file as a mix holds it: in one line, cut to 64 characters between two graphemes. */
function tidyFileName(name) {
	const line = name.replace(/(?![\u200c\u200d\u{e0020}-\u{e007f}])[\p{C}\p{Z}]/gu, " ").replace(/ +/g, " ").trim(); // the characters left alone join parts of a grapheme
	let kept = "";
	for (const grapheme of graphemesOf(line)) {
		if ([...kept, ...grapheme].length > LONGEST_FILE_NAME) break;
		kept += grapheme;
	}
	return /[^\p{C}\p{Z}]/u.test(kept) ? kept : "sample";
}

/** The valid part of an unchecked sample of a mix, or undefined. */
function tidySample(sample) {
	const { digest, name } = Object(sample);
	const isValid = typeof digest === "string" && /^[0-9a-f]{16}$/.test(digest) && typeof name === "string" && name !== "";
	return isValid ? { digest, name: tidyFileName(name) } : undefined;
}

const MIX_RULES = { lanes: [], strip: {} }; // names of lanes, and ranges of a strip's values; the grid gets them from the server
const EFFECT_RANGE = [0, 1];

/** The valid part of an unchecked mix, such as that of a file, with values within the ranges; or undefined. */
function tidyMix(mix) {
	const entries = (value) => (typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : []);
	const tidy = (values, ranges) =>
		entries(values).flatMap(([name, value]) => {
			if (!Object.hasOwn(ranges, name) || !Number.isFinite(value)) return [];
			const [least, most] = ranges[name];
			return value ? [[name, Math.min(Math.max(value, least), most)]] : [];
		});
	const tidyStrip = (strip) => {
		const kit = entries(strip).filter(([name, value]) => name === "kit" && typeof value === "string" && value !== "");
		const sample = tidySample(Object(strip).sample);
		return Object.fromEntries([...tidy(strip, MIX_RULES.strip), ...kit, ...(sample ? [["sample", sample]] : [])]);
	};
	const strips = entries(entries(mix).find(([name]) => name === "voices")?.[1]).filter(([lane]) => MIX_RULES.lanes.includes(lane));
	const voices = strips.map(([lane, strip]) => [lane, tidyStrip(strip)]).filter(([, strip]) => Object.keys(strip).length);
	const effects = tidy(mix, { room: EFFECT_RANGE, compressor: EFFECT_RANGE });
	const kept = { ...(voices.length && { voices: Object.fromEntries(voices) }), ...Object.fromEntries(effects) };
	return Object.keys(kept).length ? kept : undefined;
}

/** The groove with another mix, or with none. */
function withMix(groove, mix) {
	const { mix: _, ...settings } = groove.settings;
	return { ...groove, settings: mix && Object.keys(mix).length ? { ...settings, mix } : settings };
}
