// Messages of the page itself, which look like Gradio's.

const COMPLAINT = 10000; // ms that a sentence is shown

/** Show a sentence in a corner of the page, below others, for a while or until it is closed; an equal one is replaced. */
function complain(sentence) {
	const message = Object.assign(document.createElement("div"), { className: "toast-body complaint", role: "alert" });
	const close = Object.assign(document.createElement("button"), { type: "button", className: "toast-close", textContent: "\u00d7", ariaLabel: "Close" });
	close.addEventListener("click", () => message.remove());
	message.append(Object.assign(document.createElement("p"), { textContent: sentence }), close);
	let corner = document.querySelector(".complaints");
	if (!corner) document.body.append((corner = Object.assign(document.createElement("div"), { className: "complaints" })));
	for (const shown of [...corner.children]) if (shown.querySelector("p").textContent === sentence) shown.remove();
	corner.append(message);
	setTimeout(() => message.remove(), COMPLAINT);
	return message;
}
