// The comparison with drummers as a chart, drawn in the colours and fonts of the page: positions are percentages, so that it is
// sharp at any width, and follows the theme by itself.

class FeelChart {
	static SVG = "http://www.w3.org/2000/svg";
	static DOT = 2.5; // pixels, radius of a hit
	static ROW = 26; // pixels, height of a family's row
	static LEAST_RANGE = 20; // ms at either side of the grid

	/** data: see data.py. */
	constructor(data) {
		this.data = data;
		const { drummers } = data;
		this.element = this.#make("div", "chart");
		this.element.append(
			this.#key(),
			this.#panel("Timing", this.#families("timing"), this.#timingAxis(), "early \u2190 milliseconds from the grid \u2192 late"),
			this.#panel("Dynamics", this.#families("velocity"), this.#axis([0, 127], [0, 32, 64, 96, 127]), "soft \u2190 velocity \u2192 hard"),
			this.#panel(`Place among ${drummers}`, this.#traits(), this.#axis([0, 100], [0, 25, 50, 75, 100], "%"), "share of drummers\u2019 bars with less"),
			this.#panel("Is it a copy?", this.#overlap(), data.overlap && this.#axis([0, 100], [0, 25, 50, 75, 100], "%"), this.#overlapWords()),
		);
	}

	// -- parts ------------------------------------------------------------------------------------------------------------

	#make(tag, className, text = "") {
		return Object.assign(document.createElement(tag), { className, textContent: text });
	}

	#svg(tag, attributes) {
		const part = document.createElementNS(FeelChart.SVG, tag);
		for (const [name, value] of Object.entries(attributes)) part.setAttribute(name, value);
		return part;
	}

	/** What the colours mean. */
	#key() {
		const key = this.#make("ul", "key");
		const { groove, drummers } = this.data;
		for (const [className, words] of [["mark", groove], ["half", `${drummers}: the middle half`], ["most", "90% of them"], ["middle", "their median"]]) {
			const item = this.#make("li", "", words);
			item.prepend(this.#make("i", className));
			key.append(item);
		}
		return key;
	}

	#panel(title, rows, axis, words) {
		const panel = this.#make("section", "part");
		panel.append(this.#make("h3", "", title), ...rows, ...(axis ? [axis] : []), this.#make("p", "words", words));
		return panel;
	}

	/** A name with a drawing beside it; `words` are what screen readers say of the drawing. */
	#row(name, words, height, ...parts) {
		const row = this.#make("div", "row");
		const drawing = this.#svg("svg", { width: "100%", height, role: "img", "aria-label": words });
		drawing.append(...parts);
		row.append(this.#make("span", "name", name), drawing);
		return row;
	}

	#axis([low, high], places, unit = "") {
		const axis = this.#make("div", "row axis");
		const numbers = this.#make("div", "numbers");
		for (const place of places) {
			const number = this.#make("span", "", `${place}${unit}`.replace("-", "\u2212"));
			number.style.left = `${(100 * (place - low)) / (high - low)}%`;
			numbers.append(number);
		}
		axis.setAttribute("aria-hidden", "true");
		axis.append(this.#make("span", "name"), numbers);
		return axis;
	}

	// -- panels -----------------------------------------------------------------------------------------------------------

	/** Milliseconds that are shown on each side of the grid. */
	get #reach() {
		const all = this.data.families.flatMap(({ timing }) => [...timing.values, ...(timing.usual ?? [])]).map(Math.abs);
		return 10 * Math.ceil(Math.max(FeelChart.LEAST_RANGE, ...all) / 10);
	}

	#timingAxis() {
		const reach = this.#reach;
		return this.#axis([-reach, reach], [-reach, -reach / 2, 0, reach / 2, reach]);
	}

	#families(kind) {
		const [low, high] = kind === "timing" ? [-this.#reach, this.#reach] : [0, 127];
		const share = (value) => (100 * (value - low)) / (high - low);
		return this.data.families.map((family) => {
			const { values, usual } = family[kind];
			const parts = [];
			if (kind === "timing") parts.push(this.#line(50, 0, FeelChart.ROW, "edge"));
			if (usual) parts.push(this.#band("most", share(usual[0]), share(usual[4])), this.#band("half", share(usual[1]), share(usual[3])), this.#line(share(usual[2]), 3, 23, "middle"));
			for (const [index, value] of values.entries()) {
				const y = FeelChart.ROW / 2 + 7 * Math.sin(2.4 * index); // so that dots do not hide each other
				parts.push(this.#svg("circle", { class: "mark", cx: `${share(value)}%`, cy: y, r: FeelChart.DOT }));
			}
			return this.#row(family.name, this.#familyWords(family.name, family[kind], kind), FeelChart.ROW, ...parts);
		});
	}

	#familyWords(name, { median, usual }, kind) {
		const words = (value) => {
			if (kind === "velocity") return String(value);
			return value === 0 ? "on the grid" : `${Math.abs(value)} ms ${value < 0 ? "early" : "late"}`;
		};
		const own = median === null ? "no hits" : `median ${words(median)}`;
		return `${name}: ${own}; ${usual ? `half of the drummers from ${words(usual[1])} to ${words(usual[3])}` : "the drummers do not play them"}`;
	}

	#band(className, from, to) {
		return this.#svg("rect", { class: className, x: `${from}%`, width: `${Math.max(0, to - from)}%`, y: 5, height: 16, rx: 2 });
	}

	#line(place, from, to, className) {
		return this.#svg("line", { class: className, x1: `${place}%`, x2: `${place}%`, y1: from, y2: to });
	}

	#traits() {
		return this.data.traits.map(({ name, low, high, rank }) => {
			const words = rank === null ? `${name}: not measured` : `${name}: ${Math.round(rank)}% of the drummers' bars are further towards \u201c${low}\u201d than this groove`;
			const dot = rank === null ? [] : [this.#svg("circle", { class: "mark whole", cx: `${rank}%`, cy: 11, r: 5 })];
			const line = this.#svg("line", { class: "edge", x1: "0", x2: "100%", y1: 11, y2: 11 });
			const row = this.#row(name, words, 22, this.#svg("rect", { class: "half", x: "25%", width: "50%", y: 0, height: 22 }), line, ...dot);
			const ends = this.#make("div", "ends");
			ends.setAttribute("aria-hidden", "true");
			ends.append(this.#make("span", "", low), this.#make("span", "", high));
			row.append(ends);
			return row;
		});
	}

	#overlap() {
		const { overlap } = this.data;
		if (!overlap) return [];
		const [height, top] = [138, Math.max(1, ...overlap.counts)];
		const bars = overlap.counts.map((count, index) => {
			const tall = ((height - 26) * count) / top;
			return this.#svg("rect", { class: "half", x: `${index * overlap.bin + 0.3}%`, width: `${overlap.bin - 0.6}%`, y: height - tall, height: tall });
		});
		const right = overlap.shared > 60;
		const label = this.#svg("text", { x: `${overlap.shared}%`, dx: right ? -7 : 7, y: 13, "text-anchor": right ? "end" : "start" });
		label.textContent = `this groove: ${overlap.shared}%`;
		const row = this.#row("", `${overlap.shared}% of the hits shared with the closest bars of a training drummer`, height, ...bars, this.#line(overlap.shared, 0, height, "mark"), label);
		row.classList.add("wide");
		return [row];
	}

	#overlapWords() {
		const { overlap } = this.data;
		if (!overlap) return "No: none of the training drummers plays in this meter.";
		const stretch = overlap.bars === 1 ? "bar" : `${overlap.bars} bars`;
		return `Hits shared with the closest ${stretch} in the training data. Columns: how much drummers share with one another.`;
	}
}
