// What the page's widgets do without a round trip to the server: values of widgets in, new values out; panels name these functions.
// `facts` is what Python knows and a browser does not, see script.py.

window.drummerPage = ((facts) => {
	const grid = () => document.querySelector(".drum-grid").drumGrid;

	const rollDice = (seed, dice) => (dice ? Math.floor(Math.random() * facts.dice_sides) : seed);

	return {
		/** Set what usually goes with a genre: tempo and kit. */
		suitGenre: (genre) => facts.by_genre[genre],

		untick: () => false,

		/** Follow the directions once the user's hand rests. */
		direct: () => grid().direct(),

		untickAndDirect: () => {
			grid().direct();
			return false;
		},

		/** Before a new groove: the seed that it is played from; the browser allows sound in a click alone. */
		begin: (seed, dice) => {
			grid().expect();
			return rollDice(seed, dice);
		},

		setTempo: (take, bpm) => {
			const [slowest, fastest] = facts.bpm_limits;
			return take && slowest <= bpm && bpm <= fastest ? { ...take, bpm, edited: true } : take;
		},

		setKit: (take, kit) => take && { ...take, settings: { ...take.settings, kit } },

		setHuman: (take, human) => take && { ...take, settings: { ...take.settings, human: human / 100 } },

		/** Show the settings of a take on the widgets, in the order of the panels. */
		showSettings: ({ settings, bpm, bars, seed }) => [
			settings.genre ?? facts.start.genre,
			bpm,
			bars,
			settings.temperature ?? facts.start.temperature,
			seed ?? 0,
			settings.kit ?? facts.start.kit,
			settings.model ?? facts.start.model,
			...facts.directions.flatMap(({ name, scale, middle }) => [
				settings[name] == null ? middle : scale * settings[name],
				settings[name] == null,
			]),
			settings.fill === 0 ? facts.no_fills : String(settings.fill_every ?? facts.auto),
			100 * (settings.human ?? 1),
			settings.to_genre ?? facts.no_morph,
		],

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

		/** Let the MIDI button be dragged into a DAW. */
		offerDrag: (file) => {
			const button = document.querySelector("#midi");
			button.draggable = true;
			button.ondragstart = ({ dataTransfer }) => dataTransfer.setData("DownloadURL", `audio/midi:${file.orig_name}:${file.url}`);
		},
	};
})(window.drummerFacts);
