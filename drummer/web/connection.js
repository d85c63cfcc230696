// Requests of Gradio, made robust against a lost connection.
//
// A request that finds no connection waits for one: Gradio would load the page again, which ends the music and loses the click.
//
// Answers come in a stream that the server closes once all is answered. Gradio's client breaks it off at the same moment, and the
// server then drops requests that came in meanwhile. So the server is left to close it.

(() => {
	const RETRY = 1000; // ms between two attempts
	const LOST = "The connection is lost. Your request continues when it is back";
	const send = window.fetch;

	const SETTLE = 60; // ms in which the news arrives that the server has closed a stream
	const LINGER = 2000; // ms after which a stream that the server has not closed is broken off
	const streams = new Set(); // of answers that are open

	const pathOf = (resource) => new URL(resource.url ?? resource, location.href).pathname;

	const pause = (time) => new Promise((done) => setTimeout(done, time));

	const sendForStream = (resource, options) => {
		const breaker = new AbortController();
		streams.add(breaker);
		options?.signal?.addEventListener("abort", () => {
			streams.delete(breaker);
			setTimeout(() => breaker.abort(), LINGER);
		});
		const answer = send(resource, { ...options, signal: breaker.signal });
		answer.catch(() => streams.delete(breaker));
		return answer;
	};

	/** Wait for a while, or until the browser is online again. */
	const rest = () => Promise.race([pause(RETRY), new Promise((done) => window.addEventListener("online", done, { once: true }))]);

	/** Whether the server is still the same; one that was restarted may have other functions, and the page must be reloaded. */
	const isSameServer = async () => {
		const { root, api_prefix: prefix, app_id: id } = window.gradio_config;
		const answer = await send(`${root}${prefix}/app_id`);
		return answer.ok && (await answer.json()).app_id === id;
	};

	const tell = (words) => document.querySelector(".drum-grid")?.drumGrid?.inform(words);

	window.fetch = async (resource, options) => {
		const path = pathOf(resource);
		if (path.endsWith("/queue/data")) return sendForStream(resource, options);
		if (!path.endsWith("/queue/join")) return send(resource, options);
		for (let lost = false; ; lost = true) {
			try {
				if (lost && !(await isSameServer())) location.reload();
				const answer = await send(resource, options);
				if (lost) tell("");
				// The server closes a stream once all is answered; Gradio's client must know of that before it counts on it.
				if (streams.size) await pause(SETTLE);
				return answer;
			} catch (error) {
				if (options?.signal?.aborted || !(error instanceof TypeError)) throw error;
				tell(LOST);
				await rest();
			}
		}
	};
})();
