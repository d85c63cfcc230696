// Counts what the page has still to do: timers that debounce or defer, and requests of the server's functions. A stream of
// answers is open until the server has sent the last. `settled` resolves once nothing has been left to do for some frames; where
// all that is left are timers, it lets the next of them end at once.

(() => {
	const SHORTEST = 50, LONGEST = 1500; // ms; shorter timers end within the frames below, longer ones are Gradio's messages
	const FRAMES = 4;
	const timers = new Map(), streams = new Set();
	let asking = 0, changes = 0;
	const { setTimeout: set, clearTimeout: clear, fetch: send } = window;
	const forget = (id) => timers.delete(id) && changes++;
	const end = (id) => {
		const { act } = timers.get(id);
		clear(id);
		forget(id);
		act();
	};
	const endNext = () => end([...timers].reduce((first, each) => (each[1].due < first[1].due ? each : first))[0]);
	window.setTimeout = (act, delay = 0, ...values) => {
		if (typeof act !== "function" || !(delay >= SHORTEST && delay <= LONGEST)) return set(act, delay, ...values);
		const id = set(() => end(id), delay);
		timers.set(id, { act: () => act(...values), due: performance.now() + delay });
		changes++;
		return id;
	};
	window.clearTimeout = (id) => { forget(id); clear(id); };
	const follow = async (stream) => {
		const reader = stream.getReader();
		streams.add(reader);
		try { while (!(await reader.read()).done) changes++; } catch { /* broken off */ }
		streams.delete(reader);
		changes++;
	};
	window.fetch = async (resource, options) => {
		const { pathname } = new URL(resource.url ?? resource, location.href);
		if (!pathname.includes("/queue/")) return send(resource, options);
		asking++;
		changes++;
		try {
			const answer = await send(resource, options);
			if (!pathname.endsWith("/queue/data") || !answer.body) return answer;
			const [ours, theirs] = answer.body.tee();
			follow(ours);
			return new Response(theirs, answer);
		} finally {
			asking--;
			changes++;
		}
	};
	const frame = () => new Promise((done) => requestAnimationFrame(() => set(done)));

	window.unsettled = () => ({ timers: timers.size, asking, streams: streams.size, changes });

	window.settled = async () => {
		for (let calm = 0, seen = changes; calm < FRAMES || timers.size; ) {
			await frame();
			calm = seen === changes && !asking && !streams.size ? calm + 1 : 0;
			if (calm >= FRAMES && timers.size) {
				endNext();
				calm = 0;
			}
			seen = changes;
		}
	};
})();
