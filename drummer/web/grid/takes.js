// Takes as data: their titles, and the file that holds several. Needs no DOM.
//
// A take: {value, note, name, folder, at, starred, origin}. `value` is a groove as it travels, see drummer/web/grid/value.py; `note`
// what made it, such as "bar 2 re-rolled"; `name` the user's own, or ""; `folder` its folder, or ""; `at` when it was made, in ms;
// `origin` the fingerprint of its hits when it was made: a take whose hits are others is edited, whatever its tempo and kit.

const fingerprints = new WeakMap(); // by lists of hits: a song has thousands of them

const Takes = {
	FORMAT: "drummer takes", // of the file
	VERSION: 1,
	LONGEST_NAME: 60, // characters of a name, of a take or a folder
	MOST: 1000, // value of a control; no range reaches as far
	MOST_CONTROLS: 2, // in a title
	rules: { limits: {}, pitches: {} }, // of the page: bounds of a groove, and the drum maps by name
	labels: { genres: {}, styles: {}, controls: {} }, // of genres and styles by name; of controls, their scale on the page

	/** A groove without its name, and without mute, solo and lock, which are the page's. */
	content(value) {
		const { muted: _, soloed: __, locked: ___, ...settings } = value.settings;
		return JSON.stringify({ ...value, made: "", settings });
	},

	/** A hash of hits, keys and messages. */
	fingerprint({ hits, details }) {
		if (fingerprints.has(hits)) return fingerprints.get(hits);
		const text = JSON.stringify([hits, details ?? null]);
		let hash = 5381;
		for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 33) ^ text.charCodeAt(index)) | 0;
		fingerprints.set(hits, `${(hash >>> 0).toString(36)}.${text.length}`);
		return fingerprints.get(hits);
	},

	isEdited({ value, origin }) {
		return origin ? origin !== Takes.fingerprint(value) : value.edited;
	},

	/** Whether a take stays when there are many: it has a star, a name or a folder. */
	isKept: ({ starred, name, folder }) => Boolean(starred || name || folder),

	/** A title such as "Funk 96 · 8 bars · seed 7"; a name of the user's own precedes it. */
	title(take) {
		const { value, note, name } = take;
		const { settings, bpm, bars, seed, meter } = value;
		const { genres, styles } = Takes.labels;
		const spelled = (labels, name) => (Object.hasOwn(labels, name) ? labels[name] : name);
		const from = [spelled(genres, settings.genre), spelled(styles, settings.style)].filter(Boolean).join(", ");
		const played = [from, spelled(genres, settings.to_genre)].filter(Boolean).join(" to ") || "Groove";
		const count = settings.song ? `song of ${bars} bars` : `${bars} ${bars === 1 ? "bar" : "bars"}`;
		const length = meter === FOUR_FOUR ? count : `${count} in ${Meter.parse(meter)?.signature ?? meter}`;
		const edited = Takes.isEdited(take) ? "edited" : "";
		const sampled = seed == null || value.edited ? [] : [`seed ${seed}`, ...Takes.controlsInWords(settings)];
		const done = [note, edited].filter(Boolean).join(", ") || sampled.join(", ");
		return [name, `${played} ${+bpm.toFixed(1)}`, length, done].filter(Boolean).join(" \u00b7 ");
	},

	/** The first controls of a groove in words, such as "intensity 80"; a control with a value per bar is named without a value. */
	controlsInWords(settings) {
		const asked = Object.entries(Takes.labels.controls).filter(([name]) => [settings[name]].flat().some(Number.isFinite));
		const words = asked.map(([name, scale]) => (Array.isArray(settings[name]) ? name : `${name} ${+(scale * settings[name]).toFixed(1)}`));
		return words.length > Takes.MOST_CONTROLS ? [...words.slice(0, Takes.MOST_CONTROLS), "\u2026"] : words;
	},

	/** A name as it is kept: one line, not too long. */
	tidy: (name) => String(name ?? "").replace(/\s+/g, " ").trim().slice(0, Takes.LONGEST_NAME),

	/** The names of the folders, in order. */
	folders: (takes) => [...new Set(takes.map(({ folder }) => folder).filter(Boolean))].sort((one, other) => one.localeCompare(other)),

	/** The text of a file of takes. */
	toFile(takes) {
		const written = takes.map(({ value, note, name, folder, at, starred, origin }) => {
			const { made: _, ask: __, opened: ___, ...groove } = value;
			return { name, folder, note, starred, at, origin, groove };
		});
		return JSON.stringify({ format: Takes.FORMAT, version: Takes.VERSION, takes: written });
	},

	/**
	 * Read a file of takes, whose grooves get these ids. Returns {takes, unread}: `unread` tells how many could not be read.
	 * Throws an Impossible with a sentence where it is no such file.
	 */
	fromFile(text, voices, newName) {
		let file = null;
		try {
			file = JSON.parse(text);
		} catch {
			// The sentence below says it.
		}
		if (file?.format !== Takes.FORMAT || !Array.isArray(file.takes)) throw new Impossible("This is not a takes file: choose one saved with Export takes");
		if (file.version !== Takes.VERSION) throw new Impossible("This takes file comes from a newer version: reload the page, then import it again");
		const takes = file.takes.filter((each) => Takes.isGroove(each?.groove, voices)).map((each) => ({
			value: { ...upgraded(each.groove), made: newName() },
			name: Takes.tidy(each.name),
			folder: Takes.tidy(each.folder),
			note: Takes.tidy(each.note),
			starred: each.starred === true,
			at: Number.isFinite(each.at) ? each.at : 0,
			origin: typeof each.origin === "string" ? each.origin : null,
		}));
		return { takes, unread: file.takes.length - takes.length };
	},

	/** Whether tempo and settings are of the kinds that a title is made of. */
	hasTitle({ bpm, settings }) {
		const isMissing = (value) => value === null || value === undefined;
		const isControl = (value) => [value].flat().every((each) => isMissing(each) || (Number.isFinite(each) && Math.abs(each) <= Takes.MOST));
		const names = [settings.genre, settings.style, settings.to_genre];
		const areNames = names.every((name) => isMissing(name) || typeof name === "string");
		return Number.isFinite(bpm) && areNames && Object.keys(Takes.labels.controls).every((name) => isControl(settings[name]));
	},

	/** Whether a groove can be drawn and played; the server checks the rest when it is worked on. */
	isGroove(groove, voices) {
		if (!groove || typeof groove !== "object" || !Array.isArray(groove.hits)) return false;
		const names = new Set(voices.map(({ name }) => name));
		const doc = upgraded(groove);
		const { bpm, bars, steps_per_beat: perBeat, meter, settings, hits, details } = doc;
		const { limits } = Takes.rules;
		const [slowest, fastest] = limits.bpm ?? [0, Infinity];
		const isUpTo = (most = Infinity) => (value) => Number.isInteger(value) && value > 0 && value <= most;
		if (!isUpTo(limits.bars)(bars) || !isUpTo(limits.steps_per_beat)(perBeat) || !Meter.parse(meter)) return false;
		const steps = stepCount(doc);
		if (!isUpTo(limits.steps)(steps) || hits.length > (limits.hits ?? Infinity)) return false;
		const isMap = typeof settings === "object" && settings !== null && !Array.isArray(settings);
		if (!isMap || !Takes.hasTitle({ bpm, settings }) || bpm < slowest || bpm > fastest) return false;
		if (!LANE_STATES.every((what) => !(what in settings) || (Array.isArray(settings[what]) && settings[what].every((name) => names.has(name))))) return false;
		return Takes.areRows(hits, Takes.HIT, { steps, names }) && (details == null || Takes.areDetails(details, { steps, names }));
	},

	/** Whether the details of a MIDI file are as in drummer/files/document/details.py. */
	areDetails({ key_map: keyMap, ticks_per_beat: ticks, keys, extra_hits: extraHits, messages }, bounds) {
		if (!Object.hasOwn(Takes.rules.pitches, keyMap) || !(ticks > 0)) return false;
		return Takes.areRows(keys, Takes.KEY, bounds) && Takes.areRows(extraHits, Takes.EXTRA_HIT, bounds) && Takes.areRows(messages, Takes.MESSAGE, bounds);
	},

	// What the columns of lists of numbers and names hold.
	HIT: ["step", "name", "velocity", "offset"],
	KEY: ["step", "name", "key"],
	EXTRA_HIT: ["step", "long offset", "key", "velocity", "name or null"],
	MESSAGE: ["step", "long offset", "kind", "key", "key"],

	/** Whether something is a list of rows whose columns hold these. */
	areRows(rows, columns, { steps, names }) {
		const holds = {
			step: (value) => Number.isInteger(value) && value >= 0 && value < steps,
			name: (value) => names.has(value),
			"name or null": (value) => value === null || names.has(value),
			velocity: (value) => value > 0 && value <= 1,
			offset: (value) => Number.isFinite(value) && Math.abs(value) <= 0.5,
			"long offset": (value) => Number.isFinite(value) && value >= -0.5 && value <= 1,
			key: (value) => Number.isInteger(value) && value >= 0 && value <= 127,
			kind: (value) => typeof value === "string",
		};
		const isRow = (row) => Array.isArray(row) && row.length === columns.length && columns.every((column, place) => holds[column](row[place]));
		return Array.isArray(rows) && rows.every(isRow);
	},
};
