// Half time drops the second half of a groove, and double time the hits that fall between its steps. So the grid remembers the groove
// from before, and the opposite action restores it.

class TimeScalingHistory {
	static OPPOSITE = { half_time: "double_time", double_time: "half_time" };
	static MOST = 50;

	constructor() {
		// By the id of a groove: {back: the opposite action, before: the groove that it restores, hits: as they came, to notice edits}
		this.steps = new Map();
		this.requested = null; // {back, before} of the request that is on its way
	}

	/** Note that an action on a groove was requested; null for a new groove. */
	expect(action, before) {
		this.requested = action in TimeScalingHistory.OPPOSITE ? { back: TimeScalingHistory.OPPOSITE[action], before } : null;
	}

	/** Note the groove that answers the request. */
	keep(doc) {
		const { requested } = this;
		if (requested && doc.edited && !doc.opened && doc.bars === requested.before.bars) this.steps.set(doc.made, { ...requested, hits: doc.hits });
		this.requested = null;
		if (this.steps.size > TimeScalingHistory.MOST) this.steps.delete(this.steps.keys().next().value);
	}

	/** The groove that an action restores, with the present tempo and settings; null without one, or where hits were edited. */
	back(action, doc) {
		const step = this.steps.get(doc.made);
		if (step?.back !== action || !TimeScalingHistory.#isSame(step.hits, doc.hits)) return null;
		const { song: _, generated_bpm: __, ...settings } = doc.settings;
		const own = Object.entries(step.before.settings).filter(([name]) => name === "song" || name === "generated_bpm");
		return atTempo({ ...step.before, settings: { ...settings, ...Object.fromEntries(own) } }, doc.bpm);
	}

	static #isSame(hits, others) {
		return hits === others || JSON.stringify(hits) === JSON.stringify(others);
	}
}
