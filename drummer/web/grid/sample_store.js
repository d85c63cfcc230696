// Samples in the browser's IndexedDB. Without it (a private window, a strict frame) or with a full one they last as long as the page.

class SampleStore {
	static DATABASE = "drummer.samples";
	static SAMPLES = "samples"; // {digest, name, channels, frames, at}: `at` is when it came, in ms
	static AGES = "ages"; // the same `at` by digest, which is read without the sounds

	/** The sample of a digest, or undefined. */
	async read(digest) {
		try {
			return await this.#do("readonly", ({ samples }) => samples.get(digest));
		} catch (error) {
			console.info(error); // then nothing was kept either
			return undefined;
		}
	}

	/** Keep a sample; false where the browser does not. The oldest beyond `most` go, but not those `inUse`, a set of digests. */
	async write(sample, most, inUse) {
		try {
			await this.#do("readwrite", ({ samples, ages }) => {
				samples.put(sample);
				return ages.put(sample.at, sample.digest);
			});
			await this.#drop(most, inUse);
			return true;
		} catch (error) {
			console.info(error);
			return false;
		}
	}

	async #drop(most, inUse) {
		const digests = await this.#do("readonly", ({ ages }) => ages.getAllKeys());
		const times = await this.#do("readonly", ({ ages }) => ages.getAll());
		const byAge = digests.map((digest, index) => [times[index], digest]).sort(([one], [other]) => one - other);
		const unused = byAge.map(([, digest]) => digest).filter((digest) => !inUse.has(digest));
		for (const digest of unused.slice(0, Math.max(0, digests.length - most))) {
			await this.#do("readwrite", ({ samples, ages }) => {
				samples.delete(digest);
				return ages.delete(digest);
			});
		}
	}

	/** Make a transaction, and resolve to the result of the request that `act` returns once all is written. */
	async #do(mode, act) {
		const { SAMPLES, AGES } = SampleStore;
		const database = await this.#open();
		try {
			return await new Promise((done, fail) => {
				const transaction = database.transaction([SAMPLES, AGES], mode);
				const request = act({ samples: transaction.objectStore(SAMPLES), ages: transaction.objectStore(AGES) });
				transaction.oncomplete = () => done(request.result);
				transaction.onabort = transaction.onerror = () => fail(transaction.error);
			});
		} finally {
			database.close(); // an open one would block an upgrade of the database by another version of the page
		}
	}

	#open() {
		return new Promise((done, fail) => {
			const request = window.indexedDB.open(SampleStore.DATABASE, 1);
			request.onupgradeneeded = () => {
				request.result.createObjectStore(SampleStore.SAMPLES, { keyPath: "digest" });
				request.result.createObjectStore(SampleStore.AGES);
			};
			request.onsuccess = () => done(request.result);
			request.onerror = () => fail(request.error);
		});
	}
}
