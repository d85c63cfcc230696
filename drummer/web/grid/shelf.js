// The shelf of takes: the grooves of this visit and starred ones, kept in the browser.
//
// Tabs share it. Each take and each star has a key of its own, and a tab writes only those that it has changed, so that no tab
// overwrites another's. A take that another tab has changed belongs to that tab: edits in this tab go to a copy.

class Shelf {
	static MOST = 24; // without a star, a name or a folder; the oldest go first
	static MOST_KEPT = 48;
	static TAKE = "drummer.take."; // prefix in localStorage, followed by `made`
	static STAR = "drummer.star.";
	static OLD = "drummer.shelf"; // where older pages kept all takes in one list
	static REST = 400; // ms without a change, after which a take is written and redrawn

	constructor(grid) {
		this.grid = grid;
		this.list = new TakeList(grid, this);
		this.other = null; // `made` of the take that was worked on before, to compare with
		this.deleted = new Map(); // takes that were deleted, by their `made`: undo brings them back
		this.forks = new Map(); // takes of this tab that were made of another tab's, by the `made` of those
		this.changed = new Set(); // takes that are not written yet
		this.resting = false; // whether the next writing waits for more changes
		this.#convert();
		this.takes = this.#recall(); // newest first: as in takes.js, with {text, stamp, isOfOtherTab}, `stamp` of the last writing
		window.addEventListener("storage", (event) => event.storageArea === window.localStorage && this.#follow(event));
		window.addEventListener("pagehide", () => this.#flush());
	}

	begin() {
		this.list.build();
	}

	find(made) {
		return this.takes.find(({ value }) => value.made === made);
	}

	/** Add a new groove in front of the others; `note` tells what made it. */
	add(value, note = "", more = {}) {
		const at = Math.max(Date.now(), 1 + (this.takes[0]?.at ?? 0));
		const { starred = false, name = "", folder = "" } = { ...this.find(value.made), ...more };
		const take = { value, note, name, folder, at, starred, origin: more.origin ?? Takes.fingerprint(unpacked(value)), ...Shelf.#unwritten() };
		this.takes = [take, ...this.takes.filter((each) => each.value.made !== value.made)];
		this.#dropSurplus();
		this.#keep(take);
		this.list.folder = "";
		this.list.build();
	}

	#dropSurplus() {
		const surplus = (kept, most) => this.takes.filter((each) => Takes.isKept(each) === kept).slice(most);
		for (const gone of [...surplus(false, Shelf.MOST), ...surplus(true, Shelf.MOST_KEPT)]) this.#remove(gone);
	}

	static #unwritten = () => ({ text: null, stamp: null, isOfOtherTab: false });

	/** Put a take that was deleted on the shelf again, once it is worked on. */
	revive(value) {
		const gone = this.deleted.get(value.made);
		if (!gone || this.find(value.made)) return;
		this.deleted.delete(value.made);
		const take = { ...gone, value, ...Shelf.#unwritten() };
		this.takes = [...this.takes, take].sort((one, other) => other.at - one.at);
		this.#keep(take);
		this.list.build();
	}

	/** Rename a take, or put it into a folder: changes {name} or {folder}. */
	set(take, changes) {
		Object.assign(take, changes);
		this.#write(take);
		this.list.build();
	}

	/** Delete a take; undo brings it back. */
	delete(take) {
		this.deleted.set(take.value.made, take);
		this.#remove(take);
		this.list.build();
	}

	/** Put the takes of a file on the shelf. Returns how many were there already, and how many had no room. */
	import(takes) {
		const known = new Set(this.takes.map(({ value }) => Takes.content(value)));
		const news = takes.filter(({ value }) => !known.has(Takes.content(value)));
		const room = Math.max(0, Shelf.MOST_KEPT - this.takes.filter(Takes.isKept).length);
		const added = news.slice(0, room).map((take) => ({ ...take, folder: take.folder || "Imported", origin: take.origin ?? Takes.fingerprint(take.value), ...Shelf.#unwritten() }));
		this.takes = [...this.takes, ...added].sort((one, other) => other.at - one.at);
		for (const take of added) this.#keep(take);
		this.list.build();
		return { added: added.length, known: takes.length - news.length, left: news.length - added.length };
	}

	/** The `made` of a take with the same content, or null. So the groove that a page opens with is put on the shelf once only. */
	findEqual(value) {
		const content = Takes.content(value);
		return this.takes.find((take) => Takes.content(take.value) === content)?.value.made ?? null;
	}

	/** The `made` under which an edited groove is kept: its own, or a new one where another tab has changed that take. */
	ownId(value) {
		const take = this.find(value.made);
		if (!take) return value.made;
		const text = this.#text(take);
		if (text !== null && text !== take.text && !this.changed.has(take)) this.#takeOver(take, text);
		if (!take.isOfOtherTab || Takes.content(value) === Takes.content(take.value)) return value.made;
		if (!this.forks.has(value.made)) this.forks.set(value.made, Shelf.newName());
		const made = this.forks.get(value.made);
		if (!this.find(made)) this.add({ ...value, made }, take.note, { origin: take.origin });
		return made;
	}

	/** Stamps of the takes that this tab knows: after a reload they show which ones another tab has changed. */
	get stamps() {
		return this.takes.map(({ value, stamp }) => [value.made, stamp]);
	}

	set stamps(stamps) {
		const known = new Map(stamps);
		for (const take of this.takes) {
			if (known.has(take.value.made) && known.get(take.value.made) !== take.stamp) Object.assign(take, { stamp: null, isOfOtherTab: true });
		}
	}

	/** The groove that is worked on has changed. */
	update(value) {
		this.revive(value);
		const take = this.find(value.made);
		if (!take || take.isOfOtherTab || take.value === value) return;
		const news = JSON.stringify(take.value) !== JSON.stringify(value);
		take.value = value;
		if (!news) return;
		if (!this.resting) this.#write(take); // the first of several changes is written at once, so that other tabs know whose take it is
		else this.changed.add(take);
		this.resting = true;
		clearTimeout(this.updating);
		this.updating = setTimeout(() => {
			const takes = new Set([take, ...this.changed]);
			this.#flush();
			for (const each of takes) this.list.renew(each);
		}, Shelf.REST);
	}

	// -- storage ----------------------------------------------------------------------------------------------------------

	/** A random id of a groove. */
	static newName() {
		return [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
	}

	/** Whether what is kept can be shown: another page, or a file that an older page imported, may have left something else. */
	#isSound({ value } = {}) {
		return Boolean(value?.made) && Takes.isGroove(value, this.grid.voices);
	}

	#text(take) {
		return Store.text("localStorage", Shelf.TAKE + take.value.made);
	}

	star(take, starred) {
		take.starred = starred;
		const key = Shelf.STAR + take.value.made;
		if (!starred) return Store.remove("localStorage", key);
		if (this.#text(take) === null) this.#write(take); // another tab had no room for it any more
		Store.write("localStorage", key, "1");
	}

	/** Keep a take that is new here, and its star. */
	#keep(take) {
		this.#write(take);
		if (take.starred) this.star(take, true);
	}

	/** Write a take. Where the storage is full, the oldest takes without a star are removed. */
	#write(take) {
		const { value, note, name, folder, at, origin } = take;
		const stamp = Shelf.newName();
		const text = JSON.stringify({ value, note, name, folder, at, origin, stamp });
		this.changed.delete(take);
		while (!Store.write("localStorage", Shelf.TAKE + value.made, text)) {
			const oldest = this.takes.findLast((each) => each.text !== null && !Takes.isKept(each) && each !== take);
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
		if (!this.#isSound(kept ?? {})) return;
		const { name = "", folder = "", note = "" } = kept;
		Object.assign(take, { value: upgraded(kept.value), name, folder, note, text, stamp: null, isOfOtherTab: true });
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
		this.list.build();
	}

	/** Read the storage; takes that had no room in it stay. */
	#recall() {
		const known = new Map((this.takes ?? []).map((take) => [take.value.made, take]));
		for (const key of Store.keys("localStorage", Shelf.TAKE)) {
			const text = Store.text("localStorage", key);
			const kept = Store.parse(text) ?? {};
			if (!this.#isSound(kept) || known.has(kept.value.made)) continue;
			const starred = Store.text("localStorage", Shelf.STAR + kept.value.made) !== null;
			known.set(kept.value.made, { stamp: null, note: "", name: "", folder: "", origin: null, ...kept, value: upgraded(kept.value), starred, text, isOfOtherTab: false });
		}
		return [...known.values()].sort((one, other) => other.at - one.at);
	}

	/** Give each take of an older page a key of its own. */
	#convert() {
		const old = Store.read("localStorage", Shelf.OLD);
		if (!Array.isArray(old)) return;
		Store.remove("localStorage", Shelf.OLD);
		for (const [index, { value, note, starred }] of old.filter((each) => this.#isSound(each ?? {})).entries()) {
			const kept = JSON.stringify({ value, note, at: Date.now() - index });
			if (Store.write("localStorage", Shelf.TAKE + value.made, kept) && starred) {
				Store.write("localStorage", Shelf.STAR + value.made, "1");
			}
		}
	}
}
