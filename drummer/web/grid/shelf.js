// The shelf: the grooves of this visit and those with a star, to be heard one against the other; kept in the browser.

class Shelf {
	static MOST = 24; // without a star; the oldest go first
	static MOST_STARRED = 48;
	static KEPT = "drummer.shelf"; // in localStorage

	constructor(grid, list) {
		this.grid = grid;
		this.list = list;
		this.takes = this.#recall(); // newest first: {value, note, starred}
		this.grid.root.querySelector(".shelf").hidden = true;
	}

	/** Put a groove that is new ahead of all others; `note` says how it came about. */
	add(value, note = "") {
		this.takes = [{ value, note, starred: false }, ...this.takes.filter((take) => take.value.made !== value.made)];
		const surplus = (starred, most) => this.takes.filter((take) => take.starred === starred).slice(most);
		const gone = new Set([...surplus(false, Shelf.MOST), ...surplus(true, Shelf.MOST_STARRED)]);
		this.takes = this.takes.filter((take) => !gone.has(take));
		this.#build();
	}

	/** The groove that is worked on has changed. */
	update(value) {
		const take = this.takes.find((each) => each.value.made === value.made);
		if (!take || take.value === value) return;
		take.value = value;
		clearTimeout(this.updating);
		this.updating = setTimeout(() => this.#renew(take), 400);
	}

	/** Show which groove is worked on. */
	mark(made) {
		for (const item of this.list.children) {
			const chosen = item.dataset.made === made;
			item.classList.toggle("chosen", chosen);
			item.firstElementChild.ariaCurrent = String(chosen);
		}
	}

	draw(items = this.list.children) {
		for (const item of items) {
			const take = this.takes.find((each) => each.value.made === item.dataset.made);
			const groove = asHeard(fromValue(take.value, this.grid.voices));
			new Overview(item.querySelector("canvas")).draw(groove, this.grid.painter, null, null);
		}
	}

	#build() {
		this.#keep();
		this.grid.root.querySelector(".shelf").hidden = this.takes.length === 0;
		this.list.replaceChildren(...this.takes.map((take) => this.#item(take)));
		this.mark(this.grid.doc?.made);
		this.draw();
	}

	/** Show one take anew: the others may be long songs. */
	#renew(take) {
		this.#keep();
		const old = [...this.list.children].find((item) => item.dataset.made === take.value.made);
		if (!old) return;
		const focused = [...old.children].indexOf(document.activeElement);
		const item = this.#item(take);
		old.replaceWith(item);
		item.children[focused]?.focus();
		this.mark(this.grid.doc?.made);
		this.draw([item]);
	}

	#item(take) {
		const item = document.createElement("li");
		item.dataset.made = take.value.made;
		const choose = document.createElement("button");
		choose.type = "button";
		choose.className = "take";
		const title = Shelf.#title(take);
		choose.append(document.createElement("canvas"), Object.assign(document.createElement("span"), { textContent: title }));
		choose.ariaLabel = `Hear ${title}`;
		choose.addEventListener("click", () => this.grid.choose(take.value));
		const star = document.createElement("button");
		star.type = "button";
		star.className = "star";
		star.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="m12 4 2.5 5.2 5.7.8-4.1 4 1 5.6-5.1-2.7-5.1 2.7 1-5.6-4.1-4 5.7-.8z" /></svg>';
		star.ariaLabel = `Star ${title}`;
		star.ariaPressed = String(take.starred);
		star.addEventListener("click", () => {
			take.starred = !take.starred;
			star.ariaPressed = String(take.starred);
			this.#keep();
		});
		item.append(choose, star);
		return item;
	}

	static #title({ value: { settings, bpm, bars, seed, edited }, note }) {
		const genres = [settings.genre, settings.to_genre].filter(Boolean).join(" to ") || "groove";
		const length = settings.song ? `song of ${bars} bars` : `${bars} ${bars === 1 ? "bar" : "bars"}`;
		return [`${genres} ${bpm}`, length, note || (edited ? "edited" : `seed ${seed}`)].join(" \u00b7 ");
	}

	#recall() {
		try {
			const kept = JSON.parse(localStorage.getItem(Shelf.KEPT)) ?? [];
			return kept.filter((take) => take.value?.hits && take.value.made && take.value.settings);
		} catch {
			return []; // no storage in a private window or a strict frame, or something else wrote there
		}
	}

	#keep() {
		for (let most = this.takes.length; most > 0; most = Math.floor(most / 2)) {
			try {
				return localStorage.setItem(Shelf.KEPT, JSON.stringify(this.takes.slice(0, most)));
			} catch {
				// Full: try with fewer. Without storage it lasts as long as the page.
			}
		}
	}

	begin() {
		this.#build();
	}
}
