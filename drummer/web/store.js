// JSON in the browser's storage, for all scripts of the page. Without storage (a private window, a strict frame) or with a full one,
// values last as long as the page.

const Store = {
	/** The text under a key, or null. `area` is "localStorage", for all tabs, or "sessionStorage", for this one. */
	text(area, key) {
		try {
			return window[area].getItem(key);
		} catch {
			return null;
		}
	},

	/** The value under a key; null where there is none, or no JSON. */
	read(area, key) {
		return Store.parse(Store.text(area, key));
	},

	parse(text) {
		try {
			return JSON.parse(text);
		} catch {
			return null;
		}
	},

	/** Keep a text; false where the storage is full. */
	write(area, key, text) {
		try {
			window[area].setItem(key, text);
			return true;
		} catch {
			return false;
		}
	},

	remove(area, key) {
		try {
			window[area].removeItem(key);
		} catch {
			// Without storage there is nothing to remove.
		}
	},

	/** All keys that begin so. */
	keys(area, prefix) {
		try {
			return Object.keys(window[area]).filter((key) => key.startsWith(prefix));
		} catch {
			return [];
		}
	},
};
