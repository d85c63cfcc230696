// What the grid requests from the server: new grooves, grooves made of the one that is shown, and files of an edited one.

class Requests {
	static NOTIFY_AFTER = 180; // ms without an edit or a change of a control, after which the server is asked

	constructor(grid) {
		this.grid = grid;
		this.paces = new Paces();
		this.autoplay = false; // whether the next groove is to be played
		this.pending = 0; // number of requests for new grooves that have not ended
		this.again = false; // whether another one is to follow, in its place
		this.later = false; // whether the groove is to be generated again once it is there
	}

	/** Request a groove made of the one that is shown; `action` is the name of the event. */
	ask(action) {
		const { grid } = this;
		if (!grid.doc) return;
		this.expect();
		const back = this.paces.back(action, grid.doc);
		if (back) return grid.goBack(back);
		this.paces.expect(action, grid.doc);
		const seed = Math.floor(Math.random() * grid.props.dice_sides);
		grid.send({ ...grid.value, ask: { seed, bar: grid.bar, bars: Number(grid.parts.more.value) } });
		grid.trigger(action);
	}

	/** Whether a new groove is on its way. */
	get generating() {
		return this.pending > 0;
	}

	/** Request a new groove. Of several quick requests only the last is shown: it stops the others. */
	generate() {
		this.paces.expect(null);
		this.again = this.generating;
		if (this.again) return this.grid.stream.replace();
		this.pending++;
		this.grid.trigger("generate");
	}

	/** A song is about to be requested; a groove that is on its way ends with the bars that it has. */
	expectSong() {
		this.expect();
		if (this.generating) this.grid.stream.cancel();
		this.pending++;
	}

	/** A request for a new groove has ended, with a groove, an error or because it was stopped. */
	settle() {
		this.pending--;
		this.grid.stream.settle(!this.again);
		if (this.generating) return;
		if (this.later) this.regenerate();
		if (!this.again) return;
		this.grid.ignoreAnswer();
		this.again = false;
		this.generate();
	}

	/** Generate the groove again after the last of several quick changes of controls; one that was edited by hand stays. */
	regenerate() {
		clearTimeout(this.directing);
		this.directing = setTimeout(() => {
			const { doc } = this.grid;
			this.later = this.generating; // what is on its way comes first
			if (this.later) return;
			if (doc && !doc.handmade) {
				this.pending++;
				this.grid.trigger("regenerate");
			} else this.grid.inform("Edited by hand: press Generate or Re-roll to use the new settings");
		}, Requests.NOTIFY_AFTER);
	}

	/** Send the groove to the server after the last of several quick changes. */
	notify() {
		clearTimeout(this.notifying);
		this.notifying = setTimeout(() => this.grid.stream.lacks(this.grid.doc) || this.grid.trigger("edit"), Requests.NOTIFY_AFTER);
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
