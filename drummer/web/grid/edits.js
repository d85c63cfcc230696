// Edits in words, for undo and for titles of takes. Needs no DOM.

const Edits = {
	/** What undo calls it, by the setting that a widget of the page has changed. */
	ofSettings: { tempo: "tempo", kit: "kit", human: "expression" },

	/** {did, note} by what was done with a file; a groove with a seed that was only opened has its seed in its title. */
	ofFile(action, seed) {
		const labels = {
			open: { did: "open groove", note: seed == null ? "opened" : "" },
			continue: { did: "continue file", note: "continued" },
			humanize: { did: "humanize file", note: "humanized" },
			replace: { did: "replace voices", note: "voices replaced" },
			infill: { did: "use rhythm", note: "rhythm used" },
			follow: { did: "drums to a rhythm", note: "drums to a rhythm" },
		};
		return labels[action] ?? labels.open;
	},

	/**
	 * {did, note} by the request that made a groove: what undo calls it, and the note in the title of its take. `bar` counts from 0;
	 * `more` is the number of bars that were added.
	 */
	ofRequest(action, bar, more) {
		const labels = {
			reroll: { did: "re-roll", note: "re-rolled" },
			reroll_bar: { did: `re-roll bar ${bar + 1}`, note: `bar ${bar + 1} re-rolled` },
			fill_bar: { did: `fill in bar ${bar + 1}`, note: `fill in bar ${bar + 1}` },
			continue_groove: { did: `continue by ${counted(more, "bar")}`, note: `${counted(more, "bar")} added` },
			half_time: { did: "half time", note: "half time" },
			double_time: { did: "double time", note: "double time" },
		};
		return labels[action] ?? { did: null, note: "" };
	},
};
