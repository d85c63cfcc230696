// How does it feel?: a picture and a sentence.

class Feel extends GroovePicture {
	static NARROW = 640; // pixels of this control, below which the picture's panels stand one below the other

	failure = "This groove could not be compared.";

	constructor(root, props, trigger) {
		super(root, props, trigger, { sentence: ".sentence", event: "compare", rest: 700 });
	}

	get look() {
		return { theme: this.theme, layout: this.root.clientWidth < Feel.NARROW ? "phone" : "wide" };
	}

	show(value) {
		super.show(value);
		if ("copied" in value) this.root.classList.toggle("copied", value.copied);
	}
}

const root = element.querySelector(".feel");
root.feel = new Feel(root, props, trigger); // where tests find it
watch("value", () => root.feel.receive());
