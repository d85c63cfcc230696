// Values of the page's widgets, made from the settings of a groove, and the preset that a groove belongs to.
// `config` is the client configuration, see `page.js`.

const WidgetValues = (config) => {
	const update = (properties) => ({ __type__: "update", ...properties });
	const AS_IT_IS = update({});

	/** The value of a control that its slider shows: the mean of a control with a value for each bar, null = left to the drummer. */
	const meanOf = (control) => {
		const known = [control ?? []].flat().filter((each) => each != null);
		return known.length ? known.reduce((sum, each) => sum + each, 0) / known.length : null;
	};

	/** The menu of meters with one of them chosen; a meter that it does not have is added. */
	const meterMenu = (meter) => {
		const own = config.meters.some(([, value]) => value === meter) ? [] : [[meter, meter]];
		return update({ choices: [...config.meters, ...own], value: meter });
	};

	/** A model that exists: older grooves and settings may name one that was removed. */
	const modelOf = (model) => (model in config.playable ? model : config.start.model);

	/** The menu of styles of a genre with one of them chosen: any, where the genre does not have it. */
	const styleMenu = (genre, style) => {
		const choices = config.styles[genre];
		const value = choices.some(([, name]) => name === style) ? style : config.any;
		return update({ choices, value, interactive: choices.length > 1 });
	};

	/** The value of the pad: its controls in percent, null = left to the drummer. */
	const padOf = (shown) => Object.fromEntries(config.on_pad.map((name) => [name, shown[`${name}-auto`] ? null : shown[name]]));

	/** The values of the sliders and checkboxes that belong to a value of the pad. */
	const slidersOf = (pad) => {
		const startOf = (name) => config.controls.find((each) => each.name === name).start;
		return Object.fromEntries(config.on_pad.flatMap((name) => [[name, pad[name] ?? startOf(name)], [`${name}-auto`, pad[name] === null]]));
	};

	/** The values of the controls' sliders and checkboxes for a groove's settings. */
	const controlsOf = (settings) => {
		const shown = {};
		for (const { name, scale, start } of config.controls) {
			const value = meanOf(settings[name]);
			shown[name] = value === null ? start : +(scale * value).toFixed(2);
			shown[`${name}-auto`] = value === null;
		}
		return shown;
	};

	const kitOf = ({ settings }) => settings.kit ?? config.start.kit;

	const fillsOf = ({ settings }) => (settings.fill === 0 ? config.no_fills : String(settings.fill_every ?? config.auto));

	/** The index of the preset that gives a groove, or null. */
	const presetOf = ({ settings, bpm, bars, seed, meter, edited }) => {
		const { model, temperature } = config.start;
		const names = ["style", "to_genre", "fill", "fill_every", ...config.controls.map(({ name }) => name)];
		const isOf = ({ settings: own, ...preset }) =>
			[bpm, bars, seed, meter].join() === [preset.bpm, preset.bars, preset.seed, preset.meter].join() &&
			["genre", ...names].every((name) => (settings[name] ?? null) === (own[name] ?? null)) &&
			settings.model === model && settings.temperature === temperature && !settings.song && !edited;
		const index = config.presets.findIndex(isOf);
		return index < 0 ? null : index;
	};

	return { update, AS_IT_IS, meanOf, meterMenu, modelOf, styleMenu, padOf, slidersOf, controlsOf, kitOf, fillsOf, presetOf };
};
