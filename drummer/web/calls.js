// Calls of the page's functions whose answers come bar by bar, bypassing Gradio's client, whose overhead exceeds the time of the first
// bar. A call joins the same queue as all others. Each call has its own session, `<page session>.<number>`; `FairQueue` in
// drummer/web/fair_queue.py uses the part before the dot to identify the visit.

class Call {
	static #count = 0;

	/**
	 * name: of the function, as in Gradio's configuration; values: those of the widgets by their element ids.
	 * onPart: gets the outputs of each step; onRank: gets the number of requests that are served first.
	 */
	constructor(name, values, { onPart, onRank }) {
		const { dependencies, components } = window.gradio_config;
		const ids = new Map(components.map(({ id, props }) => [id, props.elem_id]));
		this.function = dependencies.find(({ api_name: known }) => known === name);
		this.data = this.function.inputs.map((id) => values[ids.get(id)] ?? null);
		this.session = `${window.drummerConnection.session}.${++Call.#count}`;
		Object.assign(this, { onPart, onRank, id: null, cancelled: false });
	}

	/** Make the call, and resolve when it is answered, or cancelled; an error holds a sentence for the user. */
	async run() {
		const reply = await this.#post("queue/join", { data: this.data, simple_format: true });
		const { event_id: id, detail } = await reply.json();
		if (!reply.ok) throw new Error(detail);
		this.id = id;
		if (this.cancelled) this.#cancel();
		const answer = await window.drummerConnection.open(Call.#address(`queue/data?session_hash=${this.session}`));
		if (!answer.ok) throw new Error(Call.#lost);
		const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
		for (let text = ""; ; ) {
			const { done, value } = await reader.read().catch(() => ({ done: true }));
			if (done) throw new Error(Call.#lost);
			const events = (text + value).split("\n\n");
			text = events.pop();
			if (events.some((event) => this.#receive(JSON.parse(event.slice("data:".length))))) return;
		}
	}

	/** Let the server stop after the bar that it is at; the call then ends. */
	cancel() {
		if (this.cancelled) return;
		this.cancelled = true;
		if (this.id) this.#cancel();
	}

	/** Handle a message; return whether it is the last one. */
	#receive({ msg, output, success, rank }) {
		if (msg === "estimation") this.onRank(rank);
		else if (msg === "process_generating") this.onPart(output.data);
		else if (msg === "unexpected_error") throw new Error(Call.#lost);
		else if (msg === "process_completed") {
			if (!success) throw new Error(output.error);
			return true;
		}
		return false;
	}

	#cancel() {
		this.#post("cancel", { event_id: this.id }).catch(() => {}); // without a connection the server notices itself
	}

	#post(route, body) {
		const whole = JSON.stringify({ ...body, fn_index: this.function.id, session_hash: this.session });
		const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: whole };
		return window.drummerConnection.send(Call.#address(route), options);
	}

	static get #lost() {
		return "the connection was lost: try again";
	}

	static #address(route) {
		const { root, api_prefix: prefix } = window.gradio_config;
		return `${root}${prefix}/${route}`;
	}
}
