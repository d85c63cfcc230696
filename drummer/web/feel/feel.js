// How does it feel? While it is in sight it follows the groove; out of sight it sends no requests.

class Feel {
	static REST = 700; // ms without a change, after which the server compares
	static NARROW = 640; // pixels of this control, below which the picture's panels stand one below the other

	constructor(root, props, trigger) {
		Object.assign(this, { root, props, trigger });
		this.sentence = root.querySelector(".sentence");
		this.image = root.querySelector("img");
		this.inSight = false;
		this.compared = null; // inputs of the last request
		this.observers = [
			new IntersectionObserver((entries) => this.#see(entries.at(-1).isIntersecting)), // several, where panels unfold
			new ResizeObserver(() => this.follow()),
			new MutationObserver(() => this.follow()),
		];
		this.observers[0].observe(root);
		this.observers[1].observe(root);
		this.observers[2].observe(document.body, { attributeFilter: ["class"] });
		document.addEventListener("groove", () => this.follow());
	}

	#see(inSight) {
		this.inSight = inSight;
		this.follow();
	}

	get #look() {
		const theme = document.body.classList.contains("dark") ? "dark" : "light";
		return { theme, layout: this.root.clientWidth < Feel.NARROW ? "phone" : "wide" };
	}

	/** Inputs of the picture; a groove that has not changed is the same object. */
	get #wanted() {
		const { theme, layout } = this.#look;
		return [document.querySelector(".drum-grid")?.drumGrid?.doc, theme, layout];
	}

	/** Ask for a comparison once nothing has changed for a while. */
	follow() {
		clearTimeout(this.resting);
		if (!this.inSight || !this.#isStale()) return;
		this.root.classList.add("waiting");
		this.resting = setTimeout(() => {
			if (!this.inSight || !this.#isStale()) return;
			this.compared = this.#wanted;
			this.props.value = this.#look;
			this.trigger("compare");
		}, Feel.REST);
	}

	#isStale() {
		const wanted = this.#wanted;
		return Boolean(wanted[0]) && !(this.compared && wanted.every((part, index) => part === this.compared[index]));
	}

	/** The request has ended; without an answer it has failed, and may be repeated. */
	settle() {
		if (!this.root.classList.contains("waiting") || this.#isStale()) return;
		this.compared = null;
		this.root.classList.remove("waiting");
		this.sentence.textContent = "This groove could not be compared.";
		this.image.hidden = true;
	}

	receive() {
		const { sentence, picture, copied } = this.props.value ?? {};
		if (!sentence) return;
		this.sentence.textContent = sentence;
		this.image.hidden = !picture;
		this.image.src = picture;
		this.root.classList.toggle("copied", copied);
		this.root.classList.toggle("waiting", this.#isStale());
	}
}

const root = element.querySelector(".feel");
root.feel = new Feel(root, props, trigger); // where tests find it
watch("value", () => root.feel.receive());
