// Presets: one chip each; a click plays it. The chip of the groove that is shown is marked, wherever the groove came from.

class Presets {
	constructor(root, props, trigger) {
		Object.assign(this, { root, props, trigger });
		root.replaceChildren(
			...props.presets.map(({ name, about }, index) => {
				const chip = Object.assign(document.createElement("button"), { type: "button", textContent: name, title: about });
				chip.addEventListener("click", () => this.#choose(index));
				return chip;
			}),
		);
		const shown = window.drummerPage.grid()?.doc; // for a grid that was made before this control
		this.#mark(shown ? window.drummerPage.presetOf(shown) : null);
		document.addEventListener("groove", ({ detail }) => this.#mark(window.drummerPage.presetOf(detail)));
	}

	#choose(index) {
		this.props.value = index;
		this.trigger("choose");
	}

	#mark(marked) {
		[...this.root.children].forEach((chip, index) => (chip.ariaPressed = String(index === marked)));
	}
}

const root = element.querySelector(".presets");
root.presets = new Presets(root, props, trigger); // where tests find it
