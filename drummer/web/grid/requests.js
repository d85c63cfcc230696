// What the grid requests from the server: new grooves, grooves made of the one that is shown, and files of an edited one.

class Requests {
	static NOTIFY_AFTER = 180; // ms without an edit or a change of a control, after which the server is asked

	constructor(grid) {
		this.grid = grid;
		this.paces = new Paces();
		this.autoplay = false; // whether the next groove is to be played
		this.generating = false; // whether a new groove is on its way
		this.again = false; // whether another one is to follow, in its place
		this.words = null; // what is asked for, in words: {did, note}
	}

	/** Request a groove made of the one that is shown; `action` is the name of the event. */
	ask(action) {
		const { grid } = this;
		if (!grid.doc) return;
		this.expect();
		const back = this.paces.back(action, grid.doc);
		if (back) return grid.goBack(back);
		this.paces.expect(action, grid.doc);
		const details = [action, grid.bar, Number(grid.parts.more.value)];
		this.words = { did: Edits.ofRequests(...details), note: Takes.noteOf(...details) };
		const seed = Math.floor(Math.random() * grid.props.dice_sides);
		grid.send({ ...grid.value, ask: { seed, bar: grid.bar, bars: Number(grid.parts.more.value) } });
		grid.trigger(action);
	}

	/** Request a new groove. Of several quick requests only the last is shown; the answers to the others are ignored. */
	generate() {
		this.paces.expect(null);
		this.words = null;
		this.again = this.generating;
		this.generating = true;
		if (!this.again) this.grid.trigger("generate");
	}

	/** Tell, once, in words what has made a groove that has come: {did, note}, for undo and for the title of its take. */
	takeWords(doc) {
		const { words } = this;
		this.words = null;
		if (doc.opened) return { did: "open groove", note: doc.seed == null ? "opened" : "" };
		return (doc.edited && words) || { did: doc.edited ? "new groove" : "generate", note: "" };
	}

	/** The request for a new groove has ended, with a groove or an error. */
	settle() {
		this.generating = false;
		if (!this.again) return;
		this.grid.ignoreAnswer();
		this.again = false;
		this.generate();
	}

	/**
	 * Generate the groove again after the last of several quick changes of controls. One that was edited by hand stays, and so does
	 * one with locked bars.
	 */
	regenerate() {
		clearTimeout(this.directing);
		this.directing = setTimeout(() => {
			const { doc } = this.grid;
			if (doc && lockedBars(doc).length) this.grid.inform("Some bars are locked: press Re-roll to use the new settings in the others");
			else if (doc && !doc.handmade) this.grid.trigger("regenerate");
			else {
				const why = doc?.edited ? "Edited by hand" : "Your own groove";
				this.grid.inform(`${why}: press Generate or Re-roll to use the new settings`);
			}
		}, Requests.NOTIFY_AFTER);
	}

	/** Send the groove to the server after the last of several quick changes. */
	notify() {
		clearTimeout(this.notifying);
		this.notifying = setTimeout(() => this.grid.trigger("edit"), Requests.NOTIFY_AFTER);
	}

	/** Get ready to play the groove that the server is about to send; called in a click, or the browser does not allow it. */
	expect() {
		this.autoplay = this.grid.transport.hasSound;
		this.grid.transport.wake();
	}

	/** Tell, once, whether the groove that has come is to be played. */
	takeAutoplay() {
		const { autoplay } = this;
		this.autoplay = false;
		return autoplay;
	}
}
