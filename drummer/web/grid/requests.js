// Requests of the grid to the server: new grooves, grooves made of the one that is shown, and files of an edited one.

class Requests {
	static NOTIFY_AFTER = 180; // ms without an edit or a change of a control, after which a request is sent

	constructor(grid) {
		this.grid = grid;
		this.timeScaling = new TimeScalingHistory();
		this.autoplay = false; // whether the next groove is to be played
		this.call = null; // the request for a new groove that is on its way
		this.queueShown = false; // whether the page says how many requests are served first
		this.next = null; // function and values of the request that replaces it
		this.regenerateLater = false; // whether the groove is to be generated again once all its bars have come
		this.labels = null; // of what was requested: {did, note}, see Edits.ofRequest
	}

	/** Request a groove made of the one that is shown; `action` is the name of the event. */
	ask(action) {
		const { grid } = this;
		if (!grid.doc) return;
		this.expect();
		const back = this.timeScaling.back(action, grid.doc);
		if (back) return grid.goBack(back);
		this.timeScaling.expect(action, grid.doc);
		this.labels = Edits.ofRequest(action, grid.bar, Number(grid.parts.more.value));
		const seed = Math.floor(Math.random() * grid.props.dice_sides);
		grid.send({ ...grid.value, ask: { seed, bar: grid.bar, bars: Number(grid.parts.more.value) } });
		grid.trigger(action);
	}

	/** Return, once, the labels of a groove that has come: {did, note}, as of Edits.ofRequest. */
	consumeLabels(doc) {
		const { labels } = this;
		this.labels = null;
		if (doc.opened) return Edits.ofFile(doc.opened, doc.seed);
		return (doc.edited && labels) || { did: doc.edited ? "new groove" : "generate", note: "" };
	}

	/** Whether a new groove is on its way. */
	get generating() {
		return this.call !== null;
	}

	/** Request a new groove with a function of the server. Of several quick requests only the last is shown: it stops the others. */
	async generate(name, values) {
		const { stream } = this.grid;
		this.timeScaling.expect(null);
		this.labels = null;
		this.regenerateLater = false;
		if (this.call) {
			this.next = [name, values];
			stream.replace();
			return this.call.cancel();
		}
		const onPart = ([value, file]) => {
			if (this.next) return;
			this.#showRank(0);
			stream.receive(value, file);
		};
		const onRank = (rank) => this.next || this.#showRank(rank);
		stream.showProgress(0);
		this.call = new Call(name, values, { onPart, onRank });
		this.grid.showState();
		try {
			await this.call.run();
		} catch (error) {
			if (!this.next) window.drummerPage.complain(error.message);
		}
		const [{ cancelled }, next] = [this.call, this.next];
		this.call = this.next = null;
		if (next) return this.generate(...next);
		this.autoplay &&= stream.started; // nothing has come that could be played
		stream.settle(cancelled);
		this.grid.showState();
		if (this.regenerateLater) this.regenerate();
	}

	/** Say how many requests are served first; with none ahead nothing is said. */
	#showRank(rank) {
		if (rank === 0 && !this.queueShown) return;
		this.queueShown = rank > 0;
		this.grid.inform(rank === 0 ? "" : `In the queue: ${rank} ${rank === 1 ? "request" : "requests"} ahead of yours`);
	}

	/** Stop what is being generated. */
	cancel() {
		this.next = null;
		this.call?.cancel();
	}

	/**
	 * Generate the groove again after the last of several quick changes of controls. One that was edited by hand stays, and so does
	 * one with locked bars.
	 */
	regenerate() {
		clearTimeout(this.directing);
		this.directing = setTimeout(() => {
			const { doc, stream } = this.grid;
			if (!doc) return;
			this.regenerateLater = this.generating && stream.started; // a groove that has begun to sound is finished first
			if (this.regenerateLater) return;
			if (lockedBars(doc).length) this.grid.inform("Some bars are locked: press Re-roll to use the new settings in the others");
			else if (!doc.handmade) this.grid.trigger("regenerate");
			else {
				const why = doc.edited ? "This groove has been changed" : "Your own groove";
				this.grid.inform(`${why}: press Generate or Re-roll to use the new settings`);
			}
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

	/** Return, once, whether the groove that has come is to be played. */
	consumeAutoplay() {
		const { autoplay } = this;
		this.autoplay = false;
		return autoplay;
	}
}
