// What the page's widgets do without a round trip to the server: values of widgets in, new values out; panels name these functions.
// `facts` is what Python knows and a browser does not, see script.py.

window.drummerPage = ((facts) => {
	const grid = () => document.querySelector(".drum-grid")?.drumGrid;

	const rollDice = (seed, dice) => (dice ? Math.floor(Math.random() * facts.dice_sides) : seed);

	const update = (properties) => ({ __type__: "update", ...properties });
	const AS_IT_IS = update({});

	// Gradio's menus say "input" also when they are left, whatever was chosen. What they said last tells the two apart.
	const said = { genre: facts.start.genre, fills: facts.auto, morph: facts.no_morph, map: facts.general_midi, tracks: false };
	const isNews = (name, value) => said[name] !== (said[name] = value);

	/** What a slider shows of a direction, null = left to the drummer; of one that has a value for each bar it is the mean. */
	const asked = (direction) => {
		const known = [direction ?? []].flat().filter((each) => each != null);
		return known.length ? known.reduce((sum, each) => sum + each, 0) / known.length : null;
	};

	const KEPT = "drummer.settings"; // in sessionStorage: what the widgets say, for this tab alone

	const isReload = () => performance.getEntriesByType("navigation")[0]?.type !== "navigate";

	const linked = () => new URLSearchParams(location.search).get(facts.link);

	/** What was kept before the page was loaded again, or null: a link that is opened anew opens its own groove. */
	const recall = () => {
		try {
			const kept = JSON.parse(sessionStorage.getItem(KEPT));
			const resumes = linked() === null || (isReload() && kept.link === linked());
			return resumes && kept.values.genre in facts.by_genre ? kept : null;
		} catch {
			return null; // no storage in a private window or a strict frame, or nothing is there
		}
	};

	const keep = (kept) => {
		try {
			sessionStorage.setItem(KEPT, JSON.stringify(kept));
		} catch {
			// Then it lasts as long as the page.
		}
	};

	const resumed = recall(); // what is kept from now on is of this page

	const kitOf = ({ settings }) => settings.kit ?? facts.start.kit;

	const fillsOf = ({ settings }) => (settings.fill === 0 ? facts.no_fills : String(settings.fill_every ?? facts.auto));

	/** Let the MIDI button be dragged into a DAW. */
	const letDrag = (file) => {
		const button = document.querySelector("#midi");
		button.draggable = true;
		button.ondragstart = ({ dataTransfer }) => dataTransfer.setData("DownloadURL", `audio/midi:${file.orig_name}:${file.url}`);
	};

	/** Ask for the MIDI file anew, as it is wanted now. */
	const readyDrag = () => {
		document.querySelector("#midi").draggable = false;
		grid().notify();
	};

	return {
		isReload,

		/** Whether the page goes on from where it was before it was loaded again. */
		resumes: () => resumed !== null,

		/** Keep what the widgets say, in the order of `facts.kept`. */
		keepSettings: (...values) => {
			const named = facts.kept.map((name, index) => [name, values[index]]);
			keep({ link: linked(), tempoSet: grid()?.tempoSet ?? null, values: Object.fromEntries(named) });
		},

		/** Let the widgets say what they said before the page was loaded again. */
		recallSettings: () => {
			if (!resumed) return [...facts.kept, null].map(() => AS_IT_IS);
			const { values, tempoSet } = resumed;
			if (grid()) grid().tempoSet = tempoSet;
			Object.assign(said, Object.fromEntries(Object.keys(said).map((name) => [name, values[name] ?? said[name]])));
			const kit = { ...facts.by_genre[values.genre][1], value: values.kit };
			const isAsked = ({ name, more }) => more && values[`${name}-auto`] === false;
			return [
				...facts.kept.map((name) => (name === "kit" ? kit : name in values ? values[name] : AS_IT_IS)),
				facts.directions.some(isAsked) ? update({ open: true }) : AS_IT_IS,
			];
		},

		/** Say to the server whether a first groove is wanted. */
		open: (...values) => [...values.slice(0, -1), resumed !== null && Boolean(grid()?.doc)],

		/** Set what usually goes with a genre: the kit, and the tempo, where nobody has set another. */
		suitGenre: (genre, bpm) => {
			if (!isNews("genre", genre)) return [AS_IT_IS, AS_IT_IS];
			const [usual, kit] = facts.by_genre[genre];
			return [bpm === grid().tempoSet ? AS_IT_IS : usual, kit];
		},

		/** A tempo that is left to the drummer is nobody's. */
		forgetTempo: (left) => {
			if (left) grid().tempoSet = null;
		},

		untick: () => false,

		/** Follow the directions once the user's hand rests. */
		direct: () => grid().direct(),

		directByMenu: (fills, toGenre) => {
			const news = [isNews("fills", fills), isNews("morph", toGenre)];
			if (news.includes(true)) grid().direct();
		},

		untickAndDirect: () => {
			grid().direct();
			return false;
		},

		/** Ask for a new groove. */
		generate: () => grid().generate(),

		settle: () => grid().settle(),

		/** Before a new groove: the seed that it is played from; the browser allows sound in a click alone. */
		begin: (seed, dice) => {
			grid().expect();
			return rollDice(seed, dice);
		},

		/** Play at a tempo, which is left to the drummer no more. */
		setTempo: (take, bpm) => {
			const [slowest, fastest] = facts.bpm_limits;
			if (!(slowest <= bpm && bpm <= fastest)) return [AS_IT_IS, false];
			grid().tempoSet = bpm;
			return [take && bpm !== take.bpm ? grid().atTempo(take, bpm) : AS_IT_IS, false];
		},

		setKit: (take, kit) => (take && kit !== kitOf(take) ? { ...take, settings: { ...take.settings, kit } } : AS_IT_IS),

		setHuman: (take, human) => take && { ...take, settings: { ...take.settings, human: human / 100 } },

		/** Show the settings of a take on the widgets, in the order of the panels; what is asked for is not left folded away. */
		showSettings: (take) => {
			const { settings, bpm, bars, seed } = take;
			const [genre, fills, morph] = [settings.genre ?? facts.start.genre, fillsOf(take), settings.to_genre ?? facts.no_morph];
			Object.assign(said, { genre, fills, morph });
			return [
				genre,
				bpm,
				bars,
				settings.temperature ?? facts.start.temperature,
				seed ?? 0,
				kitOf(take),
				settings.model ?? facts.start.model,
				...facts.directions.flatMap(({ name, scale, start }) => [
					asked(settings[name]) === null ? start : +(scale * asked(settings[name])).toFixed(2),
					asked(settings[name]) === null,
				]),
				fills,
				+(100 * (settings.human ?? 1)).toFixed(2),
				morph,
				facts.directions.some(({ name, more }) => more && asked(settings[name]) !== null) ? update({ open: true }) : AS_IT_IS,
			];
		},

		/** The groove could not be compared with drummers. */
		settleFeel: () => document.querySelector(".feel").feel.settle(),

		/** A file could not be read. */
		rejectFile: () => document.querySelector(".bring").bring.reject(),

		/** Put variations on the shelf. */
		offerTakes: (takes) => grid().offer(takes),

		copyLink: (code) => {
			const link = `${location.origin}${location.pathname}?${facts.link}=${code}`;
			navigator.clipboard.writeText(link).then(
				() => grid().inform("The link is copied: whoever opens it hears this groove"),
				() => window.prompt("Copy this link", link),
			);
		},

		save: (file) => Object.assign(document.createElement("a"), { href: file.url, download: file.orig_name }).click(),

		/** A new groove has come with a MIDI file: it is the one to drag away, unless another kit's is wanted. */
		offerDrag: (file, drumMap, trackAVoice) => {
			if (file && drumMap === facts.general_midi && !trackAVoice) letDrag(file);
			else readyDrag();
		},

		letDrag,

		readyDragByChoice: (drumMap, trackAVoice) => {
			const news = [isNews("map", drumMap), isNews("tracks", trackAVoice)];
			if (news.includes(true)) readyDrag();
		},
	};
})(window.drummerFacts);
