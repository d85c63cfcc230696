// Preferences of this browser: volume, metronome, count-in and mixer.

class Preferences {
	static KEPT = "drummer.grid"; // in localStorage
	static PRESSED = ["metronome", "count-in", "mixer"];
	static TURNED = ["volume"];

	constructor(grid) {
		this.grid = grid;
		const { parts } = grid;
		const kept = Store.read("localStorage", Preferences.KEPT) ?? {};
		for (const name of Preferences.PRESSED) if (name in kept) parts[name].ariaPressed = String(kept[name] === true);
		if (!("mixer" in kept)) parts.mixer.ariaPressed = String(window.innerWidth >= 700);
		for (const name of Preferences.TURNED) if (Number.isFinite(kept[name])) parts[name].value = kept[name];
		for (const name of Preferences.TURNED) parts[name].addEventListener("input", () => this.#keep());
		this.apply();
	}

	isOn(name) {
		return this.grid.parts[name].ariaPressed === "true";
	}

	toggle(name) {
		this.grid.parts[name].ariaPressed = String(!this.isOn(name));
		this.#keep();
	}

	#keep() {
		const pressed = Preferences.PRESSED.map((name) => [name, this.isOn(name)]);
		const turned = Preferences.TURNED.map((name) => [name, Number(this.grid.parts[name].value)]);
		Store.write("localStorage", Preferences.KEPT, JSON.stringify(Object.fromEntries([...pressed, ...turned])));
		this.apply();
	}

	apply() {
		const { root, parts, player, mixer } = this.grid;
		root.classList.toggle("mixing", this.isOn("mixer"));
		for (const name of Preferences.TURNED) parts[name].style.setProperty("--fill", `${parts[name].value}%`);
		if (!player) return;
		player.metronome = this.isOn("metronome");
		mixer.setVolume((Number(parts.volume.value) / 80) ** 2);
		if (player.playing) player.reschedule();
	}
}
