// Presets: a chip for each; a click plays it.

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
		this.receive();
	}

	#choose(index) {
		this.props.value = index;
		this.receive();
		this.trigger("choose");
	}

	/** Mark the preset that was chosen; null = the settings are another groove's. */
	receive() {
		[...this.root.children].forEach((chip, index) => (chip.ariaPressed = String(index === this.props.value)));
	}
}

const root = element.querySelector(".presets");
root.presets = new Presets(root, props, trigger); // where tests find it
watch("value", () => root.presets.receive());
