// Song mode: blocks of bars in a row. Blocks are never changed in place.

class Song {
	static DRAG = 6; // pixels that a pointer moves before it drags
	static LEAST_WIDTH = 62; // pixels of a block, in which its name fits
	static GAP = 4;
	static KEPT = "drummer.song"; // in sessionStorage, for this tab, and in localStorage, for a tab that is new

	constructor(root, props, trigger) {
		Object.assign(this, { root, props, trigger });
		this.find = (selector) => root.querySelector(selector);
		this.list = this.find(".blocks");
		this.blocks = this.#recall() ?? props.first.map((block) => this.#whole(block));
		this.chosen = 0;
		this.played = 0; // blocks of the song that are generated so far
		this.made = null; // the groove whose blocks were shown last
		this.#offerParts();
		this.#listen();
		this.#build();
		this.follow();
	}

	#whole(block) {
		return { ...this.props.usual[block.part], ...block };
	}

	/** The blocks from before a reload. */
	#recall() {
		const blocks = Store.read("sessionStorage", Song.KEPT) ?? Store.read("localStorage", Song.KEPT);
		const isSound = (block) => block?.part in this.props.usual && block.bars > 0 && block.intensity >= 0 && block.complexity >= 0;
		return Array.isArray(blocks) && blocks.every(isSound) ? blocks : null;
	}

	#keep() {
		for (const area of ["sessionStorage", "localStorage"]) Store.write(area, Song.KEPT, JSON.stringify(this.blocks));
	}

	static label(part) {
		return part[0].toUpperCase() + part.slice(1);
	}

	get bars() {
		return this.blocks.reduce((sum, { bars }) => sum + bars, 0);
	}

	set(name) {
		return this.find(`[data-set=${name}]`);
	}

	#offerParts() {
		const parts = Object.keys(this.props.usual);
		this.set("part").replaceChildren(...parts.map((part) => new Option(Song.label(part), part)));
		for (const part of parts) {
			const button = Object.assign(document.createElement("button"), { type: "button", textContent: Song.label(part) });
			button.ariaLabel = `Add ${part}`;
			button.addEventListener("click", () => this.add({ part, bars: this.blocks.findLast((block) => block.part === part)?.bars ?? 4 }));
			this.find(".adding").append(button);
		}
		[this.set("bars").min, this.set("bars").max] = this.props.bars;
	}

	#listen() {
		const actions = {
			earlier: () => this.move(this.chosen, this.chosen - 1),
			later: () => this.move(this.chosen, this.chosen + 1),
			double: () => this.add({ ...this.blocks[this.chosen] }),
			remove: () => this.remove(),
			generate: () => this.generate(),
		};
		for (const [name, act] of Object.entries(actions)) this.find(`[data-do=${name}]`).addEventListener("click", act);
		for (const name of ["intensity", "complexity"]) {
			this.set(name).addEventListener("input", ({ target }) => this.change({ [name]: Number(target.value) / 100 }));
		}
		this.set("part").addEventListener("change", ({ target }) => this.change(this.#whole({ part: target.value })));
		this.set("bars").addEventListener("change", ({ target }) => {
			const [least, most] = this.props.bars;
			const { valueAsNumber: bars } = target;
			this.change({ bars: Number.isNaN(bars) ? this.blocks[this.chosen].bars : Math.min(Math.max(Math.round(bars), least), most) });
		});
		this.list.addEventListener("keydown", (event) => this.#key(event));
		this.list.addEventListener("pointerdown", (event) => this.#press(event));
		this.list.addEventListener("pointermove", (event) => this.#drag(event));
		for (const kind of ["pointerup", "pointercancel"]) this.list.addEventListener(kind, () => this.#drop());
		new ResizeObserver(() => this.#fit()).observe(this.list);
		document.addEventListener("groove", () => this.follow());
		document.addEventListener("progress", ({ detail }) => this.showProgress(detail));
	}

	// -- the blocks -------------------------------------------------------------------------------------------------------

	choose(index, focus = false) {
		this.chosen = Math.min(Math.max(index, 0), this.blocks.length - 1);
		this.#build(focus);
	}

	add(block) {
		if (this.blocks.length >= this.props.most_blocks) return this.say(`A song can have at most ${this.props.most_blocks} blocks`);
		const place = this.blocks.length ? this.chosen + 1 : 0;
		this.blocks = this.blocks.toSpliced(place, 0, this.#whole(block));
		this.choose(place);
		this.say(`${this.describe(place)} added`);
	}

	remove(focus = false) {
		if (!this.blocks.length) return;
		const gone = this.describe(this.chosen);
		this.blocks = this.blocks.toSpliced(this.chosen, 1);
		this.choose(this.chosen, focus);
		this.say(`${gone} removed`);
	}

	move(from, to, focus = false) {
		if (to < 0 || to >= this.blocks.length) return;
		this.blocks = this.blocks.toSpliced(from, 1).toSpliced(to, 0, this.blocks[from]);
		this.choose(to, focus);
		this.say(`${this.describe(to)}, moved to position ${to + 1} of ${this.blocks.length}`);
	}

	change(values) {
		if (!this.blocks.length) return;
		this.blocks = this.blocks.with(this.chosen, { ...this.blocks[this.chosen], ...values });
		this.#build();
	}

	describe(index) {
		const { part, bars } = this.blocks[index];
		return `${Song.label(part)}, ${bars} ${bars === 1 ? "bar" : "bars"}`;
	}

	// -- playing ----------------------------------------------------------------------------------------------------------

	generate() {
		const names = ["part", "bars", "intensity", "complexity"];
		this.props.value = { blocks: this.blocks.map((block) => Object.fromEntries(names.map((name) => [name, block[name]]))) };
		this.trigger("generate");
		this.say("The song is being generated");
	}

	/** Show how much of the song in the grid is there, while it is being generated. */
	showProgress({ done, bars }) {
		const progress = this.find("progress");
		progress.hidden = done === bars || bars !== this.bars;
		[progress.value, progress.max] = [done, bars];
		const ends = this.blocks.map((_, index) => this.blocks.slice(0, index + 1).reduce((sum, block) => sum + block.bars, 0));
		this.played = progress.hidden ? 0 : ends.filter((end) => end <= done).length;
		for (const [index, item] of [...this.list.children].entries()) item.firstChild.classList.toggle("played", index < this.played);
	}

	/** Show the blocks of the song in the grid, where it is a new one. */
	follow() {
		const doc = window.drummerPage.grid()?.doc;
		const song = doc?.settings.song;
		if (!doc || doc.made === this.made) return;
		this.made = doc.made;
		if (!song) return;
		this.say("");
		this.blocks = song.map((block) => this.#whole(block));
		this.choose(0);
	}

	// -- pointer and keyboard ---------------------------------------------------------------------------------------------

	#indexOf(target) {
		return [...this.list.children].indexOf(target?.closest?.(".blocks > li"));
	}

	#press(event) {
		const index = this.#indexOf(event.target);
		if (event.button !== 0 || index < 0) return;
		this.drag = { index, x: event.clientX, y: event.clientY, moved: false };
	}

	#drag(event) {
		const { drag } = this;
		if (!drag) return;
		if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < Song.DRAG) return;
		if (!drag.moved) this.list.setPointerCapture(event.pointerId);
		drag.moved = true;
		const over = this.#indexOf(document.elementFromPoint(event.clientX, event.clientY));
		if (over >= 0 && over !== drag.index && this.#isPast(over, drag.index, event.clientX)) {
			this.move(drag.index, over);
			drag.index = over;
		}
		this.list.children[drag.index].classList.add("dragged");
	}

	/** Whether a block that is dragged over another is past its middle, so that a long and a short one do not swap for ever. */
	#isPast(over, from, x) {
		const [box, own] = [over, from].map((index) => this.list.children[index].getBoundingClientRect());
		if (box.top !== own.top) return true;
		const middle = box.left + box.width / 2;
		return over > from ? x > middle : x < middle;
	}

	#drop() {
		const { drag } = this;
		this.drag = null;
		if (!drag) return;
		if (drag.moved) this.choose(drag.index, true);
	}

	#key(event) {
		const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
		const last = this.blocks.length - 1;
		if (step && (event.ctrlKey || event.metaKey)) this.move(this.chosen, this.chosen + step, true);
		else if (step) this.choose(this.chosen + step, true);
		else if (event.key === "Home" || event.key === "End") this.choose(event.key === "Home" ? 0 : last, true);
		else if (event.key === "Delete" || event.key === "Backspace") this.remove(true);
		else return;
		event.preventDefault();
	}

	// -- drawing ----------------------------------------------------------------------------------------------------------

	#build(focus = false) {
		this.#keep();
		this.list.replaceChildren(...this.blocks.map((block, index) => this.#item(block, index)));
		this.#fit();
		this.#showEditor();
		const { most_bars: most } = this.props;
		const much = this.bars > most ? `, the limit is ${most}` : "";
		this.find(".length").textContent = `${this.bars} bars in ${this.blocks.length} ${this.blocks.length === 1 ? "block" : "blocks"}${much}`;
		if (focus) this.list.children[this.chosen]?.firstChild.focus();
	}

	#item(block, index) {
		const item = document.createElement("li");
		const button = document.createElement("button");
		button.type = "button";
		button.className = "block";
		button.dataset.part = block.part;
		button.tabIndex = index === this.chosen ? 0 : -1;
		button.ariaCurrent = String(index === this.chosen);
		button.ariaLabel = `${this.describe(index)}, intensity ${Math.round(100 * block.intensity)}, complexity ${Math.round(100 * block.complexity)}`;
		button.style.setProperty("--intensity", block.intensity);
		button.style.setProperty("--complexity", block.complexity);
		for (const [name, text] of [["name", Song.label(block.part)], ["count", `${block.bars}`], ["strength", ""]]) {
			button.append(Object.assign(document.createElement("span"), { className: name, textContent: text }));
		}
		button.classList.toggle("played", index < this.played);
		button.addEventListener("click", () => index !== this.chosen && this.choose(index, true));
		item.append(button);
		return item;
	}

	/** Give each block a width in proportion to its bars. */
	#fit() {
		const room = this.list.clientWidth - 6 - Song.GAP * (this.blocks.length - 1);
		for (const [index, item] of [...this.list.children].entries()) {
			const width = Math.max((room * this.blocks[index].bars) / this.bars, Song.LEAST_WIDTH);
			item.style.width = `${Math.floor(width)}px`;
		}
	}

	#showEditor() {
		const block = this.blocks[this.chosen];
		for (const part of this.root.querySelectorAll(".editor button, .editor input, .editor select")) part.disabled = !block;
		this.find("[data-do=generate]").disabled = !block;
		if (!block) return;
		this.set("part").value = block.part;
		this.set("bars").value = block.bars;
		for (const name of ["intensity", "complexity"]) {
			this.set(name).value = Math.round(100 * block[name]);
			this.set(name).style.setProperty("--fill", `${this.set(name).value}%`);
		}
		this.find("[data-do=earlier]").disabled = this.chosen === 0;
		this.find("[data-do=later]").disabled = this.chosen === this.blocks.length - 1;
	}

	say(words) {
		this.find(".spoken").textContent = words;
	}
}

const root = element.querySelector(".song");
root.song = new Song(root, props, trigger); // where tests find it
