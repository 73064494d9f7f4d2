// What every driver of a browser in these tests has in common: the browser, the steps that a person takes at a page, and the
// language in which a test asks for them. Each line on stdin is {"id":N,"op":NAME,…}; each answer on stdout is
// {"id":N,"result":…} or {"id":N,"error":TEXT}.
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

/** Starts Chromium whose devices are played by files, or by nobody. */
export function launch(args = []) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    ignoreDefaultArgs: ["--mute-audio"],
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--autoplay-policy=no-user-gesture-required",
      "--use-fake-device-for-media-stream",
      ...args,
    ],
  });
}

/** A person's place: a browser context with one page, and the steps that a person takes at it. */
export class Tab {
  constructor(context) {
    this.context = context;
  }

  static async in(context) {
    const tab = new this(context);
    await tab.open();
    return tab;
  }

  /** Opens a page in the place of the one that there was. The page's own troubles are the test's: they are printed where the
   *  test shows them on failure. */
  async open() {
    this.page = await this.context.newPage();
    this.page.on("pageerror", (e) => console.error("page error:", e.message));
    this.page.on("console", (m) => m.type() === "error" && console.error("console:", m.text()));
  }

  all({ role, name }) {
    return this.page.getByRole(role, { name, exact: true });
  }

  find(o) {
    return this.all(o).first();
  }

  steps = {
    goto: async ({ url }) => {
      const response = await this.page.goto(url);
      return response?.status() ?? 0;
    },
    signIn: async ({ user, password }) => {
      await this.find({ role: "textbox", name: "User" }).fill(user);
      await this.find({ role: "textbox", name: "Password" }).fill(password);
      await this.find({ role: "button", name: "Sign in" }).click();
    },
    click: async (o) => {
      await this.find(o).click({ timeout: o.timeout ?? 10000 });
    },
    fill: async (o) => {
      await this.find(o).fill(o.text);
    },
    press: async ({ keys }) => {
      await this.page.keyboard.press(keys);
    },
    wait: async (o) => {
      await this.find(o).waitFor({ state: o.state ?? "visible", timeout: o.timeout ?? 15000 });
      return Date.now();
    },
    text: async (o) => this.find(o).innerText({ timeout: 5000 }),
    count: async (o) => this.all(o).count(),
    reload: async () => {
      await this.page.reload();
    },
    offline: async ({ on }) => {
      await this.context.setOffline(on);
    },
    size: async ({ width, height }) => {
      await this.page.setViewportSize({ width, height });
    },
    screenshot: async ({ path }) => {
      await this.page.screenshot({ path });
    },
  };
}

/** Answers requests until the test closes stdin. They run side by side: one may listen while another clicks. */
export async function serve(browser, find) {
  const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  answer({ id: 0, result: "ready" });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    const op = find(request);
    (op ? op(request) : Promise.reject(new Error(`there is no ${request.op}`))).then(
      (result) => answer({ id: request.id, result: result ?? null }),
      (e) => answer({ id: request.id, error: String(e.message ?? e) }),
    );
  }
  await browser.close();
}
