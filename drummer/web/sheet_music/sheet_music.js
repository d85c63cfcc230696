// Sheet music: the groove as a drum part.

class SheetMusic extends GroovePicture {
	static STEP = 20; // pixels; a width that changes by less asks for no other picture

	failure = "The part could not be drawn.";

	constructor(root, props, trigger) {
		super(root, props, trigger, { sentence: ".said", event: "engrave", rest: 400 });
	}

	get look() {
		return { theme: this.theme, width: Math.floor(this.root.clientWidth / SheetMusic.STEP) * SheetMusic.STEP };
	}

	show(value) {
		super.show(value);
		if (!value.picture) return;
		const { bars, meter, bpm } = this.drawn[0];
		this.image.alt = `The groove as a drum part: ${bars} ${bars === 1 ? "bar" : "bars"} of ${meter}, ${Math.round(bpm)} BPM`;
	}
}

const root = element.querySelector(".sheet-music");
root.sheetMusic = new SheetMusic(root, props, trigger); // where tests find it
watch("value", () => root.sheetMusic.receive());
