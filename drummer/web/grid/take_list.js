// The takes as a list of pictures below the grid.

class TakeList {
	constructor(grid, shelf) {
		this.grid = grid;
		this.shelf = shelf;
		this.element = grid.parts.takes;
		this.folder = ""; // that is shown, or all
	}

	/** The takes that are shown. */
	get shown() {
		return this.shelf.takes.filter(({ folder }) => !this.folder || folder === this.folder);
	}

	/** Show the takes of a folder, or all. */
	show(folder) {
		this.folder = folder;
		this.build();
	}

	/** Show which groove is worked on. */
	mark(made) {
		for (const item of this.element.children) {
			const chosen = item.dataset.made === made;
			item.classList.toggle("chosen", chosen);
			item.classList.toggle("other", !chosen && item.dataset.made === this.shelf.other);
			item.firstElementChild.ariaCurrent = String(chosen);
		}
		this.grid.takesBar?.show();
	}

	draw(items = this.element.children) {
		for (const item of items) {
			const groove = asHeard(fromValue(this.shelf.find(item.dataset.made).value, this.grid.voices));
			new Overview(item.querySelector("canvas")).draw(groove, this.grid.painter, null, null);
		}
	}

	build() {
		const focused = this.element.contains(document.activeElement) ? document.activeElement : null;
		this.element.replaceChildren(...this.shown.map((take) => this.#item(take)));
		if (focused) this.#itemOf(focused.parentElement.dataset.made)?.querySelector(`.${focused.className}`).focus();
		this.mark(this.grid.doc?.made);
		this.draw();
	}

	/** Draw one take anew, since the others may be long songs. Its buttons stay, or a click that is under way would be lost. */
	renew(take) {
		const item = this.#itemOf(take.value.made);
		if (!item) return;
		TakeList.#write(item, take);
		this.mark(this.grid.doc?.made);
		this.draw([item]);
	}

	#itemOf(made) {
		return [...this.element.children].find((item) => item.dataset.made === made);
	}

	#item(take) {
		const item = document.createElement("li");
		item.dataset.made = take.value.made;
		const choose = document.createElement("button");
		choose.type = "button";
		choose.className = "take";
		choose.append(document.createElement("canvas"), document.createElement("span"));
		choose.addEventListener("click", () => this.grid.choose(take.value));
		const star = document.createElement("button");
		star.type = "button";
		star.className = "star";
		star.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="m12 4 2.5 5.2 5.7.8-4.1 4 1 5.6-5.1-2.7-5.1 2.7 1-5.6-4.1-4 5.7-.8z" /></svg>';
		star.addEventListener("click", () => {
			this.shelf.star(take, !take.starred);
			star.ariaPressed = String(take.starred);
		});
		item.append(choose, star);
		TakeList.#write(item, take);
		return item;
	}

	/** Write a take's title and star. */
	static #write(item, take) {
		const [choose, star] = item.children;
		const title = Takes.title(take);
		choose.lastElementChild.textContent = title;
		choose.ariaLabel = `Hear ${title}`;
		star.ariaLabel = `Star ${title}`;
		star.ariaPressed = String(take.starred);
	}
}
