// Actions on the take that is worked on: compare, rename, put into a folder, delete; and the export and import of takes.

class TakesBar {
	static NEW = "\n"; // value of the menu's entry for a new folder; no folder has such a name
	static MOST_BYTES = 20e6; // of a file that is imported

	constructor(grid) {
		this.grid = grid;
		this.asking = null; // which name is being typed: "name" of the take or "folder"
		this.named = null; // the take that gets it, whichever is chosen by then
		const { parts } = grid;
		parts.compare.addEventListener("click", () => this.compare());
		parts.rename.addEventListener("click", () => this.#ask("name"));
		parts["delete-take"].addEventListener("click", () => this.#delete());
		parts["export-takes"].addEventListener("click", () => this.#export());
		parts["import-takes"].addEventListener("click", () => parts["takes-file"].click());
		parts["takes-file"].addEventListener("change", () => this.#import());
		parts.folder.addEventListener("change", () => this.#file());
		parts["shown-folder"].addEventListener("change", () => grid.shelf.list.show(parts["shown-folder"].value));
		parts["save-name"].addEventListener("click", () => this.#save());
		parts["new-name"].addEventListener("keydown", (event) => this.#key(event));
	}

	get #take() {
		return this.grid.shelf.find(this.grid.doc?.made);
	}

	/** Show the folders, and what is possible. */
	show() {
		const { parts, shelf } = this.grid;
		const take = this.#take;
		const folders = Takes.folders(shelf.takes);
		const options = (first, names, last = []) => [first, ...names.map((name) => [name, name]), ...last].map(([label, value]) => new Option(label, value));
		parts.folder.replaceChildren(...options(["No folder", ""], folders, [["New folder\u2026", TakesBar.NEW]]));
		parts.folder.value = take?.folder ?? "";
		parts["shown-folder"].parentElement.hidden = !folders.length;
		parts["shown-folder"].replaceChildren(...options(["All takes", ""], folders));
		if (!folders.includes(shelf.list.folder)) shelf.list.folder = "";
		parts["shown-folder"].value = shelf.list.folder;
		for (const name of ["rename", "folder", "delete-take"]) parts[name].disabled = !take;
		const other = shelf.find(shelf.other);
		parts.compare.disabled = !other || other === take;
		parts.compare.title = other ? `Compare with ${Takes.title(other)}: switch there and back (X)` : "Compare two takes: choose one, then the other (X)";
	}

	/** Switch to the take that was worked on before; where it plays, it plays on from the same place. */
	compare() {
		const { grid } = this;
		const other = grid.shelf.find(grid.shelf.other);
		if (!other || other === this.#take) return grid.inform("To compare two takes, choose one and then the other");
		grid.choose(other.value, "compare");
		grid.inform(`Now: ${Takes.title(other)}`);
	}

	#delete() {
		const { grid } = this;
		const take = this.#take;
		const { takes } = grid.shelf;
		if (takes.length === 1) return grid.inform("This is the only take, so it stays");
		const place = takes.indexOf(take);
		const next = takes[place + 1] ?? takes[place - 1];
		grid.shelf.delete(take);
		grid.switchTo(next.value, "delete take", null, take.value.made);
		grid.inform(`${Takes.title(take)} deleted. Undo brings it back`);
	}

	// -- names ------------------------------------------------------------------------------------------------------------

	#ask(what) {
		const { parts } = this.grid;
		this.asking = what;
		this.named = this.#take;
		const [field, naming] = [parts["new-name"], parts.naming];
		field.value = what === "name" ? this.#take.name : "";
		field.ariaLabel = field.placeholder = what === "name" ? "Name of the take" : "Name of the folder";
		naming.hidden = false;
		field.focus();
		field.select();
	}

	#key(event) {
		if (event.key !== "Enter" && event.key !== "Escape") return;
		event.preventDefault();
		if (event.key === "Enter") this.#save();
		else this.#close();
	}

	#close() {
		const { parts } = this.grid;
		parts.naming.hidden = true;
		this.show();
		parts[this.asking === "name" ? "rename" : "folder"].focus();
	}

	#save() {
		const { grid } = this;
		const text = Takes.tidy(grid.parts["new-name"].value);
		if (this.asking === "folder" && !text) return grid.inform("A folder needs a name");
		if (!grid.shelf.takes.includes(this.named)) {
			this.#close();
			return grid.inform("This take is no longer here");
		}
		grid.shelf.set(this.named, { [this.asking]: text });
		this.#close();
		grid.inform(this.asking === "folder" ? `Moved to the folder ${text}` : text ? `Named ${text}` : "Name removed: the take goes by its style and tempo again");
	}

	#file() {
		const { grid } = this;
		const { value } = grid.parts.folder;
		if (value === TakesBar.NEW) return this.#ask("folder");
		grid.shelf.set(this.#take, { folder: value });
		grid.inform(value ? `Moved to the folder ${value}` : "Taken out of its folder");
	}

	// -- one file ---------------------------------------------------------------------------------------------------------

	/** Save the takes shown here as one file. */
	#export() {
		const { grid } = this;
		const { shown, folder } = grid.shelf.list;
		const url = URL.createObjectURL(new Blob([Takes.toFile(shown)], { type: "application/json" }));
		const name = folder ? `${folder.replace(/[^\p{L}\p{N}]+/gu, "-")}-takes.json` : "drummer-takes.json";
		Object.assign(document.createElement("a"), { href: url, download: name }).click();
		setTimeout(() => URL.revokeObjectURL(url), 60e3);
		grid.inform(`${counted(shown.length, "take")} saved as ${name}`);
	}

	async #import() {
		const { grid } = this;
		const input = grid.parts["takes-file"];
		const [file] = input.files;
		input.value = ""; // so that the same file may be chosen again
		if (!file) return;
		if (file.size > TakesBar.MOST_BYTES) return grid.inform(`${file.name} is too large: a takes file can have at most ${TakesBar.MOST_BYTES / 1e6} MB`);
		try {
			const { takes, unread } = Takes.fromFile(await file.text(), grid.voices, Shelf.newName);
			const { added, known, left } = grid.shelf.import(takes);
			const rest = [
				known && `${known} already here`,
				left && `no room for ${left}: delete some takes first`,
				unread && `${unread} could not be read`,
			].filter(Boolean);
			grid.inform([`${counted(added, "take")} imported`, ...rest].join("; "));
		} catch (error) {
			if (!(error instanceof Impossible)) throw error;
			grid.inform(error.message);
		}
	}
}
