// A picture of the groove that the server draws, or the numbers for one. It follows the groove while it is in sight; out of sight it
// sends no requests.

class GroovePicture {
	/**
	 * @param sentence The element for a sentence about the picture, or for one that is shown instead of it.
	 * @param event The event that requests a picture, with `look` as value.
	 * @param rest Milliseconds without a change, after which it is requested.
	 */
	constructor(root, props, trigger, { sentence, event, rest }) {
		Object.assign(this, { root, props, trigger, event, rest });
		this.sentence = root.querySelector(sentence);
		this.image = root.querySelector("img");
		this.inSight = false;
		this.drawn = null; // inputs of the last request
		this.asking = false; // whether the last request has no answer yet; the answer replaces the value of the request
		this.observers = [
			new IntersectionObserver((entries) => this.#see(entries.at(-1).isIntersecting)), // there are several entries while a panel unfolds
			new ResizeObserver(() => this.follow()),
			new MutationObserver(() => this.follow()),
		];
		this.observers[0].observe(root);
		this.observers[1].observe(root);
		this.observers[2].observe(document.body, { attributeFilter: ["class"] });
		document.addEventListener("groove", () => this.follow());
	}

	get theme() {
		return document.body.classList.contains("dark") ? "dark" : "light";
	}

	#see(inSight) {
		this.inSight = inSight;
		this.follow();
	}

	/** Inputs of the picture; a groove that has not changed is the same object. */
	get #wanted() {
		return [window.drummerPage.grid()?.doc, ...Object.values(this.look)];
	}

	/** Ask for a picture once nothing has changed for a while. */
	follow() {
		clearTimeout(this.resting);
		if (!this.inSight || !this.#isStale()) return;
		this.root.classList.add("waiting");
		this.resting = setTimeout(() => {
			if (!this.inSight || !this.#isStale() || this.asking) return;
			this.asking = true;
			this.drawn = this.#wanted;
			this.props.value = this.look;
			this.trigger(this.event);
		}, this.rest);
	}

	#isStale() {
		const wanted = this.#wanted;
		return Boolean(wanted[0]) && !(this.drawn && wanted.every((part, index) => part === this.drawn[index]));
	}

	/** The request has ended; if it brought no answer, it has failed and may be repeated. */
	settle() {
		this.asking = false;
		this.follow();
		if (!this.root.classList.contains("waiting") || this.#isStale()) return;
		this.drawn = null;
		this.root.classList.remove("waiting");
		this.show({ sentence: this.failure });
	}

	/** An answer has come, or the value of the request itself. */
	receive() {
		const value = this.props.value ?? {};
		if (!value.sentence && !value.picture) return;
		this.asking = false;
		this.show(value);
		this.root.classList.toggle("waiting", this.#isStale());
		this.follow();
	}

	say(sentence) {
		this.sentence.textContent = sentence ?? "";
		this.sentence.hidden = !sentence;
	}

	show({ sentence, picture }) {
		this.say(sentence);
		this.image.hidden = !picture;
		if (picture) this.image.src = picture;
	}
}
