// Number fields of the settings: one that is emptied keeps the number that it had, where Gradio would read it as the least one.

(() => {
	const FIELDS = ":is(#controls, #directions) input[type=number]";
	const last = new WeakMap(); // by field, as text

	/** Act on an event of a number field before Gradio does. */
	const listen = (kind, act) => document.addEventListener(kind, (event) => event.target.matches?.(FIELDS) && act(event, event.target), true);

	const keep = (field) => field.value !== "" && last.set(field, field.value);

	listen("focus", (_, field) => keep(field));
	listen("input", (event, field) => {
		if (field.value === "") event.stopPropagation(); // the number is still to be typed
		else keep(field);
	});
	listen("blur", (_, field) => {
		if (field.value === "") field.value = last.get(field) ?? "";
	});
})();
