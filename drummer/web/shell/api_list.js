// Lets Escape close Gradio's list of endpoints, which knows only the mouse, and give the focus back to the link that opens it.

document.addEventListener("keydown", (event) => {
	const behind = document.querySelector(".api-docs .backdrop");
	if (event.key !== "Escape" || !behind) return;
	behind.click(); // closes it
	document.querySelector("#foot a").focus();
});
