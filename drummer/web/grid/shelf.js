// The shelf of takes: the grooves of this visit and starred ones, kept in the browser.
//
// Tabs share it. Each take and each star has a key of its own, and a tab writes only those that it has changed, so that no tab
// overwrites another's. A take that another tab has changed belongs to that tab: edits in this tab go to a copy.

class Shelf {
	static MOST = 24; // without a star; the oldest go first
	static MOST_STARRED = 48;
	static TAKE = "drummer.take."; // prefix in localStorage, followed by `made`
	static STAR = "drummer.star.";
	static OLD = "drummer.shelf"; // where older pages kept all takes in one list
	static REST = 400; // ms without a change, after which a take is written and redrawn

	constructor(grid, list) {
		this.grid = grid;
		this.list = list;
		this.forks = new Map(); // takes of this tab that were made of another tab's, by the `made` of those
		this.changed = new Set(); // takes that are not written yet
		this.resting = false; // whether more changes are waited for before the next writing
		this.#convert();
		this.takes = this.#recall(); // newest first: {value, note, at, starred, text, stamp, foreign}, `stamp` of the last writing
		this.grid.root.querySelector(".shelf").hidden = true;
		window.addEventListener("storage", (event) => event.storageArea === window.localStorage && this.#follow(event));
		window.addEventListener("pagehide", () => this.#flush());
	}

	begin() {
		this.#build();
	}

	find(made) {
		return this.takes.find(({ value }) => value.made === made);
	}

	/** Add a new groove in front of the others; `note` describes its origin. */
	add(value, note = "") {
		const at = Math.max(Date.now(), 1 + (this.takes[0]?.at ?? 0));
		const take = { value, note, at, starred: this.find(value.made)?.starred ?? false, text: null, stamp: null, foreign: false };
		this.takes = [take, ...this.takes.filter((each) => each.value.made !== value.made)];
		const surplus = (starred, most) => this.takes.filter((each) => each.starred === starred).slice(most);
		for (const gone of [...surplus(false, Shelf.MOST), ...surplus(true, Shelf.MOST_STARRED)]) this.#remove(gone);
		this.#write(take);
		this.#build();
	}

	/** The `made` of a take with the same content, or null: the groove that a page opens with is not put on the shelf again. */
	twin(value) {
		const content = Shelf.#content(value);
		return this.takes.find((take) => Shelf.#content(take.value) === content)?.value.made ?? null;
	}

	/** The `made` under which an edited groove is kept: its own, or a new one where another tab has changed that take. */
	claim(value) {
		const take = this.find(value.made);
		if (!take) return value.made;
		const text = this.#text(take);
		if (text !== null && text !== take.text && !this.changed.has(take)) this.#takeOver(take, text);
		if (!take.foreign || Shelf.#content(value) === Shelf.#content(take.value)) return value.made;
		if (!this.forks.has(value.made)) this.forks.set(value.made, Shelf.newName());
		const made = this.forks.get(value.made);
		if (!this.find(made)) this.add({ ...value, made }, take.note);
		return made;
	}

	/** Stamps of the takes that this tab knows: after a reload they show which ones another tab has changed. */
	get stamps() {
		return this.takes.map(({ value, stamp }) => [value.made, stamp]);
	}

	set stamps(stamps) {
		const known = new Map(stamps);
		for (const take of this.takes) {
			if (known.has(take.value.made) && known.get(take.value.made) !== take.stamp) Object.assign(take, { stamp: null, foreign: true });
		}
	}

	/** The groove that is worked on has changed. */
	update(value) {
		const take = this.find(value.made);
		if (!take || take.foreign || take.value === value) return;
		const news = JSON.stringify(take.value) !== JSON.stringify(value);
		take.value = value;
		if (!news) return;
		if (!this.resting) this.#write(take); // the first of several changes at once: other tabs then know its owner
		else this.changed.add(take);
		this.resting = true;
		clearTimeout(this.updating);
		this.updating = setTimeout(() => {
			const takes = new Set([take, ...this.changed]);
			this.#flush();
			for (const each of takes) this.#renew(each);
		}, Shelf.REST);
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
			const groove = asHeard(fromValue(this.find(item.dataset.made).value, this.grid.voices));
			new Overview(item.querySelector("canvas")).draw(groove, this.grid.painter, null, null);
		}
	}

	// -- drawing ----------------------------------------------------------------------------------------------------------

	#build() {
		const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
		this.grid.root.querySelector(".shelf").hidden = this.takes.length === 0;
		this.list.replaceChildren(...this.takes.map((take) => this.#item(take)));
		if (focused) this.#itemOf(focused.parentElement.dataset.made)?.querySelector(`.${focused.className}`).focus();
		this.mark(this.grid.doc?.made);
		this.draw();
	}

	/** Redraw one take only: the others may be long songs. */
	#renew(take) {
		const old = this.#itemOf(take.value.made);
		if (!old) return;
		const focused = [...old.children].indexOf(document.activeElement);
		const item = this.#item(take);
		old.replaceWith(item);
		item.children[focused]?.focus();
		this.mark(this.grid.doc?.made);
		this.draw([item]);
	}

	#itemOf(made) {
		return [...this.list.children].find((item) => item.dataset.made === made);
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
			this.#star(take, !take.starred);
			star.ariaPressed = String(take.starred);
		});
		item.append(choose, star);
		return item;
	}

	static #title({ value: { settings, bpm, bars, seed, edited, meter }, note }) {
		const genres = [settings.genre, settings.to_genre].filter(Boolean).join(" to ") || "groove";
		const count = settings.song ? `song of ${bars} bars` : `${bars} ${bars === 1 ? "bar" : "bars"}`;
		const length = meter === FOUR_FOUR ? count : `${count} in ${Meter.parse(meter)?.signature ?? meter}`;
		return [`${genres} ${bpm}`, length, note || (edited ? "edited" : seed == null ? "" : `seed ${seed}`)].filter(Boolean).join(" \u00b7 ");
	}

	// -- storage ----------------------------------------------------------------------------------------------------------

	/** A groove without its name, and without mute, solo and lock, which are the page's. */
	static #content(value) {
		const { muted: _, soloed: __, locked: ___, ...settings } = value.settings;
		return JSON.stringify({ ...value, made: "", settings });
	}

	/** A random id of a groove. */
	static newName() {
		return [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
	}

	static #isSound = ({ value } = {}) => Boolean(Array.isArray(value?.hits) && value.made && value.settings);

	#text(take) {
		return Store.text("localStorage", Shelf.TAKE + take.value.made);
	}

	#star(take, starred) {
		take.starred = starred;
		const key = Shelf.STAR + take.value.made;
		if (!starred) return Store.remove("localStorage", key);
		if (this.#text(take) === null) this.#write(take); // another tab had no room for it any more
		Store.write("localStorage", key, "1");
	}

	/** Keep a take. Where the storage is full, the oldest takes without a star are removed. */
	#write(take) {
		const { value, note, at } = take;
		const stamp = Shelf.newName();
		const text = JSON.stringify({ value, note, at, stamp });
		this.changed.delete(take);
		while (!Store.write("localStorage", Shelf.TAKE + value.made, text)) {
			const oldest = this.takes.findLast((each) => each.text !== null && !each.starred && each !== take);
			if (!oldest) return;
			Store.remove("localStorage", Shelf.TAKE + oldest.value.made);
			oldest.text = null;
		}
		Object.assign(take, { text, stamp });
	}

	#flush() {
		clearTimeout(this.updating);
		this.resting = false;
		for (const take of this.changed) this.#write(take);
	}

	#remove(take) {
		this.takes = this.takes.filter((each) => each !== take);
		this.changed.delete(take);
		for (const prefix of [Shelf.TAKE, Shelf.STAR]) Store.remove("localStorage", prefix + take.value.made);
	}

	#takeOver(take, text) {
		const kept = Store.parse(text);
		if (Shelf.#isSound(kept ?? {})) Object.assign(take, { value: upgraded(kept.value), text, stamp: null, foreign: true });
	}

	/** Follow a change of the storage by another tab. */
	#follow({ key, newValue }) {
		const [prefix] = [Shelf.TAKE, Shelf.STAR].filter((each) => key?.startsWith(each));
		if (!prefix) return;
		const made = key.slice(prefix.length);
		const take = this.find(made);
		if (prefix === Shelf.STAR) {
			if (take) take.starred = newValue !== null;
		} else if (newValue === null) {
			if (made !== this.grid.doc?.made) this.takes = this.takes.filter((each) => each !== take);
			else take.text = null;
		} else if (take) {
			this.changed.delete(take);
			this.#takeOver(take, newValue);
		} else {
			this.takes = this.#recall();
		}
		this.#build();
	}

	/** Read the storage; takes that had no room in it stay. */
	#recall() {
		const known = new Map((this.takes ?? []).map((take) => [take.value.made, take]));
		for (const key of Store.keys("localStorage", Shelf.TAKE)) {
			const text = Store.text("localStorage", key);
			const kept = Store.parse(text) ?? {};
			if (!Shelf.#isSound(kept) || known.has(kept.value.made)) continue;
			const starred = Store.text("localStorage", Shelf.STAR + kept.value.made) !== null;
			known.set(kept.value.made, { stamp: null, ...kept, value: upgraded(kept.value), starred, text, foreign: false });
		}
		return [...known.values()].sort((one, other) => other.at - one.at);
	}

	/** Give each take of an older page a key of its own. */
	#convert() {
		const old = Store.read("localStorage", Shelf.OLD);
		if (!Array.isArray(old)) return;
		Store.remove("localStorage", Shelf.OLD);
		for (const [index, { value, note, starred }] of old.filter(Shelf.#isSound).entries()) {
			const kept = JSON.stringify({ value, note, at: Date.now() - index });
			if (Store.write("localStorage", Shelf.TAKE + value.made, kept) && starred) {
				Store.write("localStorage", Shelf.STAR + value.made, "1");
			}
		}
	}
}
