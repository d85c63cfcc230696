// Registers the service worker, and shows a line while the server cannot be reached.

(() => {
	const OFFLINE = "The server cannot be reached: generating and rendering sound need it. You can still see and edit the takes kept in this browser.";
	const RETRY = 3000; // ms between two looks whether the server is there again

	const root = new URL(`${window.gradio_config?.root || ""}/`, location.href).pathname;

	/** The line at the top of the page while the server cannot be reached. */
	const showState = (offline) => {
		document.documentElement.classList.toggle("offline", offline);
		document.querySelector("#offline")?.remove();
		if (!offline) return;
		const line = Object.assign(document.createElement("p"), { id: "offline", role: "status", textContent: OFFLINE });
		document.body.prepend(line);
	};

	const isThere = () => fetch(`${root}gradio_api/app_id`, { cache: "no-store" }).then((answer) => answer.ok, () => false);

	/** Show the line until the server answers. */
	const watchConnection = async () => {
		showState(true);
		while (!(await isThere())) {
			await new Promise((done) => {
				setTimeout(done, RETRY);
				addEventListener("online", done, { once: true });
			});
		}
		showState(false);
	};

	if (window.drummerOffline) watchConnection();
	addEventListener("offline", () => document.querySelector("#offline") || watchConnection());

	/** Register the worker, and let it cache what this page has loaded without it and what it still loads. */
	const register = async () => {
		await navigator.serviceWorker.register(`${root}service-worker.js`, { scope: root, updateViaCache: "none" });
		const { active } = await navigator.serviceWorker.ready;
		const tell = (list) => active.postMessage({ keep: list.getEntries().map(({ name }) => name) });
		new PerformanceObserver(tell).observe({ type: "resource", buffered: true });
	};

	if (!("serviceWorker" in navigator) || window.drummerOffline) return; // browsers have none without HTTPS
	performance.setResourceTimingBufferSize?.(1000);
	const begin = () => register().catch(() => {}); // a strict frame or a private window has none: the page works without
	addEventListener("load", () => (window.requestIdleCallback ?? setTimeout)(begin));
	if (document.readyState === "complete") begin();
})();
