// Shows the frame of the page from the first paint on, and replaces it by the page once Gradio has built all of it. Gradio builds the
// page part by part, and each part would push others away.

(() => {
	const PARTS = [
		"#presets .presets button", "#genre input", "#style input", "#about-style p", "#pad .field", "#steady input", "#steady-auto input",
		"#tempo input", "#tempo-auto input", "#generate", "#more-settings > button", "#swing input", "#human input", "#midi", "#open",
		"#more-formats > button", "#feel > button", "#foot a",
	]; // elements that take up room in the first view
	const LATEST = 10000; // ms after which the page is shown, whatever is missing
	const { classList } = document.documentElement;
	const theme = new URLSearchParams(location.search).get("__theme");
	const prefersDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
	classList.toggle("night", theme ? theme === "dark" : prefersDark);
	classList.add("starting");

	let looking = null; // the request to look again in the next frame
	const show = () => {
		cancelAnimationFrame(looking);
		clearTimeout(waiting);
		classList.remove("starting");
		document.querySelector("#first-paint")?.remove();
		document.dispatchEvent(new CustomEvent("shown"));
	};

	const isBuilt = () => document.querySelector(".drum-grid")?.drumGrid && PARTS.every((part) => document.querySelector(part));

	const look = () => {
		if (isBuilt()) show();
		else looking = requestAnimationFrame(look);
	};
	const waiting = setTimeout(show, LATEST);
	look();

	/** Show the list of endpoints over the page, with Gradio's own button, which is hidden. */
	const showApi = () => document.querySelector("footer .show-api")?.click();
	const isAddressed = () => new URLSearchParams(location.search).get("view") === "api";
	document.addEventListener("shown", () => {
		if (!isAddressed()) return;
		showApi(); // Gradio takes the list for open, but has not loaded it: this closes it
		requestAnimationFrame(() => isAddressed() || showApi());
	});
	document.addEventListener("click", (event) => {
		if (!event.target.closest?.("#foot a") || event.ctrlKey || event.metaKey || event.shiftKey) return;
		event.preventDefault(); // the music plays on
		showApi();
	});
})();
