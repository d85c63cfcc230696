// Replaces the seconds of Gradio's progress by words: that something is being made, or the place in the queue. See styles/widgets.css.

(() => {
	const inWords = (text) => {
		const place = text.match(/(\d+)\/(\d+)/);
		return place ? `In the queue: ${place[1]} of ${place[2]}` : "Working\u2026";
	};

	const observer = new MutationObserver(() => {
		for (const part of document.querySelectorAll("#roll .progress-text")) {
			const words = inWords(part.textContent);
			if (part.dataset.words !== words) part.dataset.words = words;
		}
		const waits = document.querySelector("#roll .progress-text") && !document.querySelector("#roll .progress-bar");
		document.documentElement.classList.toggle("waiting-for-server", Boolean(waits));
	});
	document.addEventListener("shown", () => observer.observe(document.querySelector("#roll"), { childList: true, characterData: true, subtree: true }), { once: true });
})();
