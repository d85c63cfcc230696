// Edits in words, for undo. Needs no DOM.

const Edits = {
	/** By the setting that a widget of the page has changed. */
	ofSettings: { tempo: "tempo", kit: "kit", human: "expression" },

	/** By the request that made a groove; the bar from 0, and how many bars were added. */
	ofRequests(action, bar, more) {
		const words = {
			reroll: "re-roll",
			reroll_bar: `re-roll bar ${bar + 1}`,
			fill_bar: `fill in bar ${bar + 1}`,
			continue_groove: `continue by ${counted(more, "bar")}`,
			half_time: "half time",
			double_time: "double time",
		};
		return words[action] ?? null;
	},
};
