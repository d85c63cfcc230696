// Requests of Gradio, made robust against a lost connection and against answers that overtake each other.
//
// A request that finds no connection waits for one: Gradio would load the page again, which ends the music and loses the click.
//
// The server takes a request, replies with its id (`/queue/join`), and sends its messages in a stream (`/queue/data`), one for all requests,
// which it closes once all are answered. Gradio's client counts on an open stream: where the server closes it at the moment that
// another request comes, the answer to that one is never fetched. And where the answer comes before the reply, the client opens a stream
// for an answer that it has, and the server leaves it open. So the client gets a stream of this script: it is continued
// from the server until each request is answered, and closed only then.

(() => {
	const RETRY = 1000; // ms between two attempts
	const LOST = "The connection is lost. Your request continues when it is back";
	const CLOSE = { msg: "close_stream", event_id: null };
	const send = window.fetch;

	const pathOf = (resource) => new URL(resource.url ?? resource, location.href).pathname;

	/** The requests that the server has still to answer. */
	class Unanswered {
		#joining = 0; // requests without a reply
		#ids = new Set(); // requests with a reply, without an answer
		#early = new Set(); // requests with an answer, perhaps without a reply
		#waiting = []; // for all replies

		get any() {
			return this.#joining > 0 || this.#ids.size > 0;
		}

		/** Make a request, and learn its id from the reply. */
		async join(request) {
			this.#joining++;
			try {
				const reply = await request();
				const { event_id: id } = reply.ok ? await reply.clone().json() : {};
				if (id && !this.#early.has(id)) this.#ids.add(id);
				return reply;
			} finally {
				if (!--this.#joining) this.#allReplied();
			}
		}

		#allReplied() {
			this.#early.clear();
			for (const done of this.#waiting.splice(0)) done();
		}

		answer(id) {
			if (!this.#ids.delete(id) && this.#joining) this.#early.add(id);
		}

		/** Resolve once every request has its reply. */
		async replies() {
			if (this.#joining) await new Promise((done) => this.#waiting.push(done));
		}

		/** The connection is broken: Gradio tells the user, and expects no more answers. */
		giveUp() {
			this.#ids.clear();
		}
	}

	const unanswered = new Unanswered();

	const write = (message) => new TextEncoder().encode(`data: ${JSON.stringify(message)}\n\n`);

	/** Pass the server's messages on, except that it closes the stream; then whether it did. */
	const passOn = async (answer, controller) => {
		const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
		let closed = false;
		for (let text = ""; ; ) {
			const { done, value } = await reader.read();
			if (done) return closed;
			const events = (text + value).split("\n\n");
			text = events.pop();
			for (const event of events) {
				const message = JSON.parse(event.slice("data:".length));
				if (message.msg === "process_completed") unanswered.answer(message.event_id);
				if (message.msg === CLOSE.msg) closed = true;
				else controller.enqueue(write(message));
			}
		}
	};

	/** Request the stream of answers: one that lasts until every request is answered. */
	const openStream = async (resource, options) => {
		const breaker = new AbortController();
		const request = () => send(resource, { ...options, signal: breaker.signal });
		const first = unanswered.any ? await request() : null;
		if (first && !first.ok) return first;

		const follow = async (controller) => {
			for (let answer = first; answer; ) {
				const closed = await passOn(answer, controller);
				if (!closed) return unanswered.giveUp();
				await unanswered.replies();
				answer = unanswered.any ? await request() : null;
				if (answer && !answer.ok) throw new TypeError(`The server closed the stream of answers: ${answer.status}`);
			}
			controller.enqueue(write(CLOSE));
		};
		const start = (controller) => {
			const fail = (error) => {
				unanswered.giveUp();
				controller.error(error);
			};
			follow(controller).then(() => controller.close(), fail);
		};
		const body = new ReadableStream({ start, cancel: () => breaker.abort() });
		return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
	};

	/** Wait for a while, or until the browser is online again. */
	const rest = () =>
		new Promise((done) => {
			setTimeout(done, RETRY);
			window.addEventListener("online", done, { once: true });
		});

	/** Whether the server is still the same; one that was restarted may have other functions, and the page must be reloaded. */
	const isSameServer = async () => {
		const { root, api_prefix: prefix, app_id: id } = window.gradio_config;
		const answer = await send(`${root}${prefix}/app_id`);
		return answer.ok && (await answer.json()).app_id === id;
	};

	const tell = (words) => document.querySelector(".drum-grid")?.drumGrid?.inform(words);

	/** Request again until there is a connection. */
	const insist = async (resource, options) => {
		for (let lost = false; ; lost = true) {
			try {
				if (lost && !(await isSameServer())) location.reload();
				const reply = await send(resource, options);
				if (lost) tell("");
				return reply;
			} catch (error) {
				if (options?.signal?.aborted || !(error instanceof TypeError)) throw error;
				tell(LOST);
				await rest();
			}
		}
	};

	window.fetch = (resource, options) => {
		const path = pathOf(resource);
		if (path.endsWith("/queue/data")) return openStream(resource, options);
		if (path.endsWith("/queue/join")) return unanswered.join(() => insist(resource, options));
		return send(resource, options);
	};
})();
