// Number fields of the settings: one that is emptied keeps the number that it had, where Gradio would read it as the least one.

(() => {
	const FIELDS = ":is(#controls, #directions) input[type=number]";
	const ENDS = ["Enter", "ArrowUp", "ArrowDown"]; // keys that use the number
	const edited = new WeakMap(); // by field: its number from before it is edited, and whether Gradio has read another one since

	/** Act on an event of a number field before Gradio does. */
	const listen = (kind, act) => document.addEventListener(kind, (event) => event.target.matches?.(FIELDS) && act(event.target, event), true);

	/** Put the number back into a field that was emptied. */
	const restore = (field) => {
		if (field.value !== "" || !edited.has(field)) return;
		const { number, isRead } = edited.get(field);
		field.value = number;
		if (isRead) field.dispatchEvent(new Event("input", { bubbles: true })); // such as the 9 of a 95 that was deleted by its end
	};

	listen("beforeinput", (field) => edited.has(field) || edited.set(field, { number: field.value, isRead: false }));
	listen("input", (field, event) => {
		if (field.value === "") event.stopPropagation(); // the number is still to be typed
		else if (edited.has(field)) edited.get(field).isRead = true;
	});
	listen("keydown", (field, { key }) => ENDS.includes(key) && restore(field));
	listen("blur", (field) => {
		restore(field);
		edited.delete(field);
	});
})();
