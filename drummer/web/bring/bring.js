// Bring your own: a MIDI file that is read here and understood by the server, or a rhythm that is tapped; looked at and played with.

class Bring {
	static EVERY = 0x8000; // bytes that are turned into text at once

	constructor(root, props, trigger) {
		Object.assign(this, { root, props, trigger });
		Meter.known = props.groupings;
		this.find = (selector) => root.querySelector(selector);
		this.painter = new Painter(this.find(".overview"), props.voices);
		this.picture = new Overview(this.find(".overview"));
		this.held = null; // the present file and its description, {name, content, shown}, or a tapped rhythm, {name, taps}
		this.question = null; // the request to read a file, running or next
		this.busy = false; // whether a request is running
		this.reading = 0; // number of the last request to read a file
		this.lengths = { file: "", taps: "8" }; // bars of a groove that follows either; a few taps are mostly repeated
		this.tapped = this.before = null; // the runs of the two rhythms that were tapped or held last
		this.replaced = null; // the run that a file takes the place of once it is read
		this.taps = new TapField(this.find(".tapping"), (run) => this.hold(run), (words) => this.say(words));
		this.#offer("map", props.maps);
		this.#offer("family", props.families);
		this.#offer("rhythm", props.rhythms);
		this.#listen();
	}

	set(name) {
		return this.find(`[data-set=${name}]`);
	}

	#offer(name, choices) {
		this.set(name).replaceChildren(...choices.map(([label, value]) => new Option(label, value)));
	}

	#listen() {
		const [input, drop] = [this.find("input"), this.find(".drop")];
		input.addEventListener("change", () => {
			this.open(input.files[0]);
			input.value = ""; // so that the same file may be chosen again
		});
		for (const kind of ["dragenter", "dragover"]) {
			this.root.addEventListener(kind, (event) => {
				if (!event.dataTransfer.types.includes("Files")) return;
				event.preventDefault();
				drop.classList.add("over");
			});
		}
		for (const kind of ["dragleave", "drop"]) this.root.addEventListener(kind, () => drop.classList.remove("over"));
		this.root.addEventListener("drop", (event) => {
			if (!event.dataTransfer.files.length) return;
			event.preventDefault();
			this.open(event.dataTransfer.files[0]);
		});
		for (const menu of ["map", "part"]) this.set(menu).addEventListener("change", () => this.held?.content && this.#ask("read", this.held));
		this.set("length").addEventListener("change", () => (this.lengths[this.#kind] = this.set("length").value));
		for (const button of this.root.querySelectorAll("[data-do]")) {
			button.addEventListener("click", () => this.#ask("act", this.held, button.dataset.do));
		}
		this.find(".back").addEventListener("click", () => {
			this.taps.cancel();
			this.hold(this.#earlier);
			if (this.find(".back").hidden) this.taps.button.focus({ preventScroll: true });
		});
		new ResizeObserver(() => this.draw()).observe(this.find(".overview"));
		new MutationObserver(() => this.draw()).observe(document.body, { attributeFilter: ["class"] });
	}

	/** Read a file; the one before is put away, so that nothing is done with it by mistake. */
	async open(file) {
		if (!file) return;
		const most = this.props.max_bytes;
		const turn = (this.turn = {});
		this.taps.cancel();
		this.#putAway();
		if (file.size > most) return this.#refuse(`${file.name} is too large: a MIDI file can have at most ${most / 1e6} MB`);
		this.say("");
		const content = await file.arrayBuffer().catch(() => null); // of a folder, or of a file that was moved
		if (turn !== this.turn) return; // another was chosen meanwhile
		if (!content) return this.#refuse(`${file.name} cannot be read: choose it again`);
		const bytes = new Uint8Array(content);
		let text = "";
		for (let start = 0; start < bytes.length; start += Bring.EVERY) {
			text += String.fromCharCode(...bytes.subarray(start, start + Bring.EVERY));
		}
		if (!text) return this.#refuse(`${file.name} is empty`);
		this.#ask("read", { name: file.name, content: btoa(text) });
	}

	/** Hold a rhythm that was tapped, in place of a file. */
	hold(run) {
		const { taps, bars, meter, groove: { bpm } } = run;
		this.say("");
		this.#putAway(run);
		this.turn = {}; // no file that is being read comes after it
		this.held = { name: "Tapped rhythm", taps: { taps, bars, bpm, meter: String(meter) } };
		if (run !== this.tapped) [this.tapped, this.before] = [run, this.tapped];
		this.replaced = run;
		this.#offer("part", [["the taps", ""]]);
		this.#reveal(`${counted(taps.length, "tap")} in ${counted(bars, "bar")} of ${meter}, ${meter.tempo(bpm)}`, false);
		this.find(".held").scrollIntoView({ block: "nearest" }); // on a phone it would be out of sight
	}

	get #kind() {
		return this.held?.taps ? "taps" : "file";
	}

	/** The run of a rhythm that was tapped and is not held any more, or null. */
	get #earlier() {
		return this.#kind === "taps" ? this.before : this.tapped;
	}

	/** Say why a file cannot be used. The rhythm that was held before comes back: it cannot be chosen again, as a file can. */
	#refuse(words) {
		if (this.replaced) this.hold(this.replaced);
		this.say(words);
	}

	/** Hold nothing or, once it is described, the rhythm of a run. */
	#putAway(run = null) {
		this.held = this.question = null;
		this.taps.hold(run);
		this.find(".held").hidden = true;
		this.#offer("part", []);
		this.#offerBack();
	}

	#offerBack() {
		const back = this.find(".back");
		back.hidden = !this.#earlier;
		back.textContent = this.#kind === "taps" ? "Use the other taps" : "Use the taps again";
	}

	/** The server could not read the file. */
	reject() {
		this.busy = false;
		if (this.question && this.question.reading !== this.sent) this.#send();
		else {
			this.#putAway();
			this.#refuse("");
		}
	}

	/** Ask the server about the latest file. Only one request runs at a time; `receive` sends the next. */
	#send() {
		this.busy = true;
		this.sent = this.question.reading;
		this.props.value = this.question;
		this.trigger("read");
	}

	#ask(event, { name, content, taps }, action = null) {
		const chosen = Object.fromEntries(["family", "rhythm"].map((each) => [each, this.set(each).value]));
		const [bars, part] = [action === "follow" ? "length" : "bars", "part"].map((each) => Number(this.set(each).value) || null);
		const value = { ...chosen, bars, part, drum_map: this.set("map").value, do: action };
		this.reading += event === "read";
		const question = { ...value, content, taps, reading: this.reading };
		if (event !== "read") {
			this.props.value = question;
			return this.trigger(event);
		}
		[this.asked, this.question] = [{ name, content }, question];
		if (!this.busy) this.#send();
	}

	/** Show the description of the file. */
	receive() {
		const { understood, drums, rhythm, parts, reading } = this.props.value ?? {};
		if (!understood) return;
		this.busy = false;
		if (!this.question) return; // put away meanwhile
		if (reading !== this.question.reading) return this.#send();
		const shown = fromValue(drums ?? rhythm, this.props.voices);
		this.held = { ...this.asked, shown };
		this.replaced = null;
		const { part } = this.question;
		this.#offer("part", parts);
		if (part) this.set("part").value = part;
		this.find(".overview").ariaLabel = `${drums ? "Drums" : "Rhythm"} of ${this.held.name}: ${shown.hits.length} hits`;
		this.#reveal(understood, Boolean(drums));
	}

	/** Show what is held, in words, and what can be done with it. */
	#reveal(understood, hasDrums) {
		this.find(".held").hidden = false;
		this.find(".understood strong").textContent = this.held.name;
		this.find(".understood span").textContent = understood;
		this.#offerBack();
		this.find(".overview").hidden = this.#kind === "taps"; // they are in sight above
		this.set("length").value = this.lengths[this.#kind];
		for (const part of this.root.querySelectorAll(".actions .drums")) part.hidden = !hasDrums;
		this.find("[data-do=follow]").classList.toggle("primary", !hasDrums);
		this.draw();
	}

	draw() {
		const canvas = this.find(".overview");
		if (!this.held?.shown || !canvas.clientWidth) return;
		this.painter.readTheme();
		this.picture.draw(this.held.shown, this.painter, null, null);
	}

	say(words) {
		this.find(".note").textContent = words;
	}
}

const root = element.querySelector(".bring");
root.bring = new Bring(root, props, trigger); // where tests find it
watch("value", () => root.bring.receive());
