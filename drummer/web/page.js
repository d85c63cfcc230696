// Event handlers of the page's widgets: functions from values of widgets to new values. The panels connect them by name.
// Requests to the server go through `grid().requests`.
// `config` is the client configuration, which Python writes; see `client_config` of the panels, and app.py.

window.drummerPage = ((config) => {
	const { update, AS_IT_IS, meanOf, meterMenu, modelOf, styleMenu, padOf, slidersOf, controlsOf, kitOf, fillsOf, presetOf } = WidgetValues(config);

	const grid = () => document.querySelector(".drum-grid")?.drumGrid;

	const rollDice = (seed, dice) => (dice ? Math.floor(Math.random() * config.dice_sides) : seed);

	// Gradio's menus send "input" also when they lose the focus without a change, so their last values are kept to compare.
	const lastValues = { genre: config.start.genre, meter: config.start.meter, fills: config.auto, morph: config.no_morph, map: config.general_midi, tracks: false };
	const hasChanged = (name, value) => lastValues[name] !== (lastValues[name] = value);

	const KEPT = "drummer.settings"; // key in sessionStorage: the values of the widgets, for this tab alone

	const isReload = () => performance.getEntriesByType("navigation")[0]?.type !== "navigate";

	let copied, deliverLink; // while a link is awaited: the promise that it is copied, and the function that delivers it

	/** Copy a text to the clipboard; `text` is a promise. */
	const copy = async (text) => {
		if (!window.ClipboardItem) return navigator.clipboard.writeText(await text);
		const blob = text.then((known) => new Blob([known], { type: "text/plain" }));
		return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
	};

	const linked = () => new URLSearchParams(location.search).get(config.link);

	/** The values from before a reload, or null: a link that is opened for the first time opens its own groove. */
	const recall = () => {
		const kept = Store.read("sessionStorage", KEPT);
		const resumes = linked() === null || (isReload() && kept?.link === linked());
		return resumes && kept?.values?.genre in config.by_genre ? kept : null;
	};

	const keep = (kept) => Store.write("sessionStorage", KEPT, JSON.stringify(kept));

	const resumed = recall(); // read before this page keeps anything
	let lastKept;

	// Keeps the last move of the pad: Gradio calls keepSettings 30 ms after it, which is too late where the page is left at once.
	window.addEventListener("pagehide", () => {
		const { pad } = document.querySelector(".pad") ?? {};
		if (pad?.moved && lastKept) keep({ ...lastKept, values: { ...lastKept.values, ...slidersOf(pad.value) } });
	});

	const setOnPad = (name) => (value, pad) => {
		grid().requests.regenerate();
		return [false, { ...pad, [name]: value }];
	};

	const freeOnPad = (name) => (free, value, pad) => {
		grid().requests.regenerate();
		return { ...pad, [name]: free ? null : value };
	};

	/** Let the MIDI button be dragged into a DAW. */
	const letDrag = (file) => {
		const button = document.querySelector("#midi");
		button.draggable = true;
		button.ondragstart = ({ dataTransfer }) => dataTransfer.setData("DownloadURL", `audio/midi:${file.orig_name}:${file.url}`);
	};

	/** Request the MIDI file with the present options. */
	const readyDrag = () => {
		document.querySelector("#midi").draggable = false;
		grid().requests.notify();
	};

	/** Values of the settings, in the order of `config.settings`, by their ids. */
	const settingsOf = (values) => Object.fromEntries(config.settings.map((id, index) => [id, values[index]]));

	const request = (name, dice, others, values) => {
		const settings = settingsOf(values);
		const seed = rollDice(settings.seed, dice);
		grid().requests.expect();
		grid().view.scrollPageToGrid();
		grid().requests.generate(name, { ...settings, ...others, seed });
		return seed;
	};

	return {
		grid, // undefined until it is made
		isReload,
		presetOf,

		/** Whether the page continues from before a reload. */
		resumes: () => resumed !== null,

		/** Keep the values of the widgets, in the order of `config.kept`. */
		keepSettings: (...values) => {
			const named = Object.fromEntries(config.kept.map((name, index) => [name, values[index]]));
			keep((lastKept = { link: linked(), tempoSet: grid()?.tempoSet ?? null, values: named }));
			document.querySelector(".pad")?.pad?.settle(padOf(named));
		},

		/**
		 * Restore the values from before a reload, in the order of `config.kept`; then open the accordion of controls where one of them
		 * is set, and show the pad.
		 */
		recallSettings: () => {
			if (!resumed) return [...config.kept, null, null].map(() => AS_IT_IS);
			const { values, tempoSet } = resumed;
			if (grid()) grid().tempoSet = tempoSet;
			Object.assign(lastValues, Object.fromEntries(Object.keys(lastValues).map((name) => [name, values[name] ?? lastValues[name]])));
			const kit = { ...config.by_genre[values.genre][1], value: values.kit };
			const isSet = ({ name, more }) => more && values[`${name}-auto`] === false;
			return [
				...config.kept.map((name) => {
					if (!(name in values)) return AS_IT_IS; // an older page kept these
					const menus = {
						kit: () => kit,
						meter: () => meterMenu(values.meter),
						style: () => styleMenu(values.genre, values.style),
						model: () => modelOf(values.model),
					};
					return menus[name]?.() ?? values[name];
				}),
				config.controls.some(isSet) ? update({ open: true }) : AS_IT_IS,
				padOf(values),
			];
		},

		/** Tell the server, in the last value, whether the page has a groove already, from before a reload or from the shelf offline. */
		open: (...values) => [...values.slice(0, -1), (resumed !== null || window.drummerOffline === true) && Boolean(grid()?.doc)],

		/** Set the kit, the usual tempo and the styles of a genre, but keep a tempo that the user has set. */
		suitGenre: (genre, bpm, style) => {
			if (!hasChanged("genre", genre)) return [AS_IT_IS, AS_IT_IS, AS_IT_IS];
			const [usual, kit] = config.by_genre[genre];
			return [bpm === grid().tempoSet ? AS_IT_IS : usual, kit, styleMenu(genre, style)];
		},

		/** Regroup the beats of the groove, or explain how to begin one in another meter. */
		chooseMeter: (meter, model) => {
			if (hasChanged("meter", meter)) grid().meterMenu.choose(meter, config.playable[model] ?? [], config.new_empty);
		},

		/** Begin a groove without hits. */
		beginEmpty: (genre, style, meter, bpm, bars, temperature, kit, model) => {
			const within = (value, [least, most], usual) => (Number.isFinite(value) ? Math.min(Math.max(value, least), most) : usual);
			grid().meterMenu.begin({
				meter,
				bpm: within(bpm, config.bpm_limits, config.by_genre[genre][0]),
				bars: Math.round(within(bars, config.bars_limits, 4)),
				settings: { genre, ...(style === config.any ? {} : { style }), temperature, kit, model },
			});
		},

		/** Forget the user's tempo where the tempo is left to the drummer. */
		forgetTempo: (left) => {
			if (left) grid().tempoSet = null;
		},

		untick: () => false,

		/** Say how the style is played. */
		describeStyle: (genre, style) => {
			document.querySelector("#about-style p").textContent = config.about[genre]?.[style] ?? "";
		},

		/** Set intensity and complexity, each with its checkbox, from the pad. */
		movePad: (pad) => {
			grid().requests.regenerate();
			return Object.values(slidersOf(pad));
		},

		set_intensity: setOnPad("intensity"),
		set_complexity: setOnPad("complexity"),
		free_intensity: freeOnPad("intensity"),
		free_complexity: freeOnPad("complexity"),

		/** Generate a preset's groove, and show the preset's settings, in the order of `config.settings`. */
		choosePreset: (index, ...values) => {
			const { settings, bpm, bars, seed, meter } = config.presets[index];
			const { genre } = settings;
			const { model, temperature } = config.start; // its seed was chosen with these
			const chosen = { ...controlsOf(settings), model, temperature, genre, style: settings.style ?? config.any, meter, tempo: bpm, bars, seed, fills: config.auto, morph: config.no_morph, human: 100, kit: config.by_genre[genre][1].value };
			Object.assign(lastValues, { genre, meter, fills: chosen.fills, morph: chosen.morph });
			grid().tempoSet = null;
			grid().requests.expect();
			grid().requests.generate("generate_groove", { ...settingsOf(values), ...chosen, "tempo-auto": false });
			const menus = { style: styleMenu(genre, settings.style), meter: meterMenu(meter), kit: config.by_genre[genre][1] };
			return [...config.settings.map((id) => menus[id] ?? chosen[id] ?? AS_IT_IS), false, padOf(chosen)];
		},

		/** Generate the groove again with the new controls. */
		regenerate: () => grid().requests.regenerate(),

		regenerateByMenu: (fills, toGenre) => {
			const changes = [hasChanged("fills", fills), hasChanged("morph", toGenre)];
			if (changes.includes(true)) grid().requests.regenerate();
		},

		untickAndRegenerate: () => {
			grid().requests.regenerate();
			return false;
		},

		/** Request a new groove, in a click, in which browsers allow the sound to start; return its seed. */
		generate: (dice, autoTempo, ...values) => request("generate_groove", dice, { "tempo-auto": autoTempo }, values),

		/** Request a new song in the same way; return its seed. */
		generateSong: (dice, autoTempo, song, ...values) => request("generate_song", dice, { "tempo-auto": autoTempo, "song-blocks": song }, values),

		/** Generate the groove of the grid again, with its seed and the settings of the page, whose meter may be another one. */
		regenerateNow: (...values) => {
			const settings = settingsOf(values);
			const { settings: own, meter } = grid().doc;
			if (!own.song && settings.meter !== meter) grid().requests.generate("generate_groove", { ...settings, "tempo-auto": false });
			else grid().requests.generate("regenerate", { ...settings, roll: grid().sent });
		},

		/** The tempo of the groove in the grid. */
		tempo: () => grid().doc.bpm,

		/** Choose the seed of a groove that another panel requests, and start the sound, which browsers allow in a click only. */
		begin: (seed, dice) => {
			grid().requests.expect();
			return rollDice(seed, dice);
		},

		/** Show a sentence that says what went wrong. */
		complain,

		/**
		 * Let the General MIDI file of a new groove be dragged away; where another drum map is chosen, or one track per drum, request
		 * that file.
		 */
		offerFile: (file, drumMap = lastValues.map, trackPerDrum = lastValues.tracks) =>
			file?.url && drumMap === config.general_midi && !trackPerDrum ? letDrag(file) : readyDrag(),

		/** Set the tempo, which is then no longer left to the drummer. */
		setTempo: (take, bpm) => {
			const [slowest, fastest] = config.bpm_limits;
			if (!(slowest <= bpm && bpm <= fastest)) return [AS_IT_IS, false];
			grid().tempoSet = bpm;
			return [take && bpm !== take.bpm ? grid().atTempo(take, bpm) : AS_IT_IS, false];
		},

		setKit: (take, kit) => (take && kit !== kitOf(take) ? { ...take, settings: { ...take.settings, kit } } : AS_IT_IS),

		setExpression: (take, percent) => take && { ...take, settings: { ...take.settings, human: percent / 100 } },

		/**
		 * Show the settings of a take, in the order of `config.settings`; then open the accordion of controls where one of them is set,
		 * and show the pad.
		 */
		showSettings: (take) => {
			const { settings, bpm, bars, seed, meter } = take;
			const [genre, fills, morph] = [settings.genre ?? config.start.genre, fillsOf(take), settings.to_genre ?? config.no_morph];
			Object.assign(lastValues, { genre, meter, fills, morph });
			const shown = {
				genre,
				style: styleMenu(genre, settings.style),
				meter: meterMenu(meter),
				tempo: bpm,
				bars: bars <= config.bars_limits[1] ? bars : AS_IT_IS, // a longer one is generated by continuing
				temperature: settings.temperature ?? config.start.temperature,
				seed: seed ?? 0,
				kit: kitOf(take),
				model: modelOf(settings.model),
				fills,
				human: +(100 * (settings.human ?? 1)).toFixed(2),
				morph,
			};
			Object.assign(shown, controlsOf(settings));
			const isSet = config.controls.some(({ name, more }) => more && meanOf(settings[name]) !== null);
			return [...config.settings.map((id) => shown[id]), isSet ? update({ open: true }) : AS_IT_IS, padOf(shown)];
		},

		/** The comparison with drummers failed. */
		settleFeel: () => document.querySelector(".feel").feel.settle(),

		settleSheetMusic: () => document.querySelector(".sheet-music").sheetMusic.settle(),

		/** Reading a file failed. */
		rejectFile: () => document.querySelector(".bring").bring.reject(),

		/** Put variations on the shelf. */
		offerTakes: (takes) => grid().offer(takes),

		/** Begin to copy while the click counts: WebKit refuses it where the server takes longer than a second. */
		awaitLink: (...values) => {
			copied = copy(new Promise((deliver) => (deliverLink = deliver)));
			copied.catch(() => {}); // see copyLink
			return values;
		},

		copyLink: (code) => {
			const link = `${location.origin}${location.pathname}?${config.link}=${code}`;
			deliverLink(link);
			copied.then(
				() => grid().inform("Link copied. It opens this groove in any browser"),
				() => window.prompt("Copy this link", link),
			);
		},

		/** Send the samples of the mix along with a request for sound; they are the last value. */
		addSamples: async (...values) => {
			try {
				return [...values.slice(0, -1), await grid().samples.forRequest()];
			} catch (error) {
				complain(error.message);
				throw error; // nothing is requested
			}
		},

		/** Open a groove.json or a MIDI file, as the button does. */
		openFile: (file) => {
			const input = document.querySelector("input[type=file]:has(+ #open)");
			const files = new DataTransfer();
			files.items.add(file);
			input.files = files.files;
			input.dispatchEvent(new Event("change", { bubbles: true }));
		},

		save: (file) => Object.assign(document.createElement("a"), { href: file.url, download: file.orig_name }).click(),

		letDrag,

		/** Choose the drum map of the file that a groove came from, so that it is written for the same kit. */
		showDrumMap: (take, drumMap) => {
			const shown = take.details?.key_map ?? drumMap;
			if (hasChanged("map", shown)) readyDrag();
			return shown;
		},

		readyDragByOption: (drumMap, trackPerDrum) => {
			const changes = [hasChanged("map", drumMap), hasChanged("tracks", trackPerDrum)];
			if (changes.includes(true)) readyDrag();
		},
	};
})(window.drummerConfig);
