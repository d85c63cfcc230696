"""The page as an app on a device: it opens without a connection, and says what needs the server."""

from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.harness import GRID, PAGE_MILLISECONDS, App, document, wait_until_idle

# The paths that the worker has kept, once it has kept all that the page has loaded.
KEPT = """() => {
    const look = async () => {
        const names = (await caches.keys()).filter((name) => name.startsWith("drummer-shell-"));
        const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
        const paths = keys.flat().map(({ url }) => new URL(url).pathname);
        const loaded = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
        const wanted = ["/", ...loaded.filter((path) => /^\\/(assets|static)\\//.test(path) || path === "/theme.css")];
        if (wanted.every((path) => paths.includes(path))) window.keptPaths = paths;
    };
    void look();
    return window.keptPaths;
}"""


def open_page(context: BrowserContext, app: App) -> Page:
    page = context.new_page()
    page.goto(app.url)
    return page


def test_it_opens_offline_after_one_visit(browser: Browser, app: App) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(PAGE_MILLISECONDS)
    page = open_page(context, app)
    wait_until_idle(page)
    take = document(page)
    paths = page.wait_for_function(KEPT).json_value()
    assert not [path for path in paths if "gradio_api" in path or "queue" in path]  # neither calls nor downloads
    page.wait_for_function("Object.keys(localStorage).some((key) => key.startsWith('drummer.take.'))")
    page.close()

    context.set_offline(True)
    page = open_page(context, app)
    line = page.get_by_role("status").filter(has_text="The server cannot be reached")
    line.wait_for()
    assert "generating and rendering sound need it" in line.inner_text()
    page.wait_for_function(f"document.querySelector('.drum-grid')?.drumGrid?.doc && {GRID}.shelf.takes.length === 1")
    assert document(page)["hits"] == take["hits"]
    tracker = page.locator("#roll > [data-testid=status-tracker]").first
    assert not tracker.is_visible()  # the place in a queue that cannot be reached
    page.click(".drum-grid [data-do=play]")
    page.locator(".drum-grid .readout", has_text="The sound of the kit comes from the server").wait_for()
    page.focus(".drum-grid .roll")
    page.keyboard.press("Enter")
    edited = document(page)["hits"]
    assert edited != take["hits"]

    context.set_offline(False)
    line.wait_for(state="detached")
    wait_until_idle(page)
    assert document(page)["hits"] == edited  # the first groove of a visit does not take its place
    context.close()


def test_a_page_in_the_cache_is_not_shown_where_there_is_a_connection(browser: Browser, app: App) -> None:
    context = browser.new_context()
    context.set_default_timeout(PAGE_MILLISECONDS)
    page = open_page(context, app)
    wait_until_idle(page)
    page.wait_for_function(KEPT)
    page.evaluate("""async () => {
        const [name] = (await caches.keys()).filter((each) => each.startsWith("drummer-shell-"));
        const old = new Response("an old page", { headers: { "Content-Type": "text/html" } });
        await (await caches.open(name)).put(location.href, old);
    }""")
    page.reload()
    wait_until_idle(page)
    assert "an old page" not in page.inner_text("body")
    context.close()
