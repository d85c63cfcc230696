// Number fields of the settings: a field that is emptied gets its last number back; Gradio would read it as its minimum.

(() => {
	const FIELDS = ":is(#controls, #directions) input[type=number]";
	const ENDS = ["Enter", "ArrowUp", "ArrowDown"]; // keys that use the number
	const edited = new WeakMap(); // by field: its number before the edit, and whether Gradio has read another one since

	/** Act on an event of a number field before Gradio does. */
	const listen = (kind, act) => document.addEventListener(kind, (event) => event.target.matches?.(FIELDS) && act(event.target, event), true);

	/** Put the number back into a field that was emptied. */
	const restore = (field) => {
		if (field.value !== "" || !edited.has(field)) return;
		const { number, isRead } = edited.get(field);
		field.value = number;
		if (isRead) field.dispatchEvent(new Event("input", { bubbles: true })); // Gradio has read a part of it, such as the 9 of a 95 whose 5 was deleted first
	};

	listen("beforeinput", (field) => edited.has(field) || edited.set(field, { number: field.value, isRead: false }));
	listen("input", (field, event) => {
		if (field.value === "") event.stopPropagation(); // the user has not typed the number yet
		else if (edited.has(field)) edited.get(field).isRead = true;
	});
	listen("keydown", (field, { key }) => ENDS.includes(key) && restore(field));
	listen("blur", (field) => {
		restore(field);
		edited.delete(field);
	});
})();
