// Lets Escape close Gradio's list of endpoints, which knows only the mouse, and give the focus back to the link that opens it.
// The list lies over the page: what is open below it stays, and the page stays where it is.

document.addEventListener(
	"keydown",
	(event) => {
		const behind = document.querySelector(".api-docs .backdrop");
		if (event.key !== "Escape" || !behind) return;
		event.stopPropagation();
		behind.click(); // closes it
		document.querySelector("#foot a").focus({ preventScroll: true });
	},
	true,
);
