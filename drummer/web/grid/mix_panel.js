// The mix below the grid: a channel strip for each lane, with volume, pan, tuning and kit, and the effects on the whole kit.

class MixPanel {
	/** The sliders of a strip: label, step, and the value in words. */
	static KINDS = {
		volume: { label: "Volume", step: 0.5, words: (value) => `${MixPanel.#signed(value)} dB` },
		pan: { label: "Pan", step: 0.05, words: (value) => (value ? `${Math.round(100 * Math.abs(value))}% ${value < 0 ? "left" : "right"}` : "centre") },
		tuning: { label: "Tuning", step: 0.5, words: (value) => `${MixPanel.#signed(value)} ${Math.abs(value) === 1 ? "semitone" : "semitones"}` },
	};

	static EFFECTS = { room: "Room", compressor: "Compressor" };

	static #signed = (value) => (value < 0 ? `\u2212${-value}` : value > 0 ? `+${value}` : "0");

	constructor(grid) {
		this.grid = grid;
		this.panel = grid.root.querySelector(".mix");
		this.words = this.panel.querySelector(".mix-words");
		this.strips = grid.voices.map((voice) => this.#buildStrip(voice));
		const list = this.panel.querySelector(".strips");
		list.append(this.#buildHeads(), ...this.strips.map(({ row }) => row).reverse()); // in the order of the lanes
		this.panel.querySelector(".mix-kinds").append(...[...Object.keys(MixPanel.KINDS), "kit"].map((kind) => this.#buildChoice(kind)));
		this.#choose("volume");
		this.effects = Object.fromEntries(Object.keys(MixPanel.EFFECTS).map((name) => [name, this.#buildEffect(name)]));
		this.panel.querySelector(".effects").append(...Object.values(this.effects).map(({ label }) => label));
		if (!window.AudioWorkletNode) this.panel.querySelector(".mix-about").textContent += " On this page, which is not encrypted, the compressor is heard in exported sound only.";
		grid.parts["reset-mix"].addEventListener("click", () => {
			this.#commit(withMix(grid.doc), null, "reset mix");
			MixPanel.#focusOn(this.panel.querySelector(".effects"));
		});
		this.panel.addEventListener("toggle", () => this.show(grid.doc));
	}

	/** Titles of the columns, where all sliders of a strip stand side by side; each slider has its own name besides. */
	#buildHeads() {
		const row = Object.assign(document.createElement("div"), { className: "strip heads", ariaHidden: "true" });
		row.append(...["", ...Object.values(MixPanel.KINDS).map(({ label }) => label), "Kit or sample", ""].map((title) => MixPanel.#span("", title)));
		return row;
	}

	static #span(className, textContent) {
		return Object.assign(document.createElement("span"), { className, textContent });
	}

	/** On a narrow screen a strip shows one slider or its kit, and these buttons choose which. */
	#buildChoice(kind) {
		const button = Object.assign(document.createElement("button"), { type: "button", textContent: MixPanel.KINDS[kind]?.label ?? "Kit or sample" });
		button.dataset.kind = kind;
		button.addEventListener("click", () => this.#choose(kind));
		return button;
	}

	#choose(kind) {
		this.panel.dataset.shown = kind;
		for (const button of this.panel.querySelectorAll(".mix-kinds button")) button.ariaPressed = String(button.dataset.kind === kind);
	}

	#buildStrip(voice) {
		const row = Object.assign(document.createElement("div"), { className: "strip", role: "group", ariaLabel: voice.label });
		row.style.setProperty("--light", voice.light);
		row.style.setProperty("--dark", voice.dark);
		const sliders = Object.fromEntries(Object.keys(MixPanel.KINDS).map((kind) => [kind, this.#buildSlider(voice, kind)]));
		const reset = Object.assign(document.createElement("button"), { type: "button", className: "reset", textContent: "\u21ba", title: `Reset ${voice.label}` });
		reset.ariaLabel = reset.title;
		reset.addEventListener("click", () => {
			this.#commit(withStrip(this.grid.doc, voice.name, PLAIN_STRIP), null, `reset ${voice.label.toLowerCase()}`);
			MixPanel.#focusOn(row);
		});
		const name = MixPanel.#span("strip-name", "");
		name.append(MixPanel.#span("long", voice.label), MixPanel.#span("short", voice.short));
		const kit = this.#buildKitMenu(voice);
		const slot = new SampleSlot(this.grid, this.grid.voices.indexOf(voice));
		const sound = MixPanel.#span("strip-sound", "");
		sound.append(kit, ...slot.elements);
		row.append(name, ...Object.values(sliders).map(({ label }) => label), sound, reset);
		return { voice, row, sliders, kit, slot, reset };
	}

	#buildKitMenu(voice) {
		const menu = Object.assign(document.createElement("select"), { className: "kit", ariaLabel: `Kit of ${voice.label}` });
		menu.append(new Option("Same kit", ""), ...Object.entries(this.grid.props.kit_labels).map(([name, label]) => new Option(label, name)));
		menu.addEventListener("change", () => this.#commit(withStrip(this.grid.doc, voice.name, { kit: menu.value }), null, `kit of ${voice.label.toLowerCase()}`));
		return menu;
	}

	#buildEffect(name) {
		const label = Object.assign(document.createElement("label"), { className: "knob", textContent: MixPanel.EFFECTS[name] });
		const input = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 1, step: 0.05, value: 0, ariaLabel: MixPanel.EFFECTS[name] });
		const output = Object.assign(document.createElement("output"), { ariaHidden: "true" });
		const change = (amount) => this.#commit(withEffect(this.grid.doc, name, amount), `mix ${name}`, name);
		input.addEventListener("input", () => change(Number(input.value)));
		input.addEventListener("dblclick", () => change(0));
		label.append(input, output);
		return { label, input, output };
	}

	#buildSlider(voice, kind) {
		const [min, max] = this.grid.props.strip_limits[kind];
		const { label: name, step } = MixPanel.KINDS[kind];
		const label = Object.assign(document.createElement("label"), { className: `knob ${kind}` });
		const input = Object.assign(document.createElement("input"), { type: "range", min, max, step, value: PLAIN_STRIP[kind], ariaLabel: `${name} of ${voice.label}` });
		const output = Object.assign(document.createElement("output"), { ariaHidden: "true" });
		const change = (value) => {
			const gesture = `mix ${voice.name} ${kind}`;
			this.#commit(withStrip(this.grid.doc, voice.name, { [kind]: value }), gesture, `${kind} of ${voice.label.toLowerCase()}`);
		};
		input.addEventListener("input", () => change(Number(input.value)));
		input.addEventListener("dblclick", () => change(PLAIN_STRIP[kind]));
		label.append(input, output);
		return { label, input, output };
	}

	/** Change the mix; where nothing changes, or a gesture such as a double-click ends where it began, there is nothing to undo. */
	#commit(doc, gesture, did) {
		const { grid } = this;
		if (!grid.doc || isSameMix(doc, grid.doc)) return;
		grid.commit(doc, gesture, did);
		if (gesture && isSameMix(doc, grid.history.past.at(-1))) grid.takeBack();
	}

	/** Give the focus to the first control in sight: a button that has reset all there was to reset is disabled, and loses it. */
	static #focusOn(part) {
		[...part.querySelectorAll("input, select, button")].find((control) => control.offsetParent)?.focus();
	}

	/** Show the mix of a groove. */
	show(doc) {
		const mixed = this.grid.voices.filter(({ name }, lane) => doc?.settings.mix?.voices?.[name] && lane < laneCount(doc)).length;
		const used = Object.entries(busOf(doc)).filter(([, amount]) => amount).map(([name]) => name);
		const words = [...(mixed ? [`${counted(mixed, "drum")} changed`] : []), ...used];
		this.words.textContent = words.join(", ") || "volume, pan, tuning, kit or sample of each drum, room and compressor";
		this.grid.parts["reset-mix"].disabled = !doc?.settings.mix;
		if (!this.panel.open || !doc) return;
		for (const [index, { voice, row, sliders, kit, slot, reset }] of this.strips.entries()) {
			const strip = stripOf(doc, voice.name);
			row.hidden = index >= laneCount(doc);
			if (![...kit.options].some(({ value }) => value === strip.kit)) kit.append(new Option(`${strip.kit} (not installed)`, strip.kit));
			kit.value = strip.kit;
			kit.hidden = slot.show(strip.sample);
			reset.disabled = !doc.settings.mix?.voices?.[voice.name];
			for (const [kind, slider] of Object.entries(sliders)) MixPanel.#showValue(slider, strip[kind], PLAIN_STRIP[kind], MixPanel.KINDS[kind].words);
		}
		for (const [name, amount] of Object.entries(busOf(doc))) {
			MixPanel.#showValue(this.effects[name], amount, 0, (value) => (value ? `${Math.round(100 * value)}%` : "off"));
		}
	}

	/** The bar of a slider reaches from the usual value to its own. */
	static #showValue({ input, output }, value, usual, inWords) {
		const share = (each) => (each - input.min) / (input.max - input.min);
		const ends = [share(usual), share(value)].sort((one, other) => one - other);
		input.value = value;
		input.ariaValueText = inWords(value);
		output.textContent = input.ariaValueText.replace(/semitones?$/, "st");
		for (const [index, name] of ["--from", "--to"].entries()) input.style.setProperty(name, ends[index]);
	}
}
