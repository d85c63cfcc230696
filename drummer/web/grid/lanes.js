// The lanes' names, and the switches of each: mute, solo, lock.

class Lanes {
	static VELOCITY = 0.8; // of a hit to listen to
	static LOCK = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3" /></svg>';

	constructor(grid, list) {
		this.grid = grid;
		this.parts = grid.voices.map((voice, index) => this.#build(voice, index));
		list.prepend(...this.parts.map(({ row }) => row).reverse());
	}

	#build(voice, index) {
		const row = document.createElement("div");
		row.className = "lane";
		row.style.setProperty("--light", voice.light);
		row.style.setProperty("--dark", voice.dark);
		const name = this.#button(row, "name", "", `Hear ${voice.label}`, () => this.grid.transport.hearLane(index, Lanes.VELOCITY));
		name.append(Object.assign(document.createElement("span"), { className: "long", textContent: voice.label }));
		name.append(Object.assign(document.createElement("span"), { className: "short", textContent: voice.short }));
		const toggle = (what) => () => this.grid.doc && this.grid.toggleLane(what, index);
		const isLockable = index !== PERCUSSION; // percussion is never generated
		row.classList.toggle("unlocked", !isLockable);
		return {
			row,
			name,
			muted: this.#button(row, "switch", "M", `Mute ${voice.label}`, toggle("muted")),
			soloed: this.#button(row, "switch", "S", `Solo ${voice.label}`, toggle("soloed")),
			locked: isLockable && this.#button(row, "switch", Lanes.LOCK, `Lock ${voice.label}`, toggle("locked")),
		};
	}

	#button(row, className, html, label, act) {
		const button = Object.assign(document.createElement("button"), { type: "button", className, innerHTML: html, title: label });
		button.ariaLabel = label;
		button.addEventListener("click", act);
		row.append(button);
		return button;
	}

	show(doc) {
		for (const [voice, lane] of this.parts.entries()) {
			for (const what of LANE_STATES) if (lane[what]) lane[what].ariaPressed = String(Boolean(doc?.[what].includes(voice)));
			lane.row.hidden = voice >= (doc ? laneCount(doc) : VOICE_COUNT);
			const { sample } = stripOf(doc, this.grid.voices[voice].name);
			const isMissing = this.grid.samples.lacks(sample);
			lane.row.classList.toggle("sampled", Boolean(sample) && !isMissing);
			lane.name.title = sample ? `${lane.name.ariaLabel}: ${sample.name}${isMissing ? " is not in this browser, so the kit plays" : ""}` : lane.name.ariaLabel;
			lane.row.classList.toggle("quiet", Boolean(doc) && !isAudible(doc, voice));
		}
	}
}
