// The pad: a point in a field, whose width is the intensity and whose height is the complexity.

class Pad {
	static AXES = ["intensity", "complexity"];
	static MIDDLE = 50; // percent, where the point rests while an axis is left to the drummer
	static STEPS = { ArrowLeft: ["intensity", -1], ArrowRight: ["intensity", 1], ArrowDown: ["complexity", -1], ArrowUp: ["complexity", 1] };
	static STRIDE = 5; // percent for each press of an arrow key; 1 with Shift
	static PATIENCE = 300; // ms without another key press until a move is reported
	static WORDS = { intensity: ["very soft", "soft", "medium", "hard", "very hard"], complexity: ["very simple", "simple", "medium", "busy", "very busy"] };

	constructor(root, props, trigger) {
		Object.assign(this, { root, props, trigger });
		this.find = (selector) => root.querySelector(selector);
		this.field = this.find(".field");
		this.moved = false; // by the user, to a value that the page has not kept yet
		this.ranges = Object.fromEntries(Pad.AXES.map((axis) => [axis, this.find(`[data-axis=${axis}]`)]));
		this.#listen();
		this.receive();
	}

	#listen() {
		const { field } = this;
		field.addEventListener("pointerdown", (event) => {
			if (event.button) return;
			field.setPointerCapture(event.pointerId);
			this.before = this.value;
			this.dragged = event.pointerId;
			this.#follow(event);
			event.preventDefault();
			this.ranges.intensity.focus({ preventScroll: true });
		});
		field.addEventListener("pointermove", (event) => this.dragged === event.pointerId && this.#follow(event));
		field.addEventListener("pointerup", (event) => this.dragged === event.pointerId && this.#drop());
		field.addEventListener("pointercancel", () => {
			if (this.before) this.show(this.before);
			this.dragged = this.before = null;
		});
		field.addEventListener("keydown", (event) => this.#press(event));
		for (const axis of Pad.AXES) {
			// A screen reader sets the value itself.
			this.ranges[axis].addEventListener("input", () => this.#set({ [axis]: Number(this.ranges[axis].value) }));
		}
		this.find(".auto").addEventListener("click", () => {
			this.show({ intensity: null, complexity: null });
			this.#report();
		});
	}

	#follow(event) {
		const { left, bottom, width, height } = this.field.getBoundingClientRect();
		const percent = (share) => Math.round(100 * Math.min(Math.max(share, 0), 1));
		this.show({ intensity: percent((event.clientX - left) / width), complexity: percent((bottom - event.clientY) / height) });
	}

	#drop() {
		this.dragged = this.before = null;
		this.#report();
	}

	#press(event) {
		if (event.key === "Escape" && this.before) {
			this.show(this.before);
			this.dragged = this.before = null;
			return;
		}
		const [axis, sign] = Pad.STEPS[event.key] ?? [];
		if (!axis || event.ctrlKey || event.metaKey || event.altKey) return;
		event.preventDefault();
		event.stopPropagation(); // no keys of the grid
		const step = event.shiftKey ? 1 : Pad.STRIDE;
		this.#set({ [axis]: Math.min(Math.max((this.value[axis] ?? Pad.MIDDLE) + sign * step, 0), 100) });
	}

	#set(change) {
		this.show({ ...this.value, ...change });
		this.moved = true;
		clearTimeout(this.waiting);
		this.waiting = setTimeout(() => this.#report(), Pad.PATIENCE);
	}

	#report() {
		clearTimeout(this.waiting);
		this.moved = true;
		this.props.value = this.value;
		this.trigger("move");
	}

	/** Note that the page has kept a value: that of the last move, or an earlier one. */
	settle(kept) {
		if (Pad.AXES.every((axis) => kept[axis] === this.value[axis])) this.moved = false;
	}

	/** Show the value that the page has set. */
	receive() {
		if (this.dragged == null) this.show(this.props.value ?? {});
	}

	show({ intensity = null, complexity = null }) {
		this.value = { intensity, complexity };
		this.root.style.setProperty("--x", `${intensity ?? Pad.MIDDLE}%`);
		this.root.style.setProperty("--y", `${100 - (complexity ?? Pad.MIDDLE)}%`);
		for (const axis of Pad.AXES) {
			const value = this.value[axis];
			this.root.classList.toggle(`free-${axis}`, value === null);
			this.ranges[axis].value = value ?? Pad.MIDDLE;
			this.ranges[axis].ariaValueText = value === null ? "left to the drummer" : `${value} %, ${Pad.wordOf(axis, value)}`;
		}
		const set = Pad.AXES.filter((axis) => this.value[axis] !== null);
		const named = set.map((axis) => Pad.wordOf(axis, this.value[axis])).filter((word, index, all) => all.indexOf(word) === index);
		this.find("output").textContent = set.length ? named.join(", ").replace(/^./, (letter) => letter.toUpperCase()) : "Left to the drummer";
		this.find(".auto").ariaPressed = String(set.length === 0);
	}

	static wordOf(axis, value) {
		const words = Pad.WORDS[axis];
		return words[Math.min(Math.floor((value / 100) * words.length), words.length - 1)];
	}
}

const root = element.querySelector(".pad");
root.pad = new Pad(root, props, trigger); // where tests find it
watch("value", () => root.pad.receive());
