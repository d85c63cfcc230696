// Service worker: opens the page without a connection. The server puts its version, a hash of the shell, in front of this file.
//
// - The page is taken from the network, and from the cache only where there is no connection: no update of the app is missed.
// - Gradio's scripts and styles have a hash in their names, so those in the cache are always right. Other static files come from
//   the network first.
// - Everything else (calls, downloads, recordings of kits) is left to the browser and never cached.
// - Another version of the shell has a cache of its own; the old one is deleted.

const SHELL = "drummer-shell-";
const CACHE = `${SHELL}${registration.scope}-${VERSION}`; // caches belong to the whole origin, on which there may be another app
const SCOPE = new URL(registration.scope);
const HASHED = /^(?:static\/)?assets\/[^/]+-[\w-]{8}\.(?:js|css|woff2?)$/;
const STATIC = /^(?:(?:static\/)?assets\/|static\/|theme\.css$|favicon\.ico$|manifest\.json$|icons\/)/;
const NO_CONNECTION = "<!doctype html><meta charset=utf-8><meta name=viewport content=width=device-width><title>Drummer</title>" +
	"<p style='font:1rem system-ui;margin:2rem'>You are offline, and this browser has not kept the page yet: open it once with a connection.";

/** The path below the scope, or null for another origin or app. */
const pathOf = (url) => (url.origin === SCOPE.origin && url.pathname.startsWith(SCOPE.pathname) ? url.pathname.slice(SCOPE.pathname.length) : null);

const keep = async (key, answer) => {
	if (!answer.ok || answer.redirected) return;
	const cache = await caches.open(CACHE);
	await cache.put(key, answer);
};

/** The page from the network; without a connection the one in the cache, with `drummerOffline` set. */
async function openPage(event) {
	try {
		const answer = await fetch(event.request);
		if (answer.headers.get("content-type")?.startsWith("text/html")) event.waitUntil(keep(SCOPE.href, answer.clone()));
		return answer;
	} catch {
		const kept = await (await caches.open(CACHE)).match(SCOPE.href);
		const page = kept ? (await kept.text()).replace("<head>", "<head><script>window.drummerOffline = true;</script>") : NO_CONNECTION;
		return new Response(page, { headers: { "Content-Type": "text/html; charset=utf-8" } });
	}
}

async function openFile(event, isHashed) {
	const { request } = event;
	const cache = await caches.open(CACHE);
	const kept = await cache.match(request);
	if (kept && isHashed) return kept;
	try {
		const answer = await fetch(request);
		event.waitUntil(keep(request, answer.clone()));
		return answer;
	} catch (error) {
		if (kept) return kept;
		throw error;
	}
}

/** Cache what the first visit loaded before this worker existed. */
async function keepAll(addresses) {
	const cache = await caches.open(CACHE);
	const wanted = addresses.filter((address) => STATIC.test(pathOf(new URL(address)) ?? ""));
	const missing = async (address) => (await cache.match(address)) || keep(address, await fetch(address));
	await Promise.allSettled([SCOPE.href, ...wanted].map(missing));
}

addEventListener("install", () => skipWaiting());

addEventListener("activate", (event) => {
	const clean = async () => {
		const old = (await caches.keys()).filter((name) => name.startsWith(`${SHELL}${registration.scope}-`) && name !== CACHE);
		await Promise.all(old.map((name) => caches.delete(name)));
		await clients.claim();
	};
	event.waitUntil(clean());
});

addEventListener("message", (event) => {
	if (event.data?.keep) event.waitUntil(keepAll(event.data.keep));
});

addEventListener("fetch", (event) => {
	const { request } = event;
	const path = pathOf(new URL(request.url));
	if (request.method !== "GET" || path === null) return;
	if (path === "" && request.mode === "navigate") event.respondWith(openPage(event));
	else if (STATIC.test(path)) event.respondWith(openFile(event, HASHED.test(path)));
});
