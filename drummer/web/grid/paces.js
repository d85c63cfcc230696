// Half and double time lose hits: the second half, or those between the steps. So the grid remembers the groove from before, and the
// opposite action restores it.

class Paces {
	static OPPOSITE = { half_time: "double_time", double_time: "half_time" };
	static MOST = 50;

	constructor() {
		this.steps = new Map(); // by the id of a groove: {back: the opposite action, before: the groove that it restores, hits: those of then, to notice edits}
		this.asked = null;
	}

	/** Note a request about a groove. */
	expect(action, before) {
		this.asked = action in Paces.OPPOSITE ? { back: Paces.OPPOSITE[action], before } : null;
	}

	/** Note the groove that answers the request. */
	keep(doc) {
		if (this.asked && doc.edited && !doc.opened && doc.bars === this.asked.before.bars) this.steps.set(doc.made, { ...this.asked, hits: doc.hits });
		this.asked = null;
		if (this.steps.size > Paces.MOST) this.steps.delete(this.steps.keys().next().value);
	}

	/** The groove that an action restores where the hits are unchanged, at the present tempo and settings; else null. */
	back(action, doc) {
		const step = this.steps.get(doc.made);
		if (step?.back !== action || !Paces.#isSame(step.hits, doc.hits)) return null;
		const { song: _, generated_bpm: __, ...settings } = doc.settings;
		const own = Object.entries(step.before.settings).filter(([name]) => name === "song" || name === "generated_bpm");
		return atTempo({ ...step.before, settings: { ...settings, ...Object.fromEntries(own) } }, doc.bpm);
	}

	static #isSame(hits, others) {
		return hits === others || JSON.stringify(hits) === JSON.stringify(others);
	}
}
