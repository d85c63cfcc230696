const assert = require("node:assert/strict");
const { test } = require("node:test");
const { load, plain } = require("./scripts.js");

/** As much of an element as the chart needs. */
class Element {
	children = [];
	attributes = {};
	style = {};
	classList = { add: () => {} };

	append(...children) {
		this.children.push(...children);
	}

	prepend(...children) {
		this.children.unshift(...children);
	}

	setAttribute(name, value) {
		this.attributes[name] = value;
	}
}

const document = { createElement: () => new Element(), createElementNS: () => new Element() };
const { FeelChart } = load(["../feel/chart.js"], ["FeelChart"], { document });

/** What a screen reader says of the drawings. */
const spoken = ({ attributes, children }) => [attributes["aria-label"], ...children.flatMap(spoken)].filter(Boolean);

test("a screen reader hears which share of the drummers lies on which side of this groove", () => {
	const traits = [{ name: "Timing", low: "ahead of the beat", high: "behind the beat", rank: 70.2 }, { name: "Swing", low: "straight", high: "swung", rank: null }];
	const chart = new FeelChart({ drummers: "Funk drummers", groove: "this groove", families: [], traits, overlap: null });
	assert.deepEqual(plain(spoken(chart.element)), ["Timing: 70% of the drummers' bars are further towards \u201cahead of the beat\u201d than this groove", "Swing: not measured"]);
});
