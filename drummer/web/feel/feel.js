// How does it feel?: a chart and a sentence.

class Feel extends GroovePicture {
	failure = "This groove could not be compared.";

	constructor(root, props, trigger) {
		super(root, props, trigger, { sentence: ".sentence", event: "compare", rest: 700 });
	}

	/** The chart follows theme and width by itself. */
	get look() {
		return {};
	}

	show({ sentence, chart, copied }) {
		this.say(sentence);
		this.root.querySelector(".chart")?.remove();
		if (chart) this.root.append(new FeelChart(chart).element);
		if (copied !== undefined) this.root.classList.toggle("copied", copied);
	}
}

const root = element.querySelector(".feel");
root.feel = new Feel(root, props, trigger); // where tests find it
watch("value", () => root.feel.receive());
