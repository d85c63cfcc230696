const assert = require("node:assert/strict");
const { test } = require("node:test");
const { load } = require("./scripts.js");

const CONFIG = {
	auto: "auto", no_morph: "none", general_midi: "general_midi", link: "groove", by_genre: { funk: [96, {}] },
	start: { genre: "funk", meter: "4/4" },
};

/** The page's handlers, a button for its MIDI file, and the requests for another one. */
function open(kept = null) {
	const requests = [];
	const button = { draggable: false };
	const drumGrid = { requests: { notify: () => requests.push("file") } };
	const globals = {
		drummerConfig: CONFIG, URLSearchParams, location: { search: "" }, complain: () => {},
		performance: { getEntriesByType: () => [] },
		addEventListener: () => {},
		sessionStorage: { getItem: () => kept },
		document: { querySelector: (selector) => (selector === "#midi" ? button : { drumGrid }) },
	};
	globals.window = globals;
	const [page] = Object.values(load(["../store.js", "../widget_values.js", "../page.js"], ["drummerPage"], globals));
	return { page, button, requests };
}

const FILE = { url: "/file", orig_name: "groove.mid" };

test("the MIDI file that can be dragged is written for the drum map that is shown", () => {
	const { page, button, requests } = open();
	page.offerFile(FILE);
	assert.equal(button.draggable, true);
	assert.equal(page.showDrumMap({ details: { key_map: "bfd3" } }, "general_midi"), "bfd3"); // a file was opened
	assert.deepEqual([button.draggable, requests.length], [false, 1]);
	page.offerFile(FILE); // of the next groove, in General MIDI
	assert.deepEqual([button.draggable, requests.length], [false, 2]);
	assert.equal(page.showDrumMap({}, "bfd3"), "bfd3");
	assert.equal(requests.length, 2);
	page.readyDragByOption("general_midi", false); // chosen by hand
	assert.equal(requests.length, 3);
	page.readyDragByOption("general_midi", false); // the menu loses the focus
	assert.equal(requests.length, 3);
});

test("what another page has left in the storage does not keep this one from opening", () => {
	for (const kept of [null, "no JSON", "null", "5", "[]", '{"values": null}', '{"values": {"genre": "polka"}}']) assert.equal(open(kept).page.resumes(), false);
	assert.equal(open('{"values": {"genre": "funk"}}').page.resumes(), true);
});
