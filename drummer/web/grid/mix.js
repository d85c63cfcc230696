// The mix as data: a setting of the groove, see drummer/music/mix.py. Needs no DOM.

const PLAIN_STRIP = { volume: 0, pan: 0, tuning: 0, kit: "" }; // decibels, -1 to 1, semitones, a kit's name: as the kit has it

/** The channel strip of a lane, by its name. */
const stripOf = (groove, lane) => ({ ...PLAIN_STRIP, ...groove?.settings.mix?.voices?.[lane] });

/** The groove with some values of a lane's strip changed; those that change nothing are left out. The mix is no edit of the hits. */
function withStrip(groove, lane, changes) {
	const strip = Object.entries({ ...stripOf(groove, lane), ...changes }).filter(([name, value]) => value !== PLAIN_STRIP[name]);
	const { [lane]: _, ...others } = groove.settings.mix?.voices ?? {};
	const voices = strip.length ? { ...others, [lane]: Object.fromEntries(strip) } : others;
	const { voices: __, ...bus } = groove.settings.mix ?? {};
	return withMix(groove, { ...(Object.keys(voices).length && { voices }), ...bus });
}

/** The effects on the sum of all lanes, each 0-1. */
const busOf = (groove) => ({ room: groove?.settings.mix?.room ?? 0, compressor: groove?.settings.mix?.compressor ?? 0 });

/** The groove with another amount of an effect. */
function withEffect(groove, name, amount) {
	const { [name]: _, ...mix } = groove.settings.mix ?? {};
	return withMix(groove, amount ? { ...mix, [name]: amount } : mix);
}

/** The groove with another mix, or with none. */
function withMix(groove, mix) {
	const { mix: _, ...settings } = groove.settings;
	return { ...groove, settings: mix && Object.keys(mix).length ? { ...settings, mix } : settings };
}
