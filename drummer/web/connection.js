// Makes Gradio's requests robust against a lost connection and against answers that overtake each other.
//
// A request without a connection is sent again until there is one. Gradio would reload the page, which stops the music and loses
// the click.
//
// The server replies to a request with an id (`/queue/join`) and sends the answers to all requests in one stream (`/queue/data`),
// which it closes after the last answer. Gradio's client does not handle two cases:
// - The server closes the stream just as another request arrives: the client never fetches that request's answer.
// - An answer arrives before the reply: the client opens another stream, for an answer that it already has, and the server
//   never closes that stream.
// So the client reads a stream that this script makes. It passes on the server's streams, one after the other, until every
// request is answered, and closes then.

(() => {
	const RETRY = 1000; // ms between two attempts to send a request
	const LOST = "Connection lost. Your request will continue once it is back";
	const CLOSE = { msg: "close_stream", event_id: null };
	const send = window.fetch;

	const pathOf = (resource) => new URL(resource.url ?? resource, location.href).pathname;

	/** Keeps track of the requests that the server has not answered yet. */
	class Unanswered {
		#joining = 0; // number of requests without a reply
		#ids = new Set(); // ids of requests with a reply and no answer
		#early = new Set(); // ids of requests whose answer may have come before the reply
		#waiting = []; // callbacks of `replies`

		get any() {
			return this.#joining > 0 || this.#ids.size > 0;
		}

		/** Send a request and store the id that its reply holds. */
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

		/** Expect no more answers: the connection is broken, and Gradio shows an error. */
		giveUp() {
			this.#ids.clear();
		}
	}

	const unanswered = new Unanswered();

	const write = (message) => new TextEncoder().encode(`data: ${JSON.stringify(message)}\n\n`);

	/** Pass the server's messages on until its stream ends, except `close_stream`; return whether that message came. */
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

	/** Return a stream of answers that stays open until every request is answered. */
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

	/** Wait until the next attempt is due or the browser is online again. */
	const waitToRetry = () =>
		new Promise((done) => {
			setTimeout(done, RETRY);
			window.addEventListener("online", done, { once: true });
		});

	/** Return whether the server is the one that the page came from. After a restart the page must be reloaded: functions may differ. */
	const isSameServer = async () => {
		const { root, api_prefix: prefix, app_id: id } = window.gradio_config;
		const answer = await send(`${root}${prefix}/app_id`);
		return answer.ok && (await answer.json()).app_id === id;
	};

	const inform = (words) => window.drummerPage.grid()?.inform(words);

	/** Send a request, again and again while there is no connection. */
	const sendUntilConnected = async (resource, options) => {
		for (let lost = false; ; lost = true) {
			try {
				if (lost && !(await isSameServer())) location.reload();
				const reply = await send(resource, options);
				if (lost) inform("");
				return reply;
			} catch (error) {
				if (options?.signal?.aborted || !(error instanceof TypeError)) throw error;
				inform(LOST);
				await waitToRetry();
			}
		}
	};

	window.fetch = (resource, options) => {
		const path = pathOf(resource);
		if (path.endsWith("/queue/data")) return openStream(resource, options);
		if (path.endsWith("/queue/join")) {
			connection.session = JSON.parse(options.body).session_hash;
			return unanswered.join(() => sendUntilConnected(resource, options));
		}
		return send(resource, options);
	};

	/** For calls.js: the visit's session, and functions for requests that bypass Gradio's client. */
	const connection = { session: "", send: sendUntilConnected, open: (resource) => send(resource) };
	window.drummerConnection = connection;
})();
